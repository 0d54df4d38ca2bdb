/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running code was entered by, and whether it may be taken off its CPU. */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/types.h>

void preempt_disable(void);
void preempt_enable(void);

/* A handler of an interrupt runs. */
bool in_hardirq(void);
/* A softirq runs. */
bool in_serving_softirq(void);
/* That, or softirqs are disabled. */
bool in_softirq(void);
/* Preemption is off, as in all of these; that of spinlocks is not seen. */
bool in_atomic(void);

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
