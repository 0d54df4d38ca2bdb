/* SPDX-License-Identifier: GPL-2.0-only */
/* Read-copy-update: readers take no lock, and what they may still see is freed when they are done. */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H

#include <linux/lockdep.h>
#include <linux/types.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

void rcu_read_lock(void);
void rcu_read_unlock(void);
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)

/* Publishes @new and returns what was there before; @lock serialises writers. */
#define rcu_replace_pointer(p, new, lock) \
	(lockdep_assert_held(lock), __atomic_exchange_n(&(p), (new), __ATOMIC_SEQ_CST))

#endif
