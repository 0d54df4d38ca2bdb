// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read-copy-update. Readers are counted lane by lane, so that those of different tasks share nothing that they
 * write: what was unpublished before each count has been zero once has no reader left. Whoever finds that, a
 * reader on its way out or who frees, runs what waits for it: as a softirq, and so not while it holds what those who come as
 * one may want.
 */
#include <linux/rcupdate.h>

#include <linux/bug.h>

#include "kernel/stub.h"

static void push(struct stub_arena *arena, struct rcu_head *head)
{
	head->next = __atomic_load_n(&arena->waiting, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&arena->waiting, &head->next, head, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

static bool any_readers(const struct stub_arena *arena)
{
	bool any = __atomic_load_n(&arena->first.readers, __ATOMIC_SEQ_CST);

	for (u32 i = 0; !any && i < arena->nr_lanes; i++)
		any = __atomic_load_n(&arena->lanes[i].readers, __ATOMIC_SEQ_CST);
	return any;
}

/* What was put first comes out last: callbacks run in the order in which they were put. */
static struct rcu_head *reversed(struct rcu_head *head)
{
	struct rcu_head *first = NULL;

	while (head) {
		struct rcu_head *next = head->next;

		head->next = first;
		first = head;
		head = next;
	}
	return first;
}

/* Takes all first and looks for readers then: a reader that comes later cannot see what was taken. */
static void run_if_quiet(void)
{
	struct stub_arena *arena = current_task->arena;

	while (!any_readers(arena)) {
		struct rcu_head *taken = __atomic_exchange_n(&arena->waiting, NULL, __ATOMIC_SEQ_CST);
		bool quiet = !any_readers(arena);

		if (!taken)
			return;
		taken = reversed(taken);
		while (taken) {
			struct rcu_head *next = taken->next;

			if (quiet)
				taken->func(taken);
			else
				push(arena, taken);
			taken = next;
		}
	}
}

void __rcu_read_lock(void)
{
	current_task->rcu_readers++;
	__atomic_fetch_add(&stub_lane()->readers, 1, __ATOMIC_SEQ_CST);
}

/* Counts down before it looks, as call_rcu() adds before it looks: one of them sees the other. */
void __rcu_read_unlock(void)
{
	struct stub_arena *arena = current_task->arena;

	if (WARN_ON(!current_task->rcu_readers))
		return;
	current_task->rcu_readers--;
	__atomic_fetch_sub(&stub_lane()->readers, 1, __ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&arena->waiting, __ATOMIC_SEQ_CST)))
		stub_defer(run_if_quiet);
	else
		stub_interruptible();
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	push(current_task->arena, head);
	stub_defer(run_if_quiet);
}
