// SPDX-License-Identifier: GPL-2.0-only
/*
 * From kernel/cpuset.c and include/linux/sched.h: flags that a task keeps for itself, and two
 * that its cpuset writes there. `struct task` stands for struct task_struct, as the kernel
 * beneath has one too.
 */
#include <linux/bitops.h>
#include <linux/mutex.h>
#include <linux/types.h>

#define PF_USED_MATH 0x00002000
#define PF_SPREAD_PAGE 0x01000000
#define PF_SPREAD_SLAB 0x02000000

struct task {
	unsigned int flags;
	unsigned long atomic_flags;
};

static struct mutex callback_mutex;
static struct task tsk = { .flags = PF_USED_MATH };

/* Someone writes 1 to the cpuset's memory_spread_page. */
void cpuset_update_task_spread_flag(struct task *tsk)
{
	mutex_lock(&callback_mutex);
	tsk->flags |= PF_SPREAD_PAGE;
	mutex_unlock(&callback_mutex);
}

/* The task itself starts over, by execve(2): it has not used the floating point unit. */
void clear_used_math(struct task *tsk)
{
	tsk->flags &= ~PF_USED_MATH;
}

bool task_spread_page(const struct task *tsk)
{
	return tsk->flags & PF_SPREAD_PAGE;
}

bool used_math(const struct task *tsk)
{
	return tsk->flags & PF_USED_MATH;
}
