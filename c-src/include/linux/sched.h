/* SPDX-License-Identifier: GPL-2.0-only */
/* The running task, and how it sleeps until somebody wakes it. */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#define TASK_COMM_LEN 16

/* A kernel's has much more. */
struct task_struct {
	char comm[TASK_COMM_LEN];
};

#define TASK_RUNNING 0u
#define TASK_INTERRUPTIBLE 1u
#define TASK_UNINTERRUPTIBLE 2u
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define TASK_WAKEKILL 0x100u
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE TASK_UNINTERRUPTIBLE
#define TASK_FREEZABLE 0u

#define MAX_SCHEDULE_TIMEOUT ((long)(~0ul >> 1))

struct task_struct *get_current(void);
#define current get_current()

/* From here on a wake-up counts; the store is a full barrier. */
void stub_set_current_state(unsigned int state);
#define set_current_state(state) stub_set_current_state(state)
#define __set_current_state(state) stub_set_current_state(state)

/* Returns at once where the task was woken since it set its state, or is running. */
void schedule(void);
/* The same, at most so long; returns what is left of the time. */
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_uninterruptible(long timeout);

/* Only where it sleeps in one of these states; returns whether it did. */
int wake_up_state(struct task_struct *task, unsigned int states);
int wake_up_process(struct task_struct *task);

#define io_schedule() schedule()
#define io_schedule_timeout(timeout) schedule_timeout(timeout)

static inline int cond_resched(void)
{
	might_sleep();
	return 0;
}

#define signal_pending(task) ((void)(task), 0)
#define fatal_signal_pending(task) ((void)(task), 0)

#endif
