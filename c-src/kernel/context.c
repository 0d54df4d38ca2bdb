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
	return stub_irqs_are_off() || current_task->context == STUB_IRQ;
}

int stub_preempt_count(void)
{
	const struct stub_task *task = current_task;
	u32 count = task->preempt_off + task->bh_off * SOFTIRQ_DISABLE_OFFSET;

	if (task->context == STUB_IRQ)
		count += HARDIRQ_OFFSET;
	else if (task->context == STUB_SOFTIRQ)
		count += SOFTIRQ_OFFSET;
	return (int)count;
}

/* Processes that share a CPU are not kept apart, so that this is only counted. */
void stub_preempt_count_add(int by)
{
	if (by == SOFTIRQ_DISABLE_OFFSET)
		stub_bh_off();
	else
		current_task->preempt_off += (u32)by;
}

void stub_preempt_count_sub(int by)
{
	if (!WARN_ON(current_task->preempt_off < (u32)by))
		current_task->preempt_off -= (u32)by;
	stub_interruptible();
}

void __local_bh_enable_ip(unsigned long ip, unsigned int count)
{
	(void)ip, (void)count;
	/* Softirqs that have come meanwhile run in here, with interrupts on. */
	WARN_ON(arch_irqs_disabled());
	if (!WARN_ON(!stub_bh_is_off()))
		stub_bh_on();
	stub_interruptible();
}

unsigned int stub_raw_smp_processor_id(void)
{
	return stub_cpu_number();
}
