// SPDX-License-Identifier: GPL-2.0-only
/* The task that is running, what it holds, and whether it may sleep. */
#include "kernel/stub.h"

#include "kernel/cpu.h"
#include "kernel/lock.h"

_Thread_local struct stub_task *current_task;

void stub_hold(const void *lock, enum stub_hold how)
{
	struct stub_task *task = current_task;

	if (likely(task->nr_held < STUB_HELD_MAX)) {
		task->held[task->nr_held++] = (struct stub_held){ lock, how };
		return;
	}
	task->beyond++;
	stub_violation(STUB_TOO_MANY_LOCKS, lock);
}

void stub_unhold(const void *lock, enum stub_hold how)
{
	struct stub_task *task = current_task;
	u32 i = task->nr_held;

	/* The last one taken is mostly the first one given back. */
	while (i--) {
		if (task->held[i].lock != lock || task->held[i].how != how)
			continue;
		task->nr_held--;
		for (; i < task->nr_held; i++)
			task->held[i] = task->held[i + 1];
		return;
	}
	/* It may be one of those. */
	if (task->beyond)
		task->beyond--;
	else
		stub_violation(STUB_LOCK_NOT_HELD, lock);
}

bool stub_is_held(const void *lock, enum stub_hold how)
{
	const struct stub_task *task = current_task;

	for (u32 i = 0; i < task->nr_held; i++)
		if (task->held[i].lock == lock && task->held[i].how == how)
			return true;
	return false;
}

bool stub_is_atomic(void)
{
	const struct stub_task *task = current_task;
	bool atomic = task->context == STUB_IRQ || task->context == STUB_SOFTIRQ || task->irqs_off ||
		      task->bh_off || task->preempt_off || task->rcu_readers;

	for (u32 i = 0; i < task->nr_held; i++)
		atomic |= spins(task->held[i].how);
	return atomic;
}

void stub_might_sleep(const void *what)
{
	if (unlikely(stub_is_atomic()))
		stub_violation(STUB_SLEEP_IN_ATOMIC, what);
}

/* On its processor it comes between two of the task's accesses, or behind the interrupt that the task is. Mutexes are not its. */
static void run_as_softirq(void)
{
	struct stub_task *task = current_task;
	enum stub_context context = task->context, at = task->at;
	struct stub_held held[STUB_HELD_MAX];
	u32 cpu = task->cpu, nr_held = task->nr_held;
	void (*run)(void) = task->deferred;

	for (u32 i = 0; i < nr_held; i++)
		held[i] = task->held[i];
	task->nr_held = 0;
	task->deferred = NULL;

	stub_cpu_leave();
	stub_cpu_enter(cpu, STUB_SOFTIRQ);
	run();
	stub_cpu_leave();
	stub_cpu_enter(cpu, at);

	task->context = context;
	for (u32 i = 0; i < nr_held; i++)
		task->held[i] = held[i];
	task->nr_held = nr_held;
}

void stub_run_deferred(void)
{
	while (current_task->deferred && !stub_is_atomic())
		run_as_softirq();
}

void stub_defer(void (*run)(void))
{
	current_task->deferred = run;
	stub_run_deferred();
}

/*
 * A lock that spins is held with something off, mostly, which needs no words of its own. A lock itself stays as it is: others
 * wait for it.
 */
void stub_end_step(void)
{
	struct stub_task *task = current_task;
	bool spinning = false;

	for (u32 i = 0; i < task->nr_held; i++)
		spinning |= spins(task->held[i].how);
	if (task->nr_held)
		stub_violation(STUB_LOCK_LEFT_HELD, task->held[task->nr_held - 1].lock);
	task->nr_held = 0;
	task->beyond = 0;

	if (!spinning && task->irqs_off > (task->at == STUB_IRQ))
		stub_violation(STUB_LEAKED_ATOMIC, "interrupts");
	task->irqs_off = task->at == STUB_IRQ;
	if (!spinning && task->bh_off)
		stub_violation(STUB_LEAKED_ATOMIC, "softirqs");
	task->bh_off = 0;
	if (!spinning && task->preempt_off)
		stub_violation(STUB_LEAKED_ATOMIC, "preemption");
	task->preempt_off = 0;

	if (task->rcu_readers) {
		stub_violation(STUB_LEAKED_ATOMIC, "RCU");
		__atomic_fetch_sub(&stub_lane()->readers, task->rcu_readers, __ATOMIC_SEQ_CST);
	}
	task->rcu_readers = 0;

	while (task->deferred)
		run_as_softirq();
}

void __might_sleep(const char *file, int line)
{
	(void)file, (void)line;
	stub_might_sleep(NULL);
}
