// SPDX-License-Identifier: GPL-2.0-only
/* Mutexes, reader-writer semaphores and spinlocks, each over one word. */
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include <linux/atomic.h>
#include <linux/errno.h>

#include "kernel/compat.h"
#include "kernel/fault.h"
#include "kernel/lock.h"

STUB_FAULT(mutex_lock_interruptible);
STUB_FAULT(down_read_interruptible);
STUB_FAULT(down_read_trylock);
STUB_FAULT(down_write_killable);
STUB_FAULT(down_write_trylock);

static const struct access BY_OWNER = { STUB_MUTEX, LOCKED, LOCKED };
static const struct access BY_SPINNER = { STUB_SPIN, LOCKED, LOCKED };
static const struct access BY_READER = { STUB_READ, WRITER, READER };
static const struct access BY_WRITER = { STUB_WRITE, STUB_STATE, WRITER };

static bool is_taken(const u32 *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED) & STUB_STATE;
}

/* ---- mutexes ---- */

void mutex_init_generic(struct mutex *lock)
{
	*stub_word(lock) = 0;
}

void mutex_lock(struct mutex *lock)
{
	take(stub_word(lock), &BY_OWNER);
}

int mutex_lock_interruptible(struct mutex *lock)
{
	if (stub_should_fail(mutex_lock_interruptible))
		return -EINTR;
	mutex_lock(lock);
	return 0;
}

int mutex_lock_killable(struct mutex *lock)
{
	return mutex_lock_interruptible(lock);
}

int mutex_trylock(struct mutex *lock)
{
	return try_take(stub_word(lock), &BY_OWNER);
}

void mutex_unlock(struct mutex *lock)
{
	give(stub_word(lock), &BY_OWNER);
}

bool mutex_is_locked(struct mutex *lock)
{
	return is_taken(stub_word(lock));
}

int atomic_dec_and_mutex_lock(atomic_t *count, struct mutex *lock)
{
	if (atomic_add_unless(count, -1, 1))
		return 0;
	mutex_lock(lock);
	if (atomic_dec_and_test(count))
		return 1;
	mutex_unlock(lock);
	return 0;
}

/* ---- reader-writer semaphores ---- */

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	(void)name, (void)key;
	*stub_word(sem) = 0;
}

void down_read(struct rw_semaphore *sem)
{
	take(stub_word(sem), &BY_READER);
}

int down_read_interruptible(struct rw_semaphore *sem)
{
	if (stub_should_fail(down_read_interruptible))
		return -EINTR;
	down_read(sem);
	return 0;
}

int down_read_killable(struct rw_semaphore *sem)
{
	return down_read_interruptible(sem);
}

int down_read_trylock(struct rw_semaphore *sem)
{
	return !stub_should_fail(down_read_trylock) && try_take(stub_word(sem), &BY_READER);
}

void up_read(struct rw_semaphore *sem)
{
	give(stub_word(sem), &BY_READER);
}

void down_write(struct rw_semaphore *sem)
{
	take(stub_word(sem), &BY_WRITER);
}

int down_write_killable(struct rw_semaphore *sem)
{
	if (stub_should_fail(down_write_killable))
		return -EINTR;
	down_write(sem);
	return 0;
}

int down_write_trylock(struct rw_semaphore *sem)
{
	return !stub_should_fail(down_write_trylock) && try_take(stub_word(sem), &BY_WRITER);
}

void up_write(struct rw_semaphore *sem)
{
	give(stub_word(sem), &BY_WRITER);
}

/* One step: the writer's bit goes as the reader's count comes. */
void downgrade_write(struct rw_semaphore *sem)
{
	if (!stub_is_held(stub_word(sem), STUB_WRITE)) {
		stub_violation(STUB_LOCK_NOT_HELD, stub_word(sem));
		return;
	}
	stub_unhold(stub_word(sem), STUB_WRITE);
	stub_hold(stub_word(sem), STUB_READ);
	stub_release(stub_word(sem), WRITER - READER);
}

/* ---- spinlocks: interrupts go off before, and come back after ---- */

void _raw_spin_lock(raw_spinlock_t *lock)
{
	take(stub_word(lock), &BY_SPINNER);
}

int _raw_spin_trylock(raw_spinlock_t *lock)
{
	return try_take(stub_word(lock), &BY_SPINNER);
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	give(stub_word(lock), &BY_SPINNER);
}

void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	local_irq_disable();
	_raw_spin_lock(lock);
}

void _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
	local_irq_enable();
}

void _raw_spin_lock_bh(raw_spinlock_t *lock)
{
	local_bh_disable();
	_raw_spin_lock(lock);
}

int _raw_spin_trylock_bh(raw_spinlock_t *lock)
{
	local_bh_disable();
	if (_raw_spin_trylock(lock))
		return 1;
	local_bh_enable();
	return 0;
}

void _raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
	local_bh_enable();
}

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	_raw_spin_lock(lock);
	return flags;
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	_raw_spin_unlock(lock);
	local_irq_restore(flags);
}

void __stub_assert_locked(const void *lock)
{
	if (!is_taken(lock))
		stub_violation(STUB_LOCK_NOT_HELD, lock);
}

int _atomic_dec_and_lock(atomic_t *count, spinlock_t *lock)
{
	if (atomic_add_unless(count, -1, 1))
		return 0;
	spin_lock(lock);
	if (atomic_dec_and_test(count))
		return 1;
	spin_unlock(lock);
	return 0;
}

int _atomic_dec_and_lock_irqsave(atomic_t *count, spinlock_t *lock, unsigned long *flags)
{
	if (atomic_add_unless(count, -1, 1))
		return 0;
	spin_lock_irqsave(lock, *flags);
	if (atomic_dec_and_test(count))
		return 1;
	spin_unlock_irqrestore(lock, *flags);
	return 0;
}

/* ---- what drivers say of locks ---- */

bool stub_lockdep_is_held(const void *lock)
{
	return holds_any(lock);
}

void stub_lockdep_assert_held(const void *lock, bool for_writing)
{
	bool held = for_writing ? stub_is_held(lock, STUB_WRITE) || stub_is_held(lock, STUB_SPIN_WRITE) :
				  holds_any(lock);

	if (!held)
		stub_violation(STUB_LOCK_NOT_HELD, lock);
}

void stub_lockdep_assert_not_held(const void *lock)
{
	if (holds_any(lock))
		stub_violation(STUB_LOCK_HELD_TWICE, lock);
}
