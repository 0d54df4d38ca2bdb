/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processors. Most tasks have one of their own and share nothing. Tasks of a scenario that name the same processor take
 * turns on it as a kernel has it: an interrupt begins between two accesses of the task that it interrupts and runs to its end,
 * and so does a softirq, but for interrupts.
 *
 * So an interrupt is a writer, and whom it can interrupt are readers of one word, who give it up for a moment wherever an
 * interrupt may come (stub_window), and keep it while interrupts are off.
 */
#ifndef LOSTBIT_KERNEL_CPU_H
#define LOSTBIT_KERNEL_CPU_H

#include <linux/cpumask.h>
#include "kernel/stub.h"

struct stub_cpu {
	u32 hard;		/* words: an interrupt runs, or others that it can interrupt do; */
	u32 soft;		/* ... the same of softirqs */
};

/* The running task takes its place on a processor (1 + its number; 0: on one of its own), and leaves it. */
void stub_cpu_enter(u32 cpu, enum stub_context context);
void stub_cpu_leave(void);

/* The number of the running task's processor. No other task has it, unless both have named it. */
u32 stub_cpu_number(void);

/* Where an interrupt may come: code calls it before each access, where there is one that could. */
void stub_window(void);

/*
 * As stub_acquire(), for a driver's lock or wait: meanwhile others may run on the task's processor, unless interrupts are off,
 * or softirqs: a task that spins then keeps them out.
 */
void stub_wait(u32 *word, u32 busy, u32 claim);

/* Of the running task, nested. */
void stub_irqs_off(void);
void stub_irqs_on(void);
bool stub_irqs_are_off(void);
void stub_bh_off(void);
void stub_bh_on(void);
bool stub_bh_is_off(void);

#endif
