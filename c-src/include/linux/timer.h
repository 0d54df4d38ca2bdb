/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers. None fires by itself: the lab has the earliest one fire, in softirq context (stub_timer_fire). Of those for
 * the same time, the one that was armed first is first.
 */
#ifndef _LINUX_TIMER_H
#define _LINUX_TIMER_H

#include <linux/jiffies.h>
#include <linux/list.h>

struct timer_list {
	struct hlist_node entry;		/* in the machine's list while it is pending */
	unsigned long expires;
	void (*function)(struct timer_list *timer);	/* NULL: it was shut down */
	u32 flags;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct timer_list) == 40, "timer_list");
#endif

/* Interrupts are off while its function runs. */
#define TIMER_IRQSAFE 0x00200000u
/* Of no consequence here. */
#define TIMER_DEFERRABLE 0x00080000u
#define TIMER_PINNED 0x00100000u

#define __TIMER_INITIALIZER(fn, with) { .function = (fn), .flags = (with) }
#define DEFINE_TIMER(name, fn) struct timer_list name = __TIMER_INITIALIZER(fn, 0)

struct lock_class_key;

void timer_init_key(struct timer_list *timer, void (*function)(struct timer_list *timer), unsigned int flags, const char *name,
		    struct lock_class_key *key);

#define timer_setup(timer, function, flags) timer_init_key((timer), (function), (flags), NULL, NULL)

#define timer_setup_on_stack(timer, function, flags) timer_setup(timer, function, flags)
#define timer_destroy_on_stack(timer) ((void)(timer))
#define destroy_timer_on_stack(timer) timer_destroy_on_stack(timer)

static inline int timer_pending(const struct timer_list *timer)
{
	return !hlist_unhashed_lockless(&timer->entry);
}

/* Arms it for that time; returns whether it was pending. */
int mod_timer(struct timer_list *timer, unsigned long expires);
/* Only one that is pending. */
int mod_timer_pending(struct timer_list *timer, unsigned long expires);
/* ... or that would fire later. */
int timer_reduce(struct timer_list *timer, unsigned long expires);
/* One that is not pending, for timer->expires. */
void add_timer(struct timer_list *timer);
/* Each returns whether it was pending. Its function may be running still, */
int timer_delete(struct timer_list *timer);
/* ... is not running when this returns; -1 where it is, and nothing was done, */
int timer_delete_sync_try(struct timer_list *timer);
/* ... is not running and not pending when this returns, whoever arms it meanwhile, */
int timer_delete_sync(struct timer_list *timer);
/* ... and it cannot be armed any more. */
int timer_shutdown(struct timer_list *timer);
int timer_shutdown_sync(struct timer_list *timer);

#define try_to_del_timer_sync(timer) timer_delete_sync_try(timer)
#define del_timer(timer) timer_delete(timer)
#define del_timer_sync(timer) timer_delete_sync(timer)
#define add_timer_on(timer, cpu) ((void)(cpu), add_timer(timer))

/* The object that a timer is in. */
#define timer_container_of(variable, timer, member) container_of(timer, __typeof__(*variable), member)
#define from_timer(variable, timer, member) timer_container_of(variable, timer, member)

#endif
