// SPDX-License-Identifier: GPL-2.0-only
/* Who runs on a processor that tasks share. */
#include "kernel/cpu.h"

#define READER 1u
#define WRITER STUB_EXCLUSIVE

static struct stub_cpu *cpu_of(const struct stub_task *task)
{
	return task->cpu ? &task->arena->cpus[task->cpu - 1] : NULL;
}

static void share(u32 *word)
{
	stub_acquire(word, WRITER, READER);
}

static void take(u32 *word)
{
	stub_acquire(word, STUB_STATE, WRITER);
}

/* Whom a softirq can interrupt. */
static bool is_process(const struct stub_task *task)
{
	return task->at != STUB_IRQ && task->at != STUB_SOFTIRQ;
}

/* A softirq that is about to begin, or goes on, can be interrupted before that. @softirqs: they may have come meanwhile. */
static void run(const struct stub_task *task, struct stub_cpu *cpu, bool softirqs)
{
	if (softirqs)
		share(&cpu->soft);
	if (task->at == STUB_IRQ)
		take(&cpu->hard);
	else
		share(&cpu->hard);
}

static void pause(const struct stub_task *task, struct stub_cpu *cpu, bool softirqs)
{
	stub_release(&cpu->hard, task->at == STUB_IRQ ? WRITER : READER);
	if (softirqs)
		stub_release(&cpu->soft, READER);
}

void stub_cpu_enter(u32 cpu, enum stub_context context)
{
	struct stub_task *task = current_task;

	task->cpu = cpu;
	task->at = context;
	task->context = context;
	task->irqs_off = context == STUB_IRQ;
	task->bh_off = 0;
	task->preempt_off = 0;
	if (!cpu)
		return;
	if (context == STUB_SOFTIRQ)
		take(&cpu_of(task)->soft);
	run(task, cpu_of(task), is_process(task));
}

void stub_cpu_leave(void)
{
	struct stub_task *task = current_task;
	struct stub_cpu *cpu = cpu_of(task);

	if (!cpu)
		return;
	pause(task, cpu, is_process(task));
	if (task->at == STUB_SOFTIRQ)
		stub_release(&cpu->soft, WRITER);
	task->cpu = 0;
}

__attribute__((export_name("stub_window"), used)) void stub_window(void)
{
	const struct stub_task *task = current_task;
	struct stub_cpu *cpu = cpu_of(task);

	if (!cpu || task->irqs_off)
		return;
	stub_release(&cpu->hard, READER);
	if (is_process(task) && !task->bh_off) {
		stub_release(&cpu->soft, READER);
		stub_make_way(&cpu->soft);
		share(&cpu->soft);
	}
	stub_make_way(&cpu->hard);
	share(&cpu->hard);
}

void stub_wait(u32 *word, u32 busy, u32 claim)
{
	const struct stub_task *task = current_task;
	struct stub_cpu *cpu = cpu_of(task);
	bool softirqs = is_process(task) && !task->bh_off;

	if (!cpu || task->irqs_off) {
		stub_acquire(word, busy, claim);
		return;
	}
	pause(task, cpu, softirqs);
	stub_acquire(word, busy, claim);
	run(task, cpu, softirqs);
}

u32 stub_cpu_number(void)
{
	const struct stub_task *task = current_task;

	if (task->cpu)
		return task->cpu - 1;
	if (likely(task->number < NR_CPUS))
		return task->number;
	stub_violation(STUB_OUT_OF_CPUS, NULL);
	return 0;
}

void stub_irqs_off(void)
{
	current_task->irqs_off++;
}

void stub_irqs_on(void)
{
	current_task->irqs_off--;
}

bool stub_irqs_are_off(void)
{
	return current_task->irqs_off != 0;
}

void stub_bh_off(void)
{
	current_task->bh_off++;
}

void stub_bh_on(void)
{
	current_task->bh_off--;
}

bool stub_bh_is_off(void)
{
	return current_task->bh_off != 0;
}
