// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions: how many complete() have not been waited for. Who waits with a time limit sleeps as a task does, since a
 * timer may wake it too, and is in the queue for that.
 */
#include <linux/completion.h>

#include <linux/errno.h>
#include <linux/sched.h>

#include "kernel/cpu.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(wait_for_completion_interruptible);

#define ALL 0x800u	/* as many as there will ever be waits, */
#define MANY (ALL / 2)	/* unless so many are left from before */
#define LOCKED 1u

struct sleeper {
	struct list_head entry;
	struct task_struct *task;
};

void __init_swait_queue_head(struct swait_queue_head *q, const char *name, struct lock_class_key *key)
{
	(void)name, (void)key;
	raw_spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->task_list);
}

static void lock_queue(struct completion *x)
{
	stub_acquire(stub_word(&x->wait.lock), LOCKED, LOCKED);
}

static void unlock_queue(struct completion *x)
{
	stub_release(stub_word(&x->wait.lock), LOCKED);
}

/* Adds before it looks, as a sleeper says that it sleeps before it looks: one of them sees the other. */
static void give(struct completion *x, u32 times)
{
	struct sleeper *at;

	stub_release(&x->done, times * STUB_ONE);
	if (likely(__atomic_load_n(&x->wait.task_list.next, __ATOMIC_SEQ_CST) == &x->wait.task_list))
		return;
	lock_queue(x);
	list_for_each_entry(at, &x->wait.task_list, entry)
		wake_up_process(at->task);
	unlock_queue(x);
}

void complete(struct completion *x)
{
	give(x, 1);
}

void complete_all(struct completion *x)
{
	if ((__atomic_load_n(&x->done, __ATOMIC_RELAXED) & STUB_STATE) < MANY)
		give(x, ALL);
}

bool completion_done(struct completion *x)
{
	return __atomic_load_n(&x->done, __ATOMIC_ACQUIRE) & STUB_STATE;
}

bool try_wait_for_completion(struct completion *x)
{
	return stub_try_acquire(&x->done, STUB_EMPTY, STUB_ONE);
}

void wait_for_completion(struct completion *x)
{
	stub_might_sleep(x);
	stub_wait(&x->done, STUB_EMPTY, STUB_ONE);
}

/* Who completes looks at the queue's first link without the lock. */
static void set_first(struct completion *x, struct list_head *first)
{
	__atomic_store_n(&x->wait.task_list.next, first, __ATOMIC_SEQ_CST);
}

static void add(struct completion *x, struct sleeper *sleeper)
{
	struct list_head *queue = &x->wait.task_list;

	lock_queue(x);
	sleeper->entry.next = queue->next;
	sleeper->entry.prev = queue;
	queue->next->prev = &sleeper->entry;
	set_first(x, &sleeper->entry);
	unlock_queue(x);
}

static void remove(struct completion *x, struct sleeper *sleeper)
{
	struct list_head *before, *after;

	lock_queue(x);
	before = sleeper->entry.prev;
	after = sleeper->entry.next;
	after->prev = before;
	if (before == &x->wait.task_list)
		set_first(x, after);
	else
		before->next = after;
	unlock_queue(x);
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	struct sleeper own = { .task = current };
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
