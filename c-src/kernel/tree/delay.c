// SPDX-License-Identifier: GPL-2.0-only
/* Pauses: no time passes in one, and in a schedule anything may happen there as everywhere. */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include <linux/lockdep.h>
#include <linux/spinlock.h>

#include "kernel/lock.h"
#include "kernel/stub.h"

void __delay(unsigned long loops)
{
}

void __const_udelay(unsigned long loops)
{
}

void __udelay(unsigned long us)
{
}

void __ndelay(unsigned long ns)
{
}

void msleep(unsigned int ms)
{
	stub_might_sleep(NULL);
}

unsigned long msleep_interruptible(unsigned int ms)
{
	stub_might_sleep(NULL);
	return 0;
}

void usleep_range_state(unsigned long least, unsigned long most, unsigned int state)
{
	stub_might_sleep(NULL);
}

/* Of locks that spin, and of preempt_disable(). */
static u32 preempted_deep(const struct stub_task *task)
{
	u32 depth = task->preempt_off;

	for (u32 i = 0; i < task->nr_held; i++)
		depth += spins(task->held[i].how);
	return depth;
}

/* @depth: how deep the caller says that it is in what must not be interrupted, as it gives that up meanwhile. */
void __might_resched(const char *file, int line, unsigned int depth)
{
	const struct stub_task *task = current_task;

	if (!depth)
		stub_might_sleep(NULL);
	else if (task->context == STUB_IRQ || task->context == STUB_SOFTIRQ || task->irqs_off || task->bh_off ||
		 task->rcu_readers || preempted_deep(task) != depth)
		stub_violation(STUB_SLEEP_IN_ATOMIC, NULL);
}

/* Others have processors of their own: nobody has to make way. */
int __cond_resched(void)
{
	return 0;
}

int __cond_resched_lock(spinlock_t *lock)
{
	lockdep_assert_held(lock);
	return 0;
}
