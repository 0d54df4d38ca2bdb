/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifier chains. A blocking one's callbacks may sleep, an atomic one's not. */
#ifndef _LINUX_NOTIFIER_H
#define _LINUX_NOTIFIER_H

#include <linux/rwsem.h>
#include <linux/spinlock.h>

struct notifier_block;

typedef int (*notifier_fn_t)(struct notifier_block *nb, unsigned long action, void *data);

struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next;
	int priority;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct notifier_block) == 24, "notifier_block");
#endif

/* What a callback returns; with the mask, those behind it are not called. The last one's is the chain's. */
#define NOTIFY_DONE 0x0
#define NOTIFY_OK 0x1
#define NOTIFY_STOP_MASK 0x8000
#define NOTIFY_BAD (NOTIFY_STOP_MASK | 0x2)
#define NOTIFY_STOP (NOTIFY_STOP_MASK | NOTIFY_OK)

struct blocking_notifier_head {
	struct rw_semaphore rwsem;
	struct notifier_block *head;
};

struct atomic_notifier_head {
	spinlock_t lock;		/* of changes */
	struct notifier_block *head;
};

#define BLOCKING_INIT_NOTIFIER_HEAD(nh) do {	\
	init_rwsem(&(nh)->rwsem);		\
	(nh)->head = NULL;			\
} while (0)

int blocking_notifier_chain_register(struct blocking_notifier_head *nh, struct notifier_block *nb);
int blocking_notifier_chain_unregister(struct blocking_notifier_head *nh, struct notifier_block *nb);
int blocking_notifier_call_chain(struct blocking_notifier_head *nh, unsigned long action, void *data);

int atomic_notifier_chain_register(struct atomic_notifier_head *nh, struct notifier_block *nb);
/* Returns when no call of the callback runs any more. */
int atomic_notifier_chain_unregister(struct atomic_notifier_head *nh, struct notifier_block *nb);
int atomic_notifier_call_chain(struct atomic_notifier_head *nh, unsigned long action, void *data);

#endif
