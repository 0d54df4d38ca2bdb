// SPDX-License-Identifier: GPL-2.0-only
/* What the running code was entered by, and what it keeps off its CPU meanwhile. */
#include <linux/irqflags.h>
#include <linux/bottom_half.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include <linux/bug.h>

#include "kernel/cpu.h"
#include "kernel/stub.h"

#define WERE_OFF 1ul

unsigned long arch_local_irq_save(void)
{
	if (stub_irqs_are_off())
		return WERE_OFF;
	stub_irqs_off();
	return 0;
}

void arch_local_irq_disable(void)
{
	arch_local_irq_save();
}

/* What is an interrupt itself runs to its end all the same. */
void arch_local_irq_enable(void)
{
	while (current_task->irqs_off > (current_task->at == STUB_IRQ))
		stub_irqs_on();
	stub_interruptible();
}

void arch_local_irq_restore(unsigned long flags)
{
	if (flags & WERE_OFF)
		arch_local_irq_disable();
	else
		arch_local_irq_enable();
}

/* A handler is entered with them off. */
bool arch_irqs_disabled(void)
{
	return stub_irqs_are_off() || in_hardirq();
}

void local_bh_disable(void)
{
	stub_bh_off();
}

void local_bh_enable(void)
{
	/* Softirqs that have come meanwhile run in here, with interrupts on. */
	WARN_ON(irqs_disabled());
	if (!WARN_ON(!stub_bh_is_off()))
		stub_bh_on();
	stub_interruptible();
}

bool __stub_bh_disabled(void)
{
	return stub_bh_is_off();
}

/* Processes that share a CPU are not kept apart, so that this is only counted. */
void preempt_disable(void)
{
	current_task->preempt_off++;
}

void preempt_enable(void)
{
	if (!WARN_ON(!current_task->preempt_off))
		current_task->preempt_off--;
	stub_interruptible();
}

bool in_hardirq(void)
{
	return current_task->context == STUB_IRQ;
}

bool in_serving_softirq(void)
{
	return current_task->context == STUB_SOFTIRQ;
}

bool in_softirq(void)
{
	return in_serving_softirq() || stub_bh_is_off();
}

bool in_atomic(void)
{
	return current_task->preempt_off || in_hardirq() || in_softirq();
}

unsigned int raw_smp_processor_id(void)
{
	return stub_cpu_number();
}
