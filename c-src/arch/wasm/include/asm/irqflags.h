/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts of the running task's own CPU, by functions of the stub kernel. */
#ifndef _ASM_IRQFLAGS_H
#define _ASM_IRQFLAGS_H

#include <linux/types.h>

/* Bit 0 of flags: interrupts were off. */
unsigned long arch_local_irq_save(void);
void arch_local_irq_restore(unsigned long flags);
void arch_local_irq_disable(void);
void arch_local_irq_enable(void);
bool arch_irqs_disabled(void);

static inline unsigned long arch_local_save_flags(void)
{
	return arch_irqs_disabled();
}

static inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return flags & 1;
}

#endif
