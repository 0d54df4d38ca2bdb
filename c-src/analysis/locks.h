/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in front of a unit whose annotations Clang's context analysis checks: which types are locks, and which
 * functions take and give them back. Such code is never run.
 */

/* A lock that nobody can take: what is said to be guarded by it is warned of wherever the analysis sees it written. */
extern struct __attribute__((capability("lock"))) lostbit_nobody {
	int word;
} lostbit_nobody;

#ifdef WARN_CONTEXT_ANALYSIS

/* The headers say all of this, but for assertions, which the stub kernel has made its own. */
#include <linux/lockdep.h>

#undef lockdep_assert_held
#define lockdep_assert_held(lock) __assume_ctx_lock(lock)
#undef lockdep_assert_held_write
#define lockdep_assert_held_write(lock) __assume_ctx_lock(lock)
#undef lockdep_assert_held_read
#define lockdep_assert_held_read(lock) __assume_shared_ctx_lock(lock)

#else

struct __attribute__((capability("mutex"))) mutex;
struct __attribute__((capability("spinlock"))) spinlock;
struct __attribute__((capability("raw_spinlock"))) raw_spinlock;
struct __attribute__((capability("rw_semaphore"))) rw_semaphore;
struct __attribute__((capability("semaphore"))) semaphore;

#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>

#undef __guarded_by
#define __guarded_by(...) __attribute__((guarded_by(__VA_ARGS__)))

#define LOSTBIT_DO(name, result, type, attribute)	\
	__attribute__((overloadable)) result lostbit_##name(type *lock) __attribute__((attribute));

#define LOSTBIT_LOCK(type)							\
	LOSTBIT_DO(take, void, type, acquire_capability(lock))			\
	LOSTBIT_DO(try, int, type, try_acquire_capability(1, lock))		\
	LOSTBIT_DO(try_or_error, int, type, try_acquire_capability(0, lock))	\
	LOSTBIT_DO(give, void, type, release_capability(lock))			\
	LOSTBIT_DO(assume, void, const type, assert_capability(lock))

LOSTBIT_LOCK(struct mutex)
LOSTBIT_LOCK(struct spinlock)
LOSTBIT_LOCK(struct raw_spinlock)
LOSTBIT_LOCK(struct rw_semaphore)
LOSTBIT_LOCK(struct semaphore)

LOSTBIT_DO(take_shared, void, struct rw_semaphore, acquire_shared_capability(lock))
LOSTBIT_DO(try_shared, int, struct rw_semaphore, try_acquire_shared_capability(1, lock))
LOSTBIT_DO(try_shared_or_error, int, struct rw_semaphore, try_acquire_shared_capability(0, lock))
LOSTBIT_DO(give_shared, void, struct rw_semaphore, release_shared_capability(lock))
LOSTBIT_DO(assume_shared, void, const struct rw_semaphore, assert_shared_capability(lock))

/* Of what is no lock for the analysis, nothing is known. */
__attribute__((overloadable)) void lostbit_assume(const volatile void *lock);
__attribute__((overloadable)) void lostbit_assume_shared(const volatile void *lock);

#undef lockdep_assert_held
#define lockdep_assert_held(lock) lostbit_assume(lock)
#undef lockdep_assert_held_write
#define lockdep_assert_held_write(lock) lostbit_assume(lock)
#undef lockdep_assert_held_read
#define lockdep_assert_held_read(lock) lostbit_assume_shared(lock)
#undef assert_spin_locked
#define assert_spin_locked(lock) lostbit_assume(lock)
#undef assert_raw_spin_locked
#define assert_raw_spin_locked(lock) lostbit_assume(lock)

#undef spin_lock
#define spin_lock(lock) lostbit_take(lock)
#undef spin_lock_irq
#define spin_lock_irq(lock) lostbit_take(lock)
#undef spin_lock_bh
#define spin_lock_bh(lock) lostbit_take(lock)
#undef spin_lock_irqsave
#define spin_lock_irqsave(lock, flags) ((flags) = 0, lostbit_take(lock))
#undef spin_lock_nested
#define spin_lock_nested(lock, subclass) lostbit_take(lock)
#undef spin_lock_bh_nested
#define spin_lock_bh_nested(lock, subclass) lostbit_take(lock)
#undef spin_lock_nest_lock
#define spin_lock_nest_lock(lock, outer) lostbit_take(lock)
#undef spin_lock_irqsave_nested
#define spin_lock_irqsave_nested(lock, flags, subclass) ((flags) = 0, lostbit_take(lock))
#undef spin_trylock
#define spin_trylock(lock) lostbit_try(lock)
#undef spin_trylock_irq
#define spin_trylock_irq(lock) lostbit_try(lock)
#undef spin_trylock_bh
#define spin_trylock_bh(lock) lostbit_try(lock)
#undef spin_trylock_irqsave
#define spin_trylock_irqsave(lock, flags) ((flags) = 0, lostbit_try(lock))
#undef spin_unlock
#define spin_unlock(lock) lostbit_give(lock)
#undef spin_unlock_irq
#define spin_unlock_irq(lock) lostbit_give(lock)
#undef spin_unlock_bh
#define spin_unlock_bh(lock) lostbit_give(lock)
#undef spin_unlock_irqrestore
#define spin_unlock_irqrestore(lock, flags) lostbit_give(lock)

#undef raw_spin_lock
#define raw_spin_lock(lock) lostbit_take(lock)
#undef raw_spin_lock_irq
#define raw_spin_lock_irq(lock) lostbit_take(lock)
#undef raw_spin_lock_bh
#define raw_spin_lock_bh(lock) lostbit_take(lock)
#undef raw_spin_lock_irqsave
#define raw_spin_lock_irqsave(lock, flags) ((flags) = 0, lostbit_take(lock))
#undef raw_spin_lock_nested
#define raw_spin_lock_nested(lock, subclass) lostbit_take(lock)
#undef raw_spin_lock_irqsave_nested
#define raw_spin_lock_irqsave_nested(lock, flags, subclass) ((flags) = 0, lostbit_take(lock))
#undef raw_spin_trylock
#define raw_spin_trylock(lock) lostbit_try(lock)
#undef raw_spin_trylock_irq
#define raw_spin_trylock_irq(lock) lostbit_try(lock)
#undef raw_spin_trylock_irqsave
#define raw_spin_trylock_irqsave(lock, flags) ((flags) = 0, lostbit_try(lock))
#undef raw_spin_unlock
#define raw_spin_unlock(lock) lostbit_give(lock)
#undef raw_spin_unlock_irq
#define raw_spin_unlock_irq(lock) lostbit_give(lock)
#undef raw_spin_unlock_bh
#define raw_spin_unlock_bh(lock) lostbit_give(lock)
#undef raw_spin_unlock_irqrestore
#define raw_spin_unlock_irqrestore(lock, flags) lostbit_give(lock)

#undef atomic_dec_and_lock
#define atomic_dec_and_lock(count, lock) lostbit_try(lock)
#undef atomic_dec_and_lock_irqsave
#define atomic_dec_and_lock_irqsave(count, lock, flags) ((flags) = 0, lostbit_try(lock))
#undef atomic_dec_and_mutex_lock
#define atomic_dec_and_mutex_lock(count, lock) lostbit_try(lock)

#undef mutex_lock
#define mutex_lock(lock) lostbit_take(lock)
#undef mutex_lock_nested
#define mutex_lock_nested(lock, subclass) lostbit_take(lock)
#undef mutex_lock_nest_lock
#define mutex_lock_nest_lock(lock, outer) lostbit_take(lock)
#undef mutex_lock_io
#define mutex_lock_io(lock) lostbit_take(lock)
#undef mutex_lock_interruptible
#define mutex_lock_interruptible(lock) lostbit_try_or_error(lock)
#undef mutex_lock_interruptible_nested
#define mutex_lock_interruptible_nested(lock, subclass) lostbit_try_or_error(lock)
#undef mutex_lock_killable
#define mutex_lock_killable(lock) lostbit_try_or_error(lock)
#undef mutex_lock_killable_nested
#define mutex_lock_killable_nested(lock, subclass) lostbit_try_or_error(lock)
#undef mutex_trylock
#define mutex_trylock(lock) lostbit_try(lock)
#undef mutex_unlock
#define mutex_unlock(lock) lostbit_give(lock)

#undef down_write
#define down_write(lock) lostbit_take(lock)
#undef down_write_nested
#define down_write_nested(lock, subclass) lostbit_take(lock)
#undef down_write_nest_lock
#define down_write_nest_lock(lock, outer) lostbit_take(lock)
#undef down_write_killable
#define down_write_killable(lock) lostbit_try_or_error(lock)
#undef down_write_trylock
#define down_write_trylock(lock) lostbit_try(lock)
#undef up_write
#define up_write(lock) lostbit_give(lock)
#undef downgrade_write
#define downgrade_write(lock) (lostbit_give(lock), lostbit_take_shared(lock))
#undef down_read
#define down_read(lock) lostbit_take_shared(lock)
#undef down_read_nested
#define down_read_nested(lock, subclass) lostbit_take_shared(lock)
#undef down_read_interruptible
#define down_read_interruptible(lock) lostbit_try_shared_or_error(lock)
#undef down_read_killable
#define down_read_killable(lock) lostbit_try_shared_or_error(lock)
#undef down_read_trylock
#define down_read_trylock(lock) lostbit_try_shared(lock)
#undef up_read
#define up_read(lock) lostbit_give_shared(lock)

#undef down
#define down(lock) lostbit_take(lock)
#undef down_interruptible
#define down_interruptible(lock) lostbit_try_or_error(lock)
#undef down_killable
#define down_killable(lock) lostbit_try_or_error(lock)
#undef down_trylock
#define down_trylock(lock) lostbit_try_or_error(lock)
#undef up
#define up(lock) lostbit_give(lock)

/* A second variable of the same scope gives back what a guard has taken: the analysis knows what it points to. */
void lostbit_end_mutex(void *lock) __attribute__((release_capability(*(struct mutex **)lock)));
void lostbit_end_spinlock(void *lock) __attribute__((release_capability(*(struct spinlock **)lock)));
void lostbit_end_raw_spinlock(void *lock) __attribute__((release_capability(*(struct raw_spinlock **)lock)));
void lostbit_end_write(void *lock) __attribute__((release_capability(*(struct rw_semaphore **)lock)));
void lostbit_end_read(void *lock) __attribute__((release_shared_capability(*(struct rw_semaphore **)lock)));

#define LOSTBIT_GUARD(class, action, end, lock)					\
	({ lostbit_##action(lock); *(class_##class##_t *)(void *)(lock); }),	\
	*__UNIQUE_ID(lostbit_guard) __attribute__((cleanup(lostbit_end_##end))) = (void *)(lock)

/* Beginnings of a guard, in a kernel's headers and in lostbit's. */
#define class_mutex_constructor(lock) LOSTBIT_GUARD(mutex, take, mutex, lock)
#define class_mutex_begin(lock) LOSTBIT_GUARD(mutex, take, mutex, lock)
#define class_spinlock_constructor(lock) LOSTBIT_GUARD(spinlock, take, spinlock, lock)
#define class_spinlock_begin(lock) LOSTBIT_GUARD(spinlock, take, spinlock, lock)
#define class_spinlock_irq_constructor(lock) LOSTBIT_GUARD(spinlock_irq, take, spinlock, lock)
#define class_spinlock_irq_begin(lock) LOSTBIT_GUARD(spinlock_irq, take, spinlock, lock)
#define class_spinlock_bh_constructor(lock) LOSTBIT_GUARD(spinlock_bh, take, spinlock, lock)
#define class_spinlock_bh_begin(lock) LOSTBIT_GUARD(spinlock_bh, take, spinlock, lock)
#define class_spinlock_irqsave_constructor(lock) LOSTBIT_GUARD(spinlock_irqsave, take, spinlock, lock)
#define class_spinlock_irqsave_begin(lock) LOSTBIT_GUARD(spinlock_irqsave, take, spinlock, lock)
#define class_raw_spinlock_constructor(lock) LOSTBIT_GUARD(raw_spinlock, take, raw_spinlock, lock)
#define class_raw_spinlock_begin(lock) LOSTBIT_GUARD(raw_spinlock, take, raw_spinlock, lock)
#define class_raw_spinlock_nested_constructor(lock) LOSTBIT_GUARD(raw_spinlock_nested, take, raw_spinlock, lock)
#define class_raw_spinlock_nested_begin(lock) LOSTBIT_GUARD(raw_spinlock_nested, take, raw_spinlock, lock)
#define class_raw_spinlock_irq_constructor(lock) LOSTBIT_GUARD(raw_spinlock_irq, take, raw_spinlock, lock)
#define class_raw_spinlock_irq_begin(lock) LOSTBIT_GUARD(raw_spinlock_irq, take, raw_spinlock, lock)
#define class_raw_spinlock_bh_constructor(lock) LOSTBIT_GUARD(raw_spinlock_bh, take, raw_spinlock, lock)
#define class_raw_spinlock_bh_begin(lock) LOSTBIT_GUARD(raw_spinlock_bh, take, raw_spinlock, lock)
#define class_raw_spinlock_irqsave_constructor(lock) LOSTBIT_GUARD(raw_spinlock_irqsave, take, raw_spinlock, lock)
#define class_raw_spinlock_irqsave_begin(lock) LOSTBIT_GUARD(raw_spinlock_irqsave, take, raw_spinlock, lock)
#define class_rwsem_write_constructor(lock) LOSTBIT_GUARD(rwsem_write, take, write, lock)
#define class_rwsem_write_begin(lock) LOSTBIT_GUARD(rwsem_write, take, write, lock)
#define class_rwsem_read_constructor(lock) LOSTBIT_GUARD(rwsem_read, take_shared, read, lock)
#define class_rwsem_read_begin(lock) LOSTBIT_GUARD(rwsem_read, take_shared, read, lock)

#endif
