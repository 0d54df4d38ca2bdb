// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator's side of the module. Its threads are logical ones: each has its current_task, a stack and a
 * state here, and all that the lab itself writes for one of them lies there.
 */
#include "lab/lab.h"

u32 lab_states;
struct lab_succeeded lab_succeeded;

/*
 * What calls these was put into the code after it was compiled, and the simulator's own functions then stand
 * in their place.
 */
void LAB_EXPORT(sim_access)(u32 address, u32 bytes, u32 what)
{
	(void)address, (void)bytes, (void)what;
	__builtin_trap();
}

void LAB_EXPORT(sim_cas)(u32 address, u32 bytes, u32 what, u64 expected, u64 replacement)
{
	(void)address, (void)bytes, (void)what, (void)expected, (void)replacement;
	__builtin_trap();
}

void LAB_EXPORT(sim_copy)(u32 to, u32 from, u32 bytes, u32 what)
{
	(void)to, (void)from, (void)bytes, (void)what;
	__builtin_trap();
}

void LAB_EXPORT(sim_loop)(u32 what)
{
	(void)what;
	__builtin_trap();
}

void LAB_EXPORT(sim_frame)(u32 frame, u32 bytes, u32 what)
{
	(void)frame, (void)bytes, (void)what;
	__builtin_trap();
}

struct lab_simulated *lab_state(u32 actor)
{
	return (struct lab_simulated *)(uintptr_t)lab_states + actor;
}

void lab_run_actor(u32 index)
{
	const struct lab_actor *actor = &lab_scenario.actor[index];
	struct lab_simulated *state = lab_state(index);

	*state = (struct lab_simulated){ 0 };
	__builtin_memcpy(state->task.comm, actor->name, sizeof(state->task.comm));
	state->task.lane = index + 1;
	state->task.number = actor->number;
	current_task = &state->task;
	state->task.arena = lab_instance(0);
	stub_cpu_enter(actor->cpu, actor->context);
	for (u32 s = 0; s < actor->steps; s++) {
		state->step = s;
		state->returned[s] = lab_run_step(lab_instance(0), &actor->step[s]);
		state->errors[s] = lab_is_error(state->returned[s]);
	}
	stub_cpu_leave();
	state->step = actor->steps;
}

/* A logical thread: all steps of an actor, on the first instance. */
void LAB_EXPORT(sim_actor)(u32 actor)
{
	lab_run_actor(actor);
}

/* When all are done: what the scenario observes, an s64 a name. */
void LAB_EXPORT(sim_observe)(u32 values)
{
	for (u32 a = 0; a < lab_scenario.actors; a++)
		for (u32 s = 0; s < lab_scenario.actor[a].steps; s++)
			lab_succeeded.steps[a] |= (u32)!lab_state(a)->errors[s] << s;
	lab_observe(lab_instance(0), lab_state(0)->returned, sizeof(struct lab_simulated) / sizeof(s64),
		    (s64 *)(uintptr_t)values);
}
