/* SPDX-License-Identifier: GPL-2.0-only */
/* Softirqs of the running task's own CPU. What is disabled twice is enabled twice. */
#ifndef _LINUX_BOTTOM_HALF_H
#define _LINUX_BOTTOM_HALF_H

#include <linux/preempt.h>

void __local_bh_enable_ip(unsigned long ip, unsigned int count);

static inline void local_bh_disable(void)
{
	preempt_count_add(SOFTIRQ_DISABLE_OFFSET);
}

static inline void local_bh_enable(void)
{
	__local_bh_enable_ip(0, SOFTIRQ_DISABLE_OFFSET);
}

#endif
