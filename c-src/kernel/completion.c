// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions. The word counts down from NONE with every complete() and up again with every wait, so
 * that "nothing to take" is one bit of it and a wait is an ordinary acquire. Who waits with a time limit sleeps as a
 * task does, since a timer may wake it too, and is in a list for that.
 */
#include <linux/completion.h>

#include <linux/errno.h>
#include <linux/sched.h>

#include "kernel/cpu.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(wait_for_completion_interruptible);

#define NONE __STUB_COMPLETION_NONE
#define ALL 0x800u		/* as many as there will ever be waits, */
#define FEW (NONE - ALL / 2)	/* unless so many are left from before */
#define LOCKED 1u

struct completion_sleeper {
	struct completion_sleeper *next;
	struct task_struct *task;
};

void init_completion(struct completion *x)
{
	x->word = NONE;
	x->lock = 0;
	x->sleepers = NULL;
}

void reinit_completion(struct completion *x)
{
	__atomic_store_n(&x->word, NONE, __ATOMIC_RELAXED);
}

/* Adds before it looks, as a sleeper says that it sleeps before it looks: one of them sees the other. */
static void give(struct completion *x, u32 times)
{
	stub_release(&x->word, times);
	if (likely(!__atomic_load_n(&x->sleepers, __ATOMIC_SEQ_CST)))
		return;
	stub_acquire(&x->lock, LOCKED, LOCKED);
	for (struct completion_sleeper *at = x->sleepers; at; at = at->next)
		wake_up_process(at->task);
	stub_release(&x->lock, LOCKED);
}

void complete(struct completion *x)
{
	give(x, 1);
}

void complete_all(struct completion *x)
{
	if ((__atomic_load_n(&x->word, __ATOMIC_RELAXED) & STUB_STATE) > FEW)
		give(x, ALL);
}

bool completion_done(struct completion *x)
{
	return !(__atomic_load_n(&x->word, __ATOMIC_ACQUIRE) & NONE);
}

bool try_wait_for_completion(struct completion *x)
{
	return stub_try_acquire(&x->word, NONE, 1);
}

void wait_for_completion(struct completion *x)
{
	stub_might_sleep(x);
	stub_wait(&x->word, NONE, 1);
}

static void add(struct completion *x, struct completion_sleeper *sleeper)
{
	stub_acquire(&x->lock, LOCKED, LOCKED);
	sleeper->next = x->sleepers;
	__atomic_store_n(&x->sleepers, sleeper, __ATOMIC_SEQ_CST);
	stub_release(&x->lock, LOCKED);
}

static void remove(struct completion *x, const struct completion_sleeper *sleeper)
{
	struct completion_sleeper **link = &x->sleepers;

	stub_acquire(&x->lock, LOCKED, LOCKED);
	while (*link != sleeper)
		link = &(*link)->next;
	__atomic_store_n(link, sleeper->next, __ATOMIC_SEQ_CST);
	stub_release(&x->lock, LOCKED);
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	struct completion_sleeper own = { .task = current };
	long left = (long)timeout;
	bool taken;

	stub_might_sleep(x);
	if (try_wait_for_completion(x))
		return timeout ? timeout : 1;

	add(x, &own);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		taken = try_wait_for_completion(x);
		if (taken || !left)
			break;
		left = schedule_timeout(left);
	}
	set_current_state(TASK_RUNNING);
	remove(x, &own);
	return taken ? left ? (unsigned long)left : 1 : 0;
}

static bool is_interrupted(void)
{
	return stub_should_fail(wait_for_completion_interruptible);
}

int wait_for_completion_interruptible(struct completion *x)
{
	if (is_interrupted())
		return -ERESTARTSYS;
	wait_for_completion(x);
	return 0;
}

int wait_for_completion_killable(struct completion *x)
{
	return wait_for_completion_interruptible(x);
}

long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout)
{
	return is_interrupted() ? -ERESTARTSYS : (long)wait_for_completion_timeout(x, timeout);
}

long wait_for_completion_killable_timeout(struct completion *x, unsigned long timeout)
{
	return wait_for_completion_interruptible_timeout(x, timeout);
}
