// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workqueues. Nothing runs by itself: a worker runs when the lab asks for it (stub_work) and takes one item.
 * Only a task that destroys a queue, and would wait for a worker, does the worker's work.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "kernel/stub.h"

#define RUNNING 1u
#include <linux/workqueue.h>

struct workqueue_struct {
	struct workqueue_struct *next;
	struct list_head pending;
	struct work_struct *current_work;
	u32 running;			/* word: a worker is at it */
};

/* All queues of the machine. One lock does for all of their lists. */
static __machine struct {
	spinlock_t lock;
	struct workqueue_struct *first;
} pool;

struct workqueue_struct *alloc_ordered_workqueue(const char *name)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	struct workqueue_struct **at = &pool.first;
	unsigned long flags;

	(void)name;
	if (!wq)
		return NULL;
	INIT_LIST_HEAD(&wq->pending);

	spin_lock_irqsave(&pool.lock, flags);
	while (*at)
		at = &(*at)->next;
	*at = wq;
	spin_unlock_irqrestore(&pool.lock, flags);
	return wq;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags;
	bool fresh;

	spin_lock_irqsave(&pool.lock, flags);
	fresh = list_empty(&work->entry);
	if (fresh) {
		work->wq = wq;
		list_add_tail(&work->entry, &wq->pending);
	}
	spin_unlock_irqrestore(&pool.lock, flags);
	return fresh;
}

/* With the lock held: the next item to run, if there is one and no other worker is at the queue. */
static struct work_struct *next_work(struct workqueue_struct *wq)
{
	struct work_struct *work;

	if (list_empty(&wq->pending) || !stub_try_acquire(&wq->running, RUNNING, RUNNING))
		return NULL;
	work = list_entry(wq->pending.next, struct work_struct, entry);
	list_del_init(&work->entry);
	wq->current_work = work;
	return work;
}

static void run(struct workqueue_struct *wq, struct work_struct *work)
{
	enum stub_context context = current_task->context;
	unsigned long flags;

	/* The item may be freed by its own function. */
	current_task->context = STUB_WORKQUEUE;
	work->func(work);
	current_task->context = context;

	spin_lock_irqsave(&pool.lock, flags);
	wq->current_work = NULL;
	spin_unlock_irqrestore(&pool.lock, flags);
	stub_release(&wq->running, RUNNING);
}

bool stub_work(void)
{
	struct workqueue_struct *wq;
	struct work_struct *work = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pool.lock, flags);
	for (wq = pool.first; wq; wq = wq->next) {
		work = next_work(wq);
		if (work)
			break;
	}
	spin_unlock_irqrestore(&pool.lock, flags);

	if (work)
		run(wq, work);
	return work;
}

bool cancel_work_sync(struct work_struct *work)
{
	struct workqueue_struct *wq;
	bool pending, running;
	unsigned long flags;

	spin_lock_irqsave(&pool.lock, flags);
	wq = work->wq;
	pending = !list_empty(&work->entry);
	list_del_init(&work->entry);
	running = wq && wq->current_work == work;
	spin_unlock_irqrestore(&pool.lock, flags);

	if (running)
		stub_acquire(&wq->running, RUNNING, 0);
	return pending;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	struct workqueue_struct **at = &pool.first;
	struct work_struct *work;
	unsigned long flags;

	spin_lock_irqsave(&pool.lock, flags);
	while (*at && *at != wq)
		at = &(*at)->next;
	if (*at)
		*at = wq->next;
	spin_unlock_irqrestore(&pool.lock, flags);

	do {
		stub_acquire(&wq->running, RUNNING, 0);
		spin_lock_irqsave(&pool.lock, flags);
		work = next_work(wq);
		spin_unlock_irqrestore(&pool.lock, flags);
		if (work)
			run(wq, work);
	} while (work);
	kfree(wq);
}
