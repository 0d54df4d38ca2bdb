/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running code was entered by, and whether it may be taken off its CPU. */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/types.h>

/* What the running code is in: so many sections with preemption off, softirqs (a section with them off counts as two), interrupts. */
#define PREEMPT_OFFSET (1u << 0)
#define SOFTIRQ_OFFSET (1u << 8)
#define HARDIRQ_OFFSET (1u << 16)
#define PREEMPT_MASK 0x000000ffu
#define SOFTIRQ_MASK 0x0000ff00u
#define HARDIRQ_MASK 0x000f0000u
#define SOFTIRQ_DISABLE_OFFSET (2 * SOFTIRQ_OFFSET)

int stub_preempt_count(void);
void stub_preempt_count_add(int by);
void stub_preempt_count_sub(int by);

#define preempt_count() stub_preempt_count()
#define preempt_count_add(by) stub_preempt_count_add(by)
#define preempt_count_sub(by) stub_preempt_count_sub(by)

static inline void preempt_disable(void)
{
	preempt_count_add(PREEMPT_OFFSET);
}

static inline void preempt_enable(void)
{
	preempt_count_sub(PREEMPT_OFFSET);
}

#define hardirq_count() ((unsigned int)preempt_count() & HARDIRQ_MASK)
#define softirq_count() ((unsigned int)preempt_count() & SOFTIRQ_MASK)

/* A handler of an interrupt runs. */
#define in_hardirq() (hardirq_count() != 0)
/* A softirq runs. */
#define in_serving_softirq() ((softirq_count() & SOFTIRQ_OFFSET) != 0)
/* That, or softirqs are disabled. */
#define in_softirq() (softirq_count() != 0)
/* Preemption is off, as in all of these; that of spinlocks is not seen. */
#define in_atomic() (preempt_count() != 0)

#define in_irq() in_hardirq()
#define in_nmi() false
#define in_task() (!in_hardirq() && !in_serving_softirq())
#define in_interrupt() (in_hardirq() || in_softirq())
#define preemptible() (!in_atomic() && !irqs_disabled())

#define preempt_disable_notrace() preempt_disable()
#define preempt_enable_notrace() preempt_enable()
#define preempt_enable_no_resched() preempt_enable()

DEFINE_LOCK_GUARD_0(preempt, preempt_disable(), preempt_enable())

#endif
