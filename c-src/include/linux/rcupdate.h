/* SPDX-License-Identifier: GPL-2.0-only */
/* Read-copy-update: readers take no lock, and what they may still see is freed when they are done. */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

typedef void (*rcu_callback_t)(struct rcu_head *head);

void __rcu_read_lock(void);
void __rcu_read_unlock(void);
void call_rcu(struct rcu_head *head, rcu_callback_t func);

static inline void rcu_read_lock(void)
{
	__rcu_read_lock();
}

static inline void rcu_read_unlock(void)
{
	__rcu_read_unlock();
}

#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_dereference_protected(p, condition) (lockdep_assert(condition), (p))
#define rcu_assign_pointer(p, new) __atomic_store_n(&(p), (new), __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, new) WRITE_ONCE(p, new)

/* Publishes @new and returns what was there before; @lock serialises writers. */
#define rcu_replace_pointer(p, new, lock) \
	(lockdep_assert_held(lock), __atomic_exchange_n(&(p), (new), __ATOMIC_SEQ_CST))

DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())

#endif
