// SPDX-License-Identifier: GPL-2.0-only
/* The task that is running, and what it holds. */
#include "kernel/stub.h"

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
