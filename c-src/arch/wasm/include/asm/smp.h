/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_SMP_H
#define _ASM_SMP_H

struct cpumask;

unsigned int stub_raw_smp_processor_id(void);

#define raw_smp_processor_id() stub_raw_smp_processor_id()

void arch_send_call_function_single_ipi(int cpu);
void arch_send_call_function_ipi_mask(const struct cpumask *mask);
void arch_smp_send_reschedule(int cpu);

#endif
