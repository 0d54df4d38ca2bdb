// SPDX-License-Identifier: GPL-2.0-only
/* The task that is running, what it holds, and whether it may sleep. */
#include "kernel/stub.h"

#include "kernel/lock.h"

_Thread_local struct task_struct *current_task;

void stub_hold(const void *lock, enum stub_hold how)
{
	struct task_struct *task = current_task;

	/* A list that is too short shows when the lock is given back. */
	if (task->nr_held < STUB_HELD_MAX)
		task->held[task->nr_held++] = (struct stub_held){ lock, how };
}

void stub_unhold(const void *lock, enum stub_hold how)
{
	struct task_struct *task = current_task;
	u32 i = task->nr_held;

	/* The last one taken is mostly the first one given back. */
	while (i--) {
		if (task->held[i].lock != lock || task->held[i].how != how)
			continue;
		task->nr_held--;
		for (; i < task->nr_held; i++)
			task->held[i] = task->held[i + 1];
		return;
	}
	stub_violation(STUB_LOCK_NOT_HELD, lock);
}

bool stub_is_held(const void *lock, enum stub_hold how)
{
	const struct task_struct *task = current_task;

	for (u32 i = 0; i < task->nr_held; i++)
		if (task->held[i].lock == lock && task->held[i].how == how)
			return true;
	return false;
}

bool stub_is_atomic(void)
{
	const struct task_struct *task = current_task;
	bool atomic = task->context == STUB_IRQ || task->context == STUB_SOFTIRQ || task->irqs_off ||
		      task->bh_off || task->preempt_off;

	for (u32 i = 0; i < task->nr_held; i++)
		atomic |= spins(task->held[i].how);
	return atomic;
}

void stub_might_sleep(const void *what)
{
	if (unlikely(stub_is_atomic()))
		stub_violation(STUB_SLEEP_IN_ATOMIC, what);
}

void __might_sleep(const char *file, int line)
{
	(void)file, (void)line;
	stub_might_sleep(current_task->arena);
}
