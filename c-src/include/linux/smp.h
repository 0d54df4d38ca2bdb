/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU the running task is on. */
#ifndef _LINUX_SMP_H
#define _LINUX_SMP_H

#include <linux/cpumask.h>
#include <linux/preempt.h>

unsigned int stub_raw_smp_processor_id(void);

#define raw_smp_processor_id() stub_raw_smp_processor_id()

#define smp_processor_id() raw_smp_processor_id()

/* Stays on it until put_cpu(). */
static inline unsigned int get_cpu(void)
{
	preempt_disable();
	return raw_smp_processor_id();
}

#define put_cpu() preempt_enable()

#endif
