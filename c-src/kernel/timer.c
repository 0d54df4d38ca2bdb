// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and the machine's time. All that are pending are in one list, the earliest first. Timers fire on several CPUs
 * at the same time, but none twice, and none goes ahead of one that is due before it.
 */
#include <linux/jiffies.h>
#include <linux/timer.h>

#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/spinlock.h>

#include "kernel/compat.h"
#include "kernel/cpu.h"
#include "kernel/stub.h"

#define RUNNING 1u

static __machine struct {
	spinlock_t lock;
	struct hlist_head pending;
	struct firing {
		u32 busy;			/* word */
		const struct timer_list *timer;	/* its memory may be gone before its function returns */
	} cpu[NR_CPUS];
} timers;

/* As the header has it: volatile, or atomic. */
__machine __typeof__(jiffies) jiffies;

u64 get_jiffies_64(void)
{
	return jiffies;
}

/* ---- with the lock held ---- */

static bool detach(struct timer_list *timer)
{
	bool was_pending = timer_pending(timer);

	hlist_del_init(&timer->entry);
	return was_pending;
}

static void arm(struct timer_list *timer, unsigned long expires)
{
	struct hlist_node *before = NULL, *next = timers.pending.first;

	WRITE_ONCE(timer->expires, expires);
	while (next && time_after_eq(expires, hlist_entry(next, struct timer_list, entry)->expires)) {
		before = next;
		next = next->next;
	}
	if (before)
		hlist_add_behind(&timer->entry, before);
	else
		hlist_add_head(&timer->entry, &timers.pending);
}

static struct firing *firing_of(const struct timer_list *timer)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		if (timers.cpu[cpu].timer == timer)
			return &timers.cpu[cpu];
	return NULL;
}

/* ---- arming and deleting ---- */

void timer_init_key(struct timer_list *timer, void (*function)(struct timer_list *timer), unsigned int flags, const char *name,
		    struct lock_class_key *key)
{
	timer->entry.pprev = NULL;
	timer->function = function;
	timer->flags = flags;
}

enum when { ALWAYS, IF_PENDING, IF_EARLIER };

static int modify(struct timer_list *timer, unsigned long expires, enum when when)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&timers.lock, flags);
	was_pending = timer_pending(timer);
	if ((was_pending || when != IF_PENDING) && timer->function &&
	    !(when == IF_EARLIER && was_pending && time_before_eq(timer->expires, expires))) {
		detach(timer);
		arm(timer, expires);
	}
	spin_unlock_irqrestore(&timers.lock, flags);
	return was_pending;
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	return modify(timer, expires, ALWAYS);
}

int mod_timer_pending(struct timer_list *timer, unsigned long expires)
{
	return modify(timer, expires, IF_PENDING);
}

int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	return modify(timer, expires, IF_EARLIER);
}

void add_timer(struct timer_list *timer)
{
	if (!WARN_ON(timer_pending(timer)))
		mod_timer(timer, timer->expires);
}

static int delete(struct timer_list *timer, bool for_good)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&timers.lock, flags);
	was_pending = detach(timer);
	if (for_good)
		timer->function = NULL;
	spin_unlock_irqrestore(&timers.lock, flags);
	return was_pending;
}

int timer_delete(struct timer_list *timer)
{
	return delete(timer, false);
}

int timer_shutdown(struct timer_list *timer)
{
	return delete(timer, true);
}

/* -1, and in @firing where, while its function runs. */
static int try_to_delete(struct timer_list *timer, bool for_good, struct firing **firing)
{
	unsigned long flags;
	int ret = -1;

	spin_lock_irqsave(&timers.lock, flags);
	*firing = firing_of(timer);
	if (!*firing)
		ret = detach(timer);
	if (for_good)
		timer->function = NULL;
	spin_unlock_irqrestore(&timers.lock, flags);
	return ret;
}

int timer_delete_sync_try(struct timer_list *timer)
{
	struct firing *firing;

	return try_to_delete(timer, false, &firing);
}

/* Spins in a kernel, so that atomic context is fine; but its own function would wait for itself. */
static int delete_sync(struct timer_list *timer, bool for_good)
{
	struct firing *firing;
	int ret;

	/* It may be the one that runs on the CPU that the interrupt came to. */
	WARN_ON(in_hardirq() && !(timer->flags & TIMER_IRQSAFE));
	while (ret = try_to_delete(timer, for_good, &firing), ret < 0)
		stub_wait(&firing->busy, RUNNING, 0);
	return ret;
}

int timer_delete_sync(struct timer_list *timer)
{
	return delete_sync(timer, false);
}

int timer_shutdown_sync(struct timer_list *timer)
{
	return delete_sync(timer, true);
}

void stub_timer_wait(const struct timer_list *timer)
{
	struct firing *firing;
	unsigned long flags;

	spin_lock_irqsave(&timers.lock, flags);
	firing = firing_of(timer);
	spin_unlock_irqrestore(&timers.lock, flags);
	if (firing)
		stub_wait(&firing->busy, RUNNING, 0);
}

/* ---- firing ---- */

/*
 * With the lock held: the earliest one that does not run on another CPU. One that armed itself while it was being shut
 * down is still there until who does that comes to take it out.
 */
static struct timer_list *earliest(void)
{
	struct timer_list *timer;

	hlist_for_each_entry(timer, &timers.pending, entry)
		if (timer->function && !firing_of(timer))
			return timer;
	return NULL;
}

bool stub_timer_is_due(void)
{
	return earliest();
}

/* Interrupts stay off where the timer is to be over for them once it is not pending. */
static void call(struct timer_list *timer, void (*function)(struct timer_list *timer), bool irqs_off,
		 unsigned long flags)
{
	enum stub_context context = current_task->context;

	current_task->context = STUB_SOFTIRQ;
	if (!irqs_off)
		local_irq_restore(flags);
	function(timer);
	if (irqs_off)
		local_irq_restore(flags);
	current_task->context = context;
}

bool stub_timer_fire(void)
{
	struct firing *firing = &timers.cpu[stub_cpu_number()];
	void (*function)(struct timer_list *timer);
	struct timer_list *timer;
	unsigned long flags;
	bool irqs_off;

	/* One at a time on a CPU. */
	stub_wait(&firing->busy, RUNNING, RUNNING);
	local_irq_save(flags);
	spin_lock(&timers.lock);
	timer = earliest();
	if (timer) {
		detach(timer);
		if (time_after(timer->expires, jiffies))
			jiffies = timer->expires;
		firing->timer = timer;
		function = timer->function;
		irqs_off = timer->flags & TIMER_IRQSAFE;
	}
	spin_unlock(&timers.lock);

	if (timer) {
		call(timer, function, irqs_off, flags);
		spin_lock_irqsave(&timers.lock, flags);
		firing->timer = NULL;
		spin_unlock_irqrestore(&timers.lock, flags);
	} else {
		local_irq_restore(flags);
	}
	stub_release(&firing->busy, RUNNING);
	return timer;
}
