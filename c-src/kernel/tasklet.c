// SPDX-License-Identifier: GPL-2.0-only
/* Tasklets: those that are scheduled are in one list of the machine, in the order in which they were. */
#include <linux/interrupt.h>

#include <linux/bitops.h>
#include <linux/spinlock.h>

#include "kernel/cpu.h"

/* Of the state, whose first 32 bits are a word as a lock's. */
#define SCHEDULED TASKLET_STATE_SCHED
#define RUNNING BIT(TASKLET_STATE_RUN)

static __machine struct {
	spinlock_t lock;
	struct tasklet_struct *first;
} scheduled;

static u32 *word_of(struct tasklet_struct *tasklet)
{
	return (u32 *)&tasklet->state;
}

void tasklet_setup(struct tasklet_struct *tasklet, void (*callback)(struct tasklet_struct *tasklet))
{
	*tasklet = (struct tasklet_struct){ .use_callback = true, .callback = callback };
}

void tasklet_init(struct tasklet_struct *tasklet, void (*func)(unsigned long data), unsigned long data)
{
	*tasklet = (struct tasklet_struct){ .func = func, .data = data };
}

/* One that was not scheduled before. */
void __tasklet_schedule(struct tasklet_struct *tasklet)
{
	struct tasklet_struct **link;
	unsigned long flags;

	spin_lock_irqsave(&scheduled.lock, flags);
	for (link = &scheduled.first; *link; link = &(*link)->next)
		;
	tasklet->next = NULL;
	*link = tasklet;
	spin_unlock_irqrestore(&scheduled.lock, flags);
}

void __tasklet_hi_schedule(struct tasklet_struct *tasklet)
{
	__tasklet_schedule(tasklet);
}

/* Says that it runs before it looks, as who disables it looks after saying so: one of them sees the other. */
static bool begin(struct tasklet_struct *tasklet)
{
	if (!stub_try_acquire(word_of(tasklet), RUNNING, RUNNING))
		return false;
	if (!atomic_read(&tasklet->count))
		return true;
	stub_release(word_of(tasklet), RUNNING);
	return false;
}

/* Takes one out of the list: the first that is enabled and does not run, or this one; NULL where there is none. */
static struct tasklet_struct *take(const struct tasklet_struct *only)
{
	struct tasklet_struct **link, *taken;
	unsigned long flags;

	spin_lock_irqsave(&scheduled.lock, flags);
	for (link = &scheduled.first; *link; link = &(*link)->next)
		if ((!only || *link == only) && begin(*link))
			break;
	taken = *link;
	if (taken)
		*link = taken->next;
	spin_unlock_irqrestore(&scheduled.lock, flags);
	return taken;
}

static void run(struct tasklet_struct *tasklet)
{
	enum stub_context context = current_task->context;

	/* From here on it may be scheduled again, also by itself. */
	clear_bit(SCHEDULED, &tasklet->state);
	current_task->context = STUB_SOFTIRQ;
	if (tasklet->use_callback)
		tasklet->callback(tasklet);
	else
		tasklet->func(tasklet->data);
	current_task->context = context;
	stub_release(word_of(tasklet), RUNNING);
}

bool stub_tasklet(void)
{
	struct tasklet_struct *tasklet = take(NULL);

	if (tasklet)
		run(tasklet);
	return tasklet;
}

bool stub_tasklet_is_due(void)
{
	const struct tasklet_struct *tasklet = scheduled.first;

	for (u32 left = STUB_DUE_MAX; tasklet && left; tasklet = tasklet->next, left--)
		if (!(tasklet->state & RUNNING) && !atomic_read(&tasklet->count))
			return true;
	return false;
}

void tasklet_unlock_spin_wait(struct tasklet_struct *tasklet)
{
	stub_wait(word_of(tasklet), RUNNING, 0);
}

void tasklet_unlock_wait(struct tasklet_struct *tasklet)
{
	stub_might_sleep(tasklet);
	stub_wait(word_of(tasklet), RUNNING, 0);
}

void tasklet_kill(struct tasklet_struct *tasklet)
{
	stub_might_sleep(tasklet);
	while (test_bit(SCHEDULED, &tasklet->state)) {
		struct tasklet_struct *own = take(tasklet);

		if (own)
			run(own);
		else
			stub_wait(word_of(tasklet), RUNNING | BIT(SCHEDULED), 0);
	}
	tasklet_unlock_wait(tasklet);
}
