/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a lock of one word is taken and given back, for the files that implement locks.
 *
 * A task that takes what it holds already would wait for ever. That is reported, and it goes on instead,
 * and the word is given back when the outermost holder does.
 */
#ifndef LOSTBIT_KERNEL_LOCK_H
#define LOSTBIT_KERNEL_LOCK_H

#include "kernel/cpu.h"

#define LOCKED 1u		/* a mutex or spinlock */
#define WRITER STUB_EXCLUSIVE	/* a lock that readers share; the bits below count them */
#define READER 1u

struct access {
	enum stub_hold how;
	u32 busy;
	u32 claim;
};

static inline bool spins(enum stub_hold how)
{
	return how == STUB_SPIN || how == STUB_SPIN_READ || how == STUB_SPIN_WRITE;
}

static inline bool holds_any(const void *lock)
{
	const struct stub_task *task = current_task;

	for (u32 i = 0; i < task->nr_held; i++)
		if (task->held[i].lock == lock)
			return true;
	return false;
}

static inline void take(u32 *word, const struct access *as)
{
	if (!spins(as->how))
		stub_might_sleep(word);
	if (holds_any(word)) {
		stub_violation(STUB_LOCK_HELD_TWICE, word);
	} else {
		if (unlikely(stub_watch))
			stub_order_acquire(word);
		stub_wait(word, as->busy, as->claim);
	}
	stub_hold(word, as->how);
}

/* What readers share its own task may have once more, if it does not wait for that. */
static inline bool try_take(u32 *word, const struct access *as)
{
	bool again = as->busy == STUB_EXCLUSIVE && stub_is_held(word, as->how);

	if (!again && !stub_try_acquire(word, as->busy, as->claim))
		return false;
	stub_hold(word, as->how);
	return true;
}

static inline void give(u32 *word, const struct access *as)
{
	if (!stub_is_held(word, as->how) && !current_task->beyond) {
		stub_violation(STUB_LOCK_NOT_HELD, word);
		return;
	}
	stub_unhold(word, as->how);
	if (!holds_any(word))
		stub_release(word, as->claim);
	stub_interruptible();
}

#endif
