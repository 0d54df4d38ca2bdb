// SPDX-License-Identifier: GPL-2.0-only
/* A machine that stands still: no task of it can go on. Is that for ever, or until what is due is done? */
#include "lab/lab.h"

#include "lab/due.h"

static const struct lab_due *due_at(u32 i)
{
	return (const struct lab_due *)(uintptr_t)lab_scenario.due[i];
}

/* A task of the machine that is not done, and the word that it waits for; NULL: it polls. */
struct waiter {
	const struct stub_task *task;
	const void *word;
};

static struct waiter waiters[LAB_ACTORS];
static u32 nr_waiters;

static void add_waiter(const struct stub_task *task, const void *word)
{
	if (nr_waiters < LAB_ACTORS)
		waiters[nr_waiters++] = (struct waiter){ task, word };
}

static bool holds(const struct stub_task *task, const void *lock)
{
	for (u32 i = 0; i < task->nr_held; i++)
		if (task->held[i].lock == lock)
			return true;
	return false;
}

static bool is_of_cpus(const struct stub_arena *arena, const void *word)
{
	u32 at = (u32)(uintptr_t)word, cpus = (u32)(uintptr_t)arena->cpus;

	return cpus && lab_is_within(at, cpus, NR_CPUS * sizeof(*arena->cpus));
}

/* Does it take @other to go on before @waiter can? A lock is given back by who holds it, and a processor by who is on it. */
static bool needs(const struct stub_arena *arena, const struct waiter *waiter, const struct waiter *other)
{
	const struct stub_task *task = waiter->task, *owner = other->task;
	const struct stub_cpu *cpu;

	if (!waiter->word)
		return false;
	if (!is_of_cpus(arena, waiter->word))
		return holds(owner, waiter->word);
	if (task->cpu != owner->cpu || is_of_cpus(arena, other->word))
		return false;
	cpu = &arena->cpus[task->cpu - 1];
	if (waiter->word == &cpu->hard)
		return owner->irqs_off && (owner->at == STUB_IRQ || task->at == STUB_IRQ);
	return owner->at == STUB_SOFTIRQ;
}

/* Do some wait for each other in a ring? Whatever else is done, they wait for ever. */
static bool is_ring(const struct stub_arena *arena)
{
	u64 left = nr_waiters ? ~0ull >> (LAB_ACTORS - nr_waiters) : 0, before;

	/* Who needs none of those that are left is in no ring. */
	do {
		before = left;
		for (u32 i = 0; i < nr_waiters; i++) {
			bool stays = false;

			for (u32 j = 0; j < nr_waiters; j++)
				stays |= (left >> j & 1) && needs(arena, &waiters[i], &waiters[j]);
			if (!stays)
				left &= ~(1ull << i);
		}
	} while (left != before);
	return left;
}

/* What is due, as a mask of lab_due_kind. */
static u32 what_is_due(void)
{
	u32 kinds = 0;

	for (u32 i = 0; i < lab_scenario.dues; i++)
		if (due_at(i)->is_due())
			kinds |= due_at(i)->kind;
	return kinds;
}

static u32 kind_of(const struct lab_step *step)
{
	for (u32 i = 0; i < lab_scenario.dues; i++)
		if (due_at(i)->step == step->fn)
			return due_at(i)->kind;
	return 0;
}

bool lab_is_look(const struct lab_step *step)
{
	return kind_of(step);
}

/*
 * An actor whose last steps came too early, one of these for what is due now, might as well have come to them later: they
 * have changed nothing, so that there is the same execution without them, in which they come now. On a processor of its
 * own; on one that it shares it keeps others away between its steps, unless it has not begun.
 */
static bool came_too_early(u32 index, u32 kinds)
{
	const struct lab_actor *actor = &lab_scenario.actor[index];
	const struct lab_simulated *state = lab_state(index);
	u32 s = actor->steps, early = 0;

	if (state->step < actor->steps)
		return false;
	while (s && kind_of(&actor->step[s - 1]) && !state->returned[s - 1])
		early |= kind_of(&actor->step[--s]);
	return (early & kinds) && (!s || !actor->cpu);
}

/* Of a machine that stands still: what is due, unless that changes nothing. */
static u32 unserved(const struct stub_arena *arena)
{
	return is_ring(arena) ? 0 : what_is_due();
}

/*
 * Of an execution in which no actor can go on: twice what is due, and one more if another execution is the same but for
 * steps that come later, and do that. @waits: of each actor, a u32, the word that it waits for; 0: it is done, 1: it polls.
 */
u32 LAB_EXPORT(sim_unserved)(u32 waits)
{
	const u32 *words = (const u32 *)(uintptr_t)waits;
	u32 kinds, early = 0;

	lab_reach(lab_instance(0));
	nr_waiters = 0;
	for (u32 a = 0; a < lab_scenario.actors; a++)
		if (words[a])
			add_waiter(&lab_state(a)->task, words[a] == 1 ? NULL : (const void *)(uintptr_t)words[a]);
	kinds = unserved(lab_instance(0));
	for (u32 a = 0; kinds && a < lab_scenario.actors; a++)
		early |= came_too_early(a, kinds);
	return kinds << 1 | early;
}

/* The same of a race's instance, where no thread in it goes on: what is due. Called on a thread that does not race. */
u32 LAB_EXPORT(lab_unserved)(u32 instance)
{
	struct stub_arena *arena = lab_instance(instance);

	lab_reach(arena);
	nr_waiters = 0;
	for (u32 i = 0; i < LAB_WORKERS; i++)
		if (lab_workers[i].running && lab_workers[i].instance == instance)
			add_waiter(&lab_workers[i].task, lab_workers[i].task.blocked_on);
	return unserved(arena);
}
