// SPDX-License-Identifier: GPL-2.0-only
/*
 * How tasks sleep and wake each other. Each task has a word, in its lane of the machine: while ASLEEP is set there the
 * task is to sleep, in the state that the lowest bits say, so that to sleep is an acquire of that bit, and to wake the
 * task a release.
 */
#include <linux/sched.h>

#include <linux/timer.h>
#include <linux/wait.h>

#include "kernel/compat.h"
#include "kernel/cpu.h"

#define ASLEEP 0x4000u
/* Takes ASLEEP away whatever the state is, and again if two come at once. */
#define WAKE 4u
#define AWAKE 0x3000u

/* What drivers know a task by: made when one asks for it, and of the machine as what they keep it in. */
struct stub_known_task {
	struct task_struct task;
	struct stub_lane *lane;
};

static struct stub_lane *lane_of(struct task_struct *task)
{
	return container_of(task, struct stub_known_task, task)->lane;
}

static struct task_struct *know(struct stub_lane *lane)
{
	struct stub_known_task *known = stub_keep(sizeof(*known));

	if (!known)
		__builtin_trap();
	__builtin_memcpy(known->task.comm, current_task->comm, sizeof(known->task.comm));
	known->lane = lane;
	lane->known = &known->task;
	return lane->known;
}

struct task_struct *get_current(void)
{
	struct stub_lane *lane = stub_lane();

	return likely(lane->known) ? lane->known : know(lane);
}

void stub_set_current_state(unsigned int state)
{
	__atomic_store_n(&stub_lane()->sleeps, state ? ASLEEP | (state & TASK_NORMAL) : AWAKE, __ATOMIC_SEQ_CST);
}

void schedule(void)
{
	u32 *word = &stub_lane()->sleeps;

	stub_might_sleep(word);
	stub_wait(word, ASLEEP, 0);
}

/* One that sleeps again in between is woken from that: who woke it may as well have been later. */
int wake_up_state(struct task_struct *task, unsigned int states)
{
	u32 *word = &lane_of(task)->sleeps;
	u32 seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);

	if (!(seen & ASLEEP) || !(seen & states))
		return 0;
	stub_release(word, WAKE);
	return 1;
}

int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL);
}

/* ---- for some time ---- */

struct wake_alarm {
	struct timer_list timer;
	struct task_struct *task;
};

static void ring(struct timer_list *timer)
{
	struct wake_alarm *alarm = timer_container_of(alarm, timer, timer);

	wake_up_process(alarm->task);
}

long schedule_timeout(long timeout)
{
	struct wake_alarm alarm = { .task = current };
	unsigned long end = jiffies + (unsigned long)timeout;
	long left;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	timer_setup_on_stack(&alarm.timer, ring, 0);
	mod_timer(&alarm.timer, end);
	schedule();
	timer_delete_sync(&alarm.timer);
	timer_destroy_on_stack(&alarm.timer);
	set_current_state(TASK_RUNNING);

	left = (long)(end - jiffies);
	return left < 0 ? 0 : left;
}

long schedule_timeout_interruptible(long timeout)
{
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_uninterruptible(long timeout)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}
