/* SPDX-License-Identifier: GPL-2.0-only */
/* Ordered workqueues: one item at a time, in the order in which they were queued. */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/list.h>

struct work_struct;
struct workqueue_struct;

typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head entry;			/* in its queue while it is pending */
	struct workqueue_struct *wq;		/* where it was queued last */
	work_func_t func;
};

static inline void INIT_WORK(struct work_struct *work, work_func_t func)
{
	INIT_LIST_HEAD(&work->entry);
	work->wq = NULL;
	work->func = func;
}

struct workqueue_struct *alloc_ordered_workqueue(const char *name);
/* What is left in it runs before it goes. */
void destroy_workqueue(struct workqueue_struct *wq);

/* False where it is pending already. */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
/* It is neither pending nor running when this returns; says whether it was pending. */
bool cancel_work_sync(struct work_struct *work);

#endif
