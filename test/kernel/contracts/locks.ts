// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Mutexes, semaphores, spinlocks, sequence counts, as one task sees them. */
export const locks: Contracts = {
  'a mutex is held by one': `
    struct mutex lock;
    DEFINE_MUTEX(other);
    mutex_init(&lock);
    CHECK(!mutex_is_locked(&lock) && !mutex_is_locked(&other));
    mutex_lock(&lock);
    CHECK(mutex_is_locked(&lock) && !mutex_trylock(&lock));
    mutex_unlock(&lock);
    CHECK(!mutex_is_locked(&lock) && mutex_trylock(&lock));
    mutex_unlock(&lock);
    mutex_lock_nested(&lock, 1);
    mutex_unlock(&lock);
    mutex_destroy(&lock);`,

  'a mutex that may be interrupted is had, unless a signal comes': `
    DEFINE_MUTEX(lock);
    CHECK(!mutex_lock_interruptible(&lock) && mutex_is_locked(&lock));
    mutex_unlock(&lock);
    CHECK(!mutex_lock_killable(&lock));
    mutex_unlock(&lock);
    FAIL(mutex_lock_interruptible);
    CHECK(mutex_lock_interruptible(&lock) == -EINTR && !mutex_is_locked(&lock));
    FAIL(mutex_lock_interruptible);
    CHECK(mutex_lock_killable(&lock) == -EINTR && !lockdep_is_held(&lock));`,

  'a mutex that another task holds is waited for': {
    c: `DEFINE_MUTEX(lock); *stub_word(&lock) = 1; mutex_lock(&lock);`,
    ends: 'blocked',
  },
  'a mutex that is locked twice is reported': {
    c: `DEFINE_MUTEX(lock); mutex_lock(&lock); mutex_lock(&lock); mutex_unlock(&lock); mutex_unlock(&lock); CHECK(!mutex_is_locked(&lock));`,
    violations: ['lock-held-twice'],
  },
  'a mutex that is not held is not unlocked': {
    c: `DEFINE_MUTEX(lock); mutex_unlock(&lock);`,
    violations: ['lock-not-held'],
  },

  'the last reference is dropped under the mutex': `
    DEFINE_MUTEX(lock);
    atomic_t count = ATOMIC_INIT(2);
    CHECK(!atomic_dec_and_mutex_lock(&count, &lock) && !mutex_is_locked(&lock));
    CHECK(atomic_dec_and_mutex_lock(&count, &lock) && mutex_is_locked(&lock) && atomic_read(&count) == 0);
    mutex_unlock(&lock);`,

  'an rwsem is shared by readers, and held by one writer': `
    struct rw_semaphore sem;
    DECLARE_RWSEM(other);
    init_rwsem(&sem);
    down_read(&sem);
    CHECK(rwsem_is_locked(&sem) && !down_write_trylock(&sem) && down_read_trylock(&sem));
    up_read(&sem);
    CHECK(rwsem_is_locked(&sem));
    up_read(&sem);
    CHECK(!rwsem_is_locked(&sem) && !rwsem_is_locked(&other) && down_write_trylock(&sem));
    CHECK(!down_read_trylock(&sem) && !down_write_trylock(&sem));
    up_write(&sem);
    down_write(&sem);
    up_write(&sem);`,

  'downgrade_write lets readers in, and no writer': `
    DECLARE_RWSEM(sem);
    down_write(&sem);
    downgrade_write(&sem);
    CHECK(rwsem_is_locked(&sem) && !down_write_trylock(&sem) && down_read_trylock(&sem));
    up_read(&sem);
    up_read(&sem);
    CHECK(!rwsem_is_locked(&sem));`,
  'downgrade_write of what is not held for writing is reported': {
    c: `DECLARE_RWSEM(sem); down_read(&sem); downgrade_write(&sem); up_read(&sem);`,
    violations: ['lock-not-held'],
  },

  'an rwsem that may be interrupted is had, unless a signal comes': `
    DECLARE_RWSEM(sem);
    CHECK(!down_read_interruptible(&sem));
    up_read(&sem);
    CHECK(!down_write_killable(&sem));
    up_write(&sem);
    FAIL(down_read_interruptible);
    CHECK(down_read_killable(&sem) == -EINTR && !rwsem_is_locked(&sem));
    FAIL(down_write_killable);
    CHECK(down_write_killable(&sem) == -EINTR && !rwsem_is_locked(&sem));`,

  'a semaphore can be had so many times': `
    struct semaphore sem;
    DEFINE_SEMAPHORE(one, 1);
    sema_init(&sem, 2);
    down(&sem);
    CHECK(!down_trylock(&sem) && down_trylock(&sem));
    up(&sem);
    CHECK(!down_interruptible(&sem) && down_trylock(&sem));
    CHECK(!down_killable(&one) && down_trylock(&one));
    up(&one);
    FAIL(down_interruptible);
    CHECK(down_interruptible(&one) == -EINTR && !down_trylock(&one));`,
  'a semaphore may be given before it is ever had': `
    struct semaphore sem;
    sema_init(&sem, 0);
    up(&sem);
    up(&sem);
    down(&sem);
    down(&sem);
    CHECK(down_trylock(&sem));`,
  'a semaphore that is used up is waited for': {
    c: `struct semaphore sem; sema_init(&sem, 0); down(&sem);`,
    ends: 'blocked',
  },
  'a semaphore is no spinlock: who has one may sleep, who waits may be made to': {
    c: `DEFINE_SEMAPHORE(sem, 2); down(&sem); might_sleep(); AS(STUB_IRQ, down(&sem));`,
    violations: ['sleep-in-atomic'],
  },

  'a spinlock is held by one, and needs no init beyond zero': `
    static DEFINE_SPINLOCK(zeroed);
    -----
    spinlock_t lock;
    spin_lock_init(&lock);
    CHECK(sizeof(lock) == 4 && !spin_is_locked(&lock) && !spin_is_locked(&zeroed));
    spin_lock(&lock);
    CHECK(spin_is_locked(&lock) && !spin_trylock(&lock) && lockdep_is_held(&lock));
    assert_spin_locked(&lock);
    spin_unlock(&lock);
    CHECK(spin_trylock(&lock));
    spin_unlock(&lock);`,

  'spin_lock_irq turns interrupts off and on, whatever they were': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    local_irq_disable();
    spin_lock_irq(&lock);
    CHECK(irqs_disabled());
    spin_unlock_irq(&lock);
    CHECK(!irqs_disabled());`,

  'spin_lock_irqsave brings interrupts back as they were': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock), inner = __SPIN_LOCK_UNLOCKED(inner);
    unsigned long flags, more;
    spin_lock_irqsave(&lock, flags);
    spin_lock_irqsave(&inner, more);
    CHECK(irqs_disabled());
    spin_unlock_irqrestore(&inner, more);
    CHECK(irqs_disabled());
    spin_unlock_irqrestore(&lock, flags);
    CHECK(!irqs_disabled());`,

  'spin_lock_bh turns softirqs off': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    spin_lock_bh(&lock);
    CHECK(stub_bh_is_off() && in_softirq() && !irqs_disabled());
    spin_unlock_bh(&lock);
    CHECK(!stub_bh_is_off());`,

  'a spinlock that was tried in vain leaves interrupts as they were': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    unsigned long flags;
    CHECK(spin_trylock_irqsave(&lock, flags) && irqs_disabled());
    spin_unlock_irqrestore(&lock, flags);
    spin_lock(&lock);
    CHECK(!spin_trylock_irqsave(&lock, flags) && !irqs_disabled());
    CHECK(!spin_trylock_irq(&lock) && !irqs_disabled() && !spin_trylock_bh(&lock) && !stub_bh_is_off());
    spin_unlock(&lock);
    CHECK(spin_trylock_irq(&lock) && irqs_disabled());
    spin_unlock_irq(&lock);
    CHECK(spin_trylock_bh(&lock) && stub_bh_is_off());
    spin_unlock_bh(&lock);`,

  'raw spinlocks are the same': `
    DEFINE_RAW_SPINLOCK(lock);
    raw_spinlock_t other;
    unsigned long flags;
    raw_spin_lock_init(&other);
    raw_spin_lock_irqsave(&lock, flags);
    CHECK(irqs_disabled() && raw_spin_is_locked(&lock) && !raw_spin_trylock(&lock));
    raw_spin_unlock_irqrestore(&lock, flags);
    raw_spin_lock(&other);
    raw_spin_unlock(&other);
    raw_spin_lock_irq(&other);
    raw_spin_unlock_irq(&other);
    raw_spin_lock_bh(&other);
    raw_spin_unlock_bh(&other);
    CHECK(!raw_spin_is_locked(&other) && !irqs_disabled() && !stub_bh_is_off());`,

  'assert_spin_locked is reported where nobody holds the lock': {
    c: `spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock); assert_spin_locked(&lock);`,
    violations: ['lock-not-held'],
    // A kernel's is a BUG_ON().
    over: 'own',
  },
  'assert_spin_locked ends the task where nobody holds the lock': {
    c: `spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock); assert_spin_locked(&lock);`,
    ends: 'trap',
    over: 'tree',
  },
  'an rwlock is as long as on 64 bits': {
    c: `CHECK(sizeof(rwlock_t) == 8);`,
    // An architecture's is one word.
    over: 'own',
  },
  'a spinlock that another task holds is waited for': {
    c: `DEFINE_SPINLOCK(lock); *stub_word(&lock) = 1; spin_lock(&lock);`,
    ends: 'blocked',
  },
  'a spinlock that is held already is reported': {
    c: `spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock); spin_lock(&lock); spin_lock(&lock); spin_unlock(&lock); spin_unlock(&lock);`,
    violations: ['lock-held-twice'],
  },

  'the last reference is dropped under the spinlock': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    atomic_t count = ATOMIC_INIT(2);
    unsigned long flags;
    CHECK(!atomic_dec_and_lock(&count, &lock) && !spin_is_locked(&lock));
    CHECK(atomic_dec_and_lock(&count, &lock) && spin_is_locked(&lock));
    spin_unlock(&lock);
    atomic_set(&count, 2);
    CHECK(!atomic_dec_and_lock_irqsave(&count, &lock, flags) && !irqs_disabled());
    CHECK(atomic_dec_and_lock_irqsave(&count, &lock, flags) && irqs_disabled());
    spin_unlock_irqrestore(&lock, flags);
    CHECK(!irqs_disabled());`,

  'an rwlock is shared by readers, and held by one writer': `
    static DEFINE_RWLOCK(zeroed_rw);
    -----
    rwlock_t lock;
    rwlock_init(&lock);
    CHECK(write_trylock(&zeroed_rw));
    write_unlock(&zeroed_rw);
    read_lock(&lock);
    CHECK(read_trylock(&lock) && !write_trylock(&lock));
    read_unlock(&lock);
    read_unlock(&lock);
    write_lock(&lock);
    CHECK(!read_trylock(&lock) && !write_trylock(&lock));
    write_unlock(&lock);`,
  'rwlocks turn interrupts and softirqs off like spinlocks': `
    DEFINE_RWLOCK(lock);
    unsigned long flags;
    read_lock_irq(&lock);
    CHECK(irqs_disabled());
    read_unlock_irq(&lock);
    write_lock_irq(&lock);
    CHECK(irqs_disabled());
    write_unlock_irq(&lock);
    CHECK(!irqs_disabled());
    read_lock_bh(&lock);
    CHECK(stub_bh_is_off());
    read_unlock_bh(&lock);
    write_lock_bh(&lock);
    CHECK(stub_bh_is_off());
    write_unlock_bh(&lock);
    CHECK(!stub_bh_is_off());
    read_lock_irqsave(&lock, flags);
    CHECK(irqs_disabled());
    read_unlock_irqrestore(&lock, flags);
    write_lock_irqsave(&lock, flags);
    CHECK(irqs_disabled() && lockdep_is_held(&lock));
    write_unlock_irqrestore(&lock, flags);
    CHECK(write_trylock_irqsave(&lock, flags) && irqs_disabled());
    write_unlock_irqrestore(&lock, flags);
    read_lock(&lock);
    CHECK(!write_trylock_irqsave(&lock, flags) && !irqs_disabled());
    read_unlock(&lock);`,
  'a reader keeps a writer of an rwlock waiting': {
    c: `DEFINE_RWLOCK(lock); *stub_word(&lock) = 1; read_lock(&lock); read_unlock(&lock); write_lock(&lock);`,
    ends: 'blocked',
  },

  'lockdep asserts what the running task holds': `
    DECLARE_RWSEM(sem);
    DEFINE_MUTEX(lock);
    DEFINE_RWLOCK(rw);
    lockdep_assert_not_held(&lock);
    mutex_lock(&lock);
    lockdep_assert_held(&lock);
    lockdep_assert_held_once(&lock);
    mutex_unlock(&lock);
    down_write(&sem);
    lockdep_assert_held_write(&sem);
    up_write(&sem);
    down_read(&sem);
    lockdep_assert_held_read(&sem);
    lockdep_assert_held(&sem);
    up_read(&sem);
    write_lock(&rw);
    lockdep_assert_held_write(&rw);
    write_unlock(&rw);
    local_irq_disable();
    lockdep_assert_irqs_disabled();
    local_irq_enable();
    lockdep_assert_irqs_enabled();`,
  'lockdep reports what is not so': {
    c: `
    DECLARE_RWSEM(sem);
    DEFINE_MUTEX(lock);
    lockdep_assert_held(&lock);
    down_read(&sem);
    lockdep_assert_held_write(&sem);
    up_read(&sem);
    mutex_lock(&lock);
    lockdep_assert_not_held(&lock);
    mutex_unlock(&lock);
    lockdep_assert_irqs_disabled();`,
    violations: ['lock-not-held', 'lock-not-held', 'lock-held-twice', 'warned'],
  },

  'a sequence count tells a reader that a writer was there': `
    seqcount_t count = SEQCNT_ZERO(count);
    unsigned start;
    CHECK(sizeof(count) == 4);
    start = read_seqcount_begin(&count);
    CHECK(!read_seqcount_retry(&count, start));
    write_seqcount_begin(&count);
    CHECK(raw_read_seqcount(&count) & 1);
    CHECK(read_seqcount_retry(&count, start) && read_seqcount_retry(&count, raw_seqcount_begin(&count)));
    write_seqcount_end(&count);
    CHECK(read_seqcount_retry(&count, start));
    start = read_seqcount_begin(&count);
    write_seqcount_invalidate(&count);
    CHECK(read_seqcount_retry(&count, start) && !(raw_read_seqcount(&count) & 1));`,
  'a writer of a sequence count must not sleep': {
    c: `
    seqcount_t count = SEQCNT_ZERO(count);
    write_seqcount_begin(&count);
    might_sleep();
    write_seqcount_end(&count);
    might_sleep();`,
    violations: ['sleep-in-atomic'],
    // A kernel's headers leave it to the writer to keep preemption off.
    over: 'own',
  },
  'a sequence lock is taken by its writer': `
    DEFINE_SEQLOCK(lock);
    seqlock_t other;
    unsigned long flags;
    unsigned start;
    seqlock_init(&other);
    CHECK(sizeof(lock) == 8);
    start = read_seqbegin(&lock);
    write_seqlock(&lock);
    CHECK(spin_is_locked(&lock.lock) && read_seqretry(&lock, start));
    write_sequnlock(&lock);
    CHECK(read_seqretry(&lock, start) && !read_seqretry(&lock, read_seqbegin(&lock)));
    write_seqlock_irqsave(&lock, flags);
    CHECK(irqs_disabled());
    write_sequnlock_irqrestore(&lock, flags);
    write_seqlock_irq(&lock);
    CHECK(irqs_disabled());
    write_sequnlock_irq(&lock);
    write_seqlock_bh(&lock);
    CHECK(stub_bh_is_off());
    write_sequnlock_bh(&lock);
    start = read_seqbegin(&lock);
    read_seqlock_excl(&lock);
    CHECK(spin_is_locked(&lock.lock) && !read_seqretry(&lock, start));
    read_sequnlock_excl(&lock);`,
  'sequence counts with a lock of their own are used the same way': `
    spinlock_t __maybe_unused lock = __SPIN_LOCK_UNLOCKED(lock);
    seqcount_spinlock_t count = SEQCNT_SPINLOCK_ZERO(count, &lock);
    seqcount_mutex_t other;
    unsigned start;
    seqcount_mutex_init(&other, NULL);
    CHECK(!read_seqcount_retry(&other, read_seqcount_begin(&other)));
    start = read_seqcount_begin(&count);
    write_seqcount_begin(&count);
    write_seqcount_end(&count);
    CHECK(read_seqcount_retry(&count, start));`,

  'forty-eight locks are held': `
    static struct mutex many[49];
    -----
    for (u32 i = 0; i < 48; i++)
      mutex_lock(&many[i]);
    CHECK(lockdep_is_held(&many[0]) && lockdep_is_held(&many[47]));
    for (u32 i = 0; i < 48; i++)
      mutex_unlock(&many[i]);
    CHECK(!mutex_is_locked(&many[0]) && !mutex_is_locked(&many[47]));`,
  'a forty-ninth is reported where it is taken': {
    c: `
    for (u32 i = 0; i < 49; i++)
      mutex_lock(&many[i]);
    for (u32 i = 0; i < 49; i++)
      mutex_unlock(&many[i]);
    CHECK(!mutex_is_locked(&many[0]) && !mutex_is_locked(&many[48]));`,
    violations: ['too-many-locks'],
  },
};
