/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SWAIT_H
#define _LINUX_SWAIT_H

#include <linux/list.h>
#include <linux/spinlock.h>

struct swait_queue_head {
	raw_spinlock_t lock;
	struct list_head task_list;
};

#define __SWAIT_QUEUE_HEAD_INITIALIZER(name) { __RAW_SPIN_LOCK_UNLOCKED((name).lock), LIST_HEAD_INIT((name).task_list) }

void __init_swait_queue_head(struct swait_queue_head *q, const char *name, struct lock_class_key *key);
#define init_swait_queue_head(q) __init_swait_queue_head((q), #q, NULL)

#endif
