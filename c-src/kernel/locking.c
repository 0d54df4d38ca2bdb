// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutexes, reader-writer semaphores and spinlocks, each over one word.
 *
 * A task that takes what it holds already would wait for ever. That is reported, and it goes on instead,
 * and the word is given back when the outermost holder does.
 */
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include "kernel/cpu.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(down_read_trylock);
STUB_FAULT(down_write_trylock);

#define LOCKED 1u		/* a mutex or spinlock */
#define WRITER STUB_EXCLUSIVE	/* an rwsem; the bits below count its readers */
#define READER 1u

struct access {
	enum stub_hold how;
	u32 busy;
	u32 claim;
};

static const struct access MUTEX = { STUB_MUTEX, LOCKED, LOCKED };
static const struct access SPIN = { STUB_SPIN, LOCKED, LOCKED };
static const struct access READ = { STUB_READ, WRITER, READER };
static const struct access WRITE = { STUB_WRITE, STUB_STATE, WRITER };

static inline void might_sleep(const void *what)
{
	const struct task_struct *task = current_task;
	bool atomic = task->context == STUB_IRQ;

	for (u32 i = 0; i < task->nr_held; i++)
		atomic |= task->held[i].how == STUB_SPIN;
	if (atomic)
		stub_violation(STUB_SLEEP_IN_ATOMIC, what);
}

void stub_might_sleep(const void *what)
{
	might_sleep(what);
}

static bool holds_any(const void *lock)
{
	const struct task_struct *task = current_task;

	for (u32 i = 0; i < task->nr_held; i++)
		if (task->held[i].lock == lock)
			return true;
	return false;
}

static inline void take(u32 *word, const struct access *as)
{
	if (as->how != STUB_SPIN)
		might_sleep(word);
	if (holds_any(word)) {
		stub_violation(STUB_LOCK_HELD_TWICE, word);
	} else {
		if (unlikely(stub_watch))
			stub_order_acquire(word);
		stub_wait(word, as->busy, as->claim);
	}
	stub_hold(word, as->how);
}

static inline bool try_take(u32 *word, const struct access *as)
{
	if (!stub_try_acquire(word, as->busy, as->claim))
		return false;
	stub_hold(word, as->how);
	return true;
}

static inline void give(u32 *word, const struct access *as)
{
	if (!stub_is_held(word, as->how)) {
		stub_violation(STUB_LOCK_NOT_HELD, word);
		return;
	}
	stub_unhold(word, as->how);
	if (!holds_any(word))
		stub_release(word, as->claim);
}

void mutex_init(struct mutex *lock)
{
	lock->word = 0;
}

void mutex_lock(struct mutex *lock)
{
	take(&lock->word, &MUTEX);
}

int mutex_trylock(struct mutex *lock)
{
	return try_take(&lock->word, &MUTEX);
}

void mutex_unlock(struct mutex *lock)
{
	give(&lock->word, &MUTEX);
}

void init_rwsem(struct rw_semaphore *sem)
{
	sem->word = 0;
}

void down_read(struct rw_semaphore *sem)
{
	take(&sem->word, &READ);
}

int down_read_trylock(struct rw_semaphore *sem)
{
	return !stub_should_fail(down_read_trylock) && try_take(&sem->word, &READ);
}

void up_read(struct rw_semaphore *sem)
{
	give(&sem->word, &READ);
}

void down_write(struct rw_semaphore *sem)
{
	take(&sem->word, &WRITE);
}

int down_write_trylock(struct rw_semaphore *sem)
{
	return !stub_should_fail(down_write_trylock) && try_take(&sem->word, &WRITE);
}

void up_write(struct rw_semaphore *sem)
{
	give(&sem->word, &WRITE);
}

void _raw_spin_lock(raw_spinlock_t *lock)
{
	take(&lock->word, &SPIN);
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	give(&lock->word, &SPIN);
}

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	stub_irqs_off();
	_raw_spin_lock(lock);
	return 0;
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	(void)flags;
	_raw_spin_unlock(lock);
	stub_irqs_on();
}

void lockdep_check(const void *lock, bool for_writing)
{
	bool held = for_writing ? stub_is_held(lock, STUB_WRITE) : holds_any(lock);

	if (!held)
		stub_violation(STUB_LOCK_NOT_HELD, lock);
}
