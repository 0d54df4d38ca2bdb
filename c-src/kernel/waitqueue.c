// SPDX-License-Identifier: GPL-2.0-only
/* Wait queues. */
#include <linux/wait.h>

#include <linux/errno.h>
#include <linux/sched.h>

#include "kernel/fault.h"

STUB_FAULT(wait_event_interruptible);

void __init_waitqueue_head(wait_queue_head_t *wq, const char *name, struct lock_class_key *key)
{
	(void)name, (void)key;
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}

int default_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	(void)flags, (void)key;
	return wake_up_state(entry->private, mode);
}

/* The entry may be its owner's again as soon as that finds it out of the queue. */
int autoremove_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	int woken = default_wake_function(entry, mode, flags, key);

	if (woken)
		list_del_init_careful(&entry->entry);
	return woken;
}

static void add(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	if (entry->flags & WQ_FLAG_EXCLUSIVE)
		list_add_tail(&entry->entry, &wq->head);
	else
		list_add(&entry->entry, &wq->head);
}

void add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	add(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void add_wait_queue_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	add(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_del(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void init_wait_entry(wait_queue_entry_t *entry, int flags)
{
	entry->flags = (unsigned int)flags;
	entry->private = current;
	entry->func = autoremove_wake_function;
	INIT_LIST_HEAD(&entry->entry);
}

/* Returns whether it has become the only one. */
static bool prepare(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state)
{
	bool is_first = false;
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry)) {
		is_first = list_empty(&wq->head);
		add(wq, entry);
	}
	set_current_state((unsigned int)state);
	spin_unlock_irqrestore(&wq->lock, flags);
	return is_first;
}

void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state)
{
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	prepare(wq, entry, state);
}

bool prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	return prepare(wq, entry, state);
}

bool stub_signal(unsigned int state)
{
	return state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL) && stub_should_fail(wait_event_interruptible);
}

/* Out of the queue, so that a wake-up for one task alone is not lost on the one that goes. */
long prepare_to_wait_event(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state)
{
	unsigned long flags;

	if (!stub_signal((unsigned int)state)) {
		prepare(wq, entry, state);
		return 0;
	}
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
	return -ERESTARTSYS;
}

void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	unsigned long flags;

	set_current_state(TASK_RUNNING);
	if (list_empty_careful(&entry->entry))
		return;
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

static int wake(wait_queue_head_t *wq, unsigned int states, int exclusive, void *key)
{
	struct wait_queue_entry *entry, *next;
	int left = exclusive;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		/* It may be gone once it is woken. */
		unsigned int how = entry->flags;
		int woken = entry->func(entry, states, 0, key);

		/* It wants no other one to be woken. */
		if (woken < 0)
			break;
		if (woken && how & WQ_FLAG_EXCLUSIVE && !--left)
			break;
	}
	return exclusive - left;
}

int __wake_up(wait_queue_head_t *wq, unsigned int states, int exclusive, void *key)
{
	unsigned long flags;
	int woken;

	spin_lock_irqsave(&wq->lock, flags);
	woken = wake(wq, states, exclusive, key);
	spin_unlock_irqrestore(&wq->lock, flags);
	return woken;
}

void __wake_up_locked(wait_queue_head_t *wq, unsigned int states, int exclusive)
{
	lockdep_assert_held(&wq->lock);
	wake(wq, states, exclusive, NULL);
}

void __wake_up_locked_key(wait_queue_head_t *wq, unsigned int states, void *key)
{
	lockdep_assert_held(&wq->lock);
	wake(wq, states, 1, key);
}
