// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read-copy-update, with one count of a machine's readers: what was unpublished before a moment without
 * readers has none. Whoever finds that moment, the last reader or who frees, runs what waits for it.
 */
#include <linux/atomic.h>
#include <linux/rcupdate.h>

#include "kernel/stub.h"

struct rcu {
	atomic_t readers;
	struct rcu_head *waiting;
};

static struct rcu *rcu(void)
{
	static const char key;

	return stub_static_of(NULL, &key, sizeof(struct rcu));
}

static void push(struct rcu *all, struct rcu_head *head)
{
	head->next = __atomic_load_n(&all->waiting, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&all->waiting, &head->next, head, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

/* Takes all first and looks for readers then: a reader that comes later cannot see what was taken. */
static void run_if_quiet(struct rcu *all)
{
	while (!__atomic_load_n(&all->readers.counter, __ATOMIC_SEQ_CST)) {
		struct rcu_head *taken = __atomic_exchange_n(&all->waiting, NULL, __ATOMIC_SEQ_CST);
		bool quiet = !__atomic_load_n(&all->readers.counter, __ATOMIC_SEQ_CST);

		if (!taken)
			return;
		while (taken) {
			struct rcu_head *next = taken->next;

			if (quiet)
				taken->func(taken);
			else
				push(all, taken);
			taken = next;
		}
	}
}

void rcu_read_lock(void)
{
	atomic_inc(&rcu()->readers);
}

void rcu_read_unlock(void)
{
	if (!atomic_dec_return(&rcu()->readers))
		run_if_quiet(rcu());
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	push(rcu(), head);
	run_if_quiet(rcu());
}
