/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wait queues. A task that waits for a condition puts itself into the queue, says that it sleeps, looks, and sleeps
 * until it is woken: that is one step, however long it takes.
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct wait_queue_entry;

typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);

struct wait_queue_entry {
	unsigned int flags;
	void *private;			/* the task */
	wait_queue_func_t func;		/* wakes it; returns whether it did, or an errno, and then no other is woken */
	struct list_head entry;
};

typedef struct wait_queue_entry wait_queue_entry_t;

typedef struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
} wait_queue_head_t;

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(wait_queue_head_t) == 24, "wait_queue_head");
_Static_assert(sizeof(wait_queue_entry_t) == 40, "wait_queue_entry");
#endif

/* Of those who wait like this, one wake-up wakes one. They come behind the others. */
#define WQ_FLAG_EXCLUSIVE 1u

#define __WAIT_QUEUE_HEAD_INITIALIZER(name) { .lock = __SPIN_LOCK_UNLOCKED(name), .head = LIST_HEAD_INIT((name).head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)

void __init_waitqueue_head(wait_queue_head_t *wq, const char *name, struct lock_class_key *key);
#define init_waitqueue_head(wq) __init_waitqueue_head((wq), #wq, NULL)

int default_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);
/* Also takes it out of the queue. */
int autoremove_wake_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);

/* An entry that stays in its queue, and one that goes when it is woken. */
#define DECLARE_WAITQUEUE(name, task) \
	wait_queue_entry_t name = { .private = (task), .func = default_wake_function }
#define DEFINE_WAIT_FUNC(name, function) \
	wait_queue_entry_t name = { .private = current, .func = (function), .entry = LIST_HEAD_INIT((name).entry) }
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)

static inline void init_waitqueue_entry(wait_queue_entry_t *entry, struct task_struct *task)
{
	entry->flags = 0;
	entry->private = task;
	entry->func = default_wake_function;
}

static inline void init_waitqueue_func_entry(wait_queue_entry_t *entry, wait_queue_func_t func)
{
	entry->flags = 0;
	entry->private = NULL;
	entry->func = func;
}

void add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry);
void add_wait_queue_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry);
void remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry);

/* Puts the entry into the queue, unless it is there, and sets the task's state. */
void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state);
/* Returns whether it is the first one there. */
bool prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state);
/* The same; -ERESTARTSYS, and it is out of the queue, where a signal has come (which a fault makes). */
long prepare_to_wait_event(wait_queue_head_t *wq, wait_queue_entry_t *entry, int state);
/* The task runs, and the entry is out of the queue. */
void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *entry);

/* Wakes those who sleep in one of the states: all, and of the exclusive ones at most @exclusive; 0: all of them. Returns how many of these. */
int __wake_up(wait_queue_head_t *wq, unsigned int states, int exclusive, void *key);
/* With the queue's lock held. */
static inline void __add_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	list_add(&entry->entry, &wq->head);
}

static inline void __remove_wait_queue(wait_queue_head_t *wq, wait_queue_entry_t *entry)
{
	list_del(&entry->entry);
}

void __wake_up_locked(wait_queue_head_t *wq, unsigned int states, int exclusive);
void __wake_up_locked_key(wait_queue_head_t *wq, unsigned int states, void *key);
/* An entry of the running task's, which goes when it is woken. */
void init_wait_entry(wait_queue_entry_t *entry, int flags);

#define wake_up(wq) __wake_up((wq), TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr) __wake_up((wq), TASK_NORMAL, (nr), NULL)
#define wake_up_all(wq) __wake_up((wq), TASK_NORMAL, 0, NULL)
#define wake_up_sync(wq) wake_up(wq)
#define wake_up_interruptible(wq) __wake_up((wq), TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(wq, nr) __wake_up((wq), TASK_INTERRUPTIBLE, (nr), NULL)
#define wake_up_interruptible_all(wq) __wake_up((wq), TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(wq) wake_up_interruptible(wq)
#define wake_up_locked(wq) __wake_up_locked((wq), TASK_NORMAL, 1)
/* Tells them what a file is ready for. */
#define poll_to_key(events) ((void *)(uintptr_t)(__poll_t)(events))
#define key_to_poll(key) ((__poll_t)(uintptr_t)(void *)(key))
#define wake_up_poll(wq, events) __wake_up((wq), TASK_NORMAL, 1, poll_to_key(events))
#define wake_up_locked_poll(wq, events) __wake_up_locked_key((wq), TASK_NORMAL, poll_to_key(events))
#define wake_up_all_locked(wq) __wake_up_locked((wq), TASK_NORMAL, 0)

/* Without the lock: what it says holds for who has made a full barrier since it changed the condition, at most. */
static inline bool waitqueue_active(wait_queue_head_t *wq)
{
	return !list_empty(&wq->head);
}

static inline bool wq_has_sleeper(wait_queue_head_t *wq)
{
	smp_mb();
	return waitqueue_active(wq);
}

/*
 * Waits by an entry until the condition holds, which @sleep is to bring about; 0, or -ERESTARTSYS where a signal ends it
 * first. The caller has looked before.
 */
#define __stub_wait_loop(wq, wait, condition, state, sleep) ({			\
	long __signal;								\
										\
	for (;;) {								\
		__signal = prepare_to_wait_event(&(wq), (wait), (state));	\
		if (condition) {						\
			__signal = 0;						\
			break;							\
		}								\
		if (__signal)							\
			break;							\
		sleep;								\
	}									\
	finish_wait(&(wq), (wait));						\
	(int)__signal;								\
})

#define __stub_wait_until(wq, condition, state, how, sleep) ({			\
	wait_queue_entry_t __entry;						\
										\
	init_wait_entry(&__entry, (how));					\
	__stub_wait_loop(wq, &__entry, condition, state, sleep);		\
})

#define __wait_event(wq, condition, state, how, sleep) ({			\
	might_sleep();								\
	(condition) ? 0 : __stub_wait_until(wq, condition, state, how, sleep);	\
})

#define wait_event(wq, condition) \
	((void)__wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, schedule()))
#define wait_event_interruptible(wq, condition) \
	__wait_event(wq, condition, TASK_INTERRUPTIBLE, 0, schedule())
#define wait_event_killable(wq, condition) \
	__wait_event(wq, condition, TASK_KILLABLE, 0, schedule())
#define wait_event_interruptible_exclusive(wq, condition) \
	__wait_event(wq, condition, TASK_INTERRUPTIBLE, WQ_FLAG_EXCLUSIVE, schedule())
#define wait_event_freezable(wq, condition) wait_event_interruptible(wq, condition)
#define wait_event_idle(wq, condition) wait_event(wq, condition)
#define io_wait_event(wq, condition) wait_event(wq, condition)

/* @before and @after run around each sleep. */
#define wait_event_cmd(wq, condition, before, after) \
	((void)__wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, ({ before; schedule(); after; })))

/* 0 where the time was over and the condition does not hold; else what was left of the time, at least 1. */
#define __wait_event_timeout(wq, condition, state, timeout) ({				\
	long __left = (long)(timeout);							\
	bool __holds;									\
	int __ended = __wait_event(wq, ((__holds = (condition)) || !__left), state, 0,	\
				   __left = schedule_timeout(__left));			\
											\
	__ended ? __ended : __left ? __left : __holds;					\
})

#define wait_event_timeout(wq, condition, timeout) \
	__wait_event_timeout(wq, condition, TASK_UNINTERRUPTIBLE, timeout)
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	__wait_event_timeout(wq, condition, TASK_INTERRUPTIBLE, timeout)
#define wait_event_killable_timeout(wq, condition, timeout) \
	__wait_event_timeout(wq, condition, TASK_KILLABLE, timeout)

/* The caller holds the lock, by spin_lock_irq(); it is dropped around each sleep, and held where the condition is looked at. */
#define __wait_event_lock_irq(wq, condition, state, lock, command)			\
	((condition) ? 0 : __stub_wait_until(wq, condition, state, 0, ({			\
		spin_unlock_irq(&(lock));						\
		command;								\
		schedule();								\
		spin_lock_irq(&(lock));							\
	})))

#define wait_event_lock_irq(wq, condition, lock) \
	((void)__wait_event_lock_irq(wq, condition, TASK_UNINTERRUPTIBLE, lock, (void)0))
#define wait_event_lock_irq_cmd(wq, condition, lock, command) \
	((void)__wait_event_lock_irq(wq, condition, TASK_UNINTERRUPTIBLE, lock, command))
#define wait_event_interruptible_lock_irq(wq, condition, lock) \
	__wait_event_lock_irq(wq, condition, TASK_INTERRUPTIBLE, lock, (void)0)
#define wait_event_interruptible_lock_irq_cmd(wq, condition, lock, command) \
	__wait_event_lock_irq(wq, condition, TASK_INTERRUPTIBLE, lock, command)

#endif
