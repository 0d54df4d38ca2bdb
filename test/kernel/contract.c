// SPDX-License-Identifier: GPL-2.0-only
/* Runs tests of the kernel's contracts: one after the other in one task, or as the actors of a race. */
#include "contract.h"

#define EXPORT(name) __attribute__((export_name(#name), used)) name
#define ACTORS 4

extern u8 __heap_base[];
/* What each machine has for itself: here there is one at a time, which uses the original. */
extern u8 __start_instance_data[], __stop_instance_data[];

u32 contract_race;

static _Alignas(64) u8 memory[512 * 1024];
static u8 initial[128 * 1024];
static bool began;
static struct stub_task only;

/* Behind the threads' areas, in memory that is private to threads. */
static struct stub_task *task_of(u32 actor)
{
	u32 areas = ((u32)(uintptr_t)__heap_base + 0xffff) & ~0xffffu;

	return (struct stub_task *)(uintptr_t)(areas + 64 * 80 * 1024) + actor;
}

/* A thread needs nothing before it runs something. */
void EXPORT(lab_enter)(u32 worker)
{
	(void)worker;
}

/* Address of the actors' tasks. */
u32 EXPORT(contract_tasks)(void)
{
	return (u32)(uintptr_t)task_of(0);
}

static void make_machine(u32 lanes)
{
	u32 own = (u32)(__stop_instance_data - __start_instance_data);

	if (began)
		__builtin_memcpy(__start_instance_data, initial, own);
	else if (own > sizeof(initial))
		__builtin_trap();
	else
		__builtin_memcpy(initial, __start_instance_data, own);
	began = true;
	only = (struct stub_task){ .comm = "test" };
	current_task = &only;
	stub_violations.count = 0;
	stub_faults_used = false;
	only.arena = stub_arena_init(memory, sizeof(memory), sizeof(struct stub_arena), 0);
	if (lanes)
		stub_add_lanes(only.arena, lanes);
}

/* There is one machine, and no test has variables that a module begins with. */
void stub_own_reset(u32 start, u32 bytes)
{
	(void)start, (void)bytes;
}

/* Alone: what would have to wait for another task traps. */
u32 EXPORT(contract_run)(u32 test)
{
	make_machine(0);
	stub_alone = 1;
	return contract_tests[test]();
}

u32 EXPORT(contract_blocked)(void)
{
	return current_task->blocked_on != NULL;
}

/* What a test has left held, or off. */
u32 EXPORT(contract_left)(void)
{
	return only.nr_held + only.irqs_off + only.bh_off + only.preempt_off + only.context;
}

void EXPORT(sim_setup)(void)
{
	make_machine(ACTORS);
	contract_races[contract_race].begin();
}

void EXPORT(sim_actor)(u32 actor)
{
	struct stub_task *task = task_of(actor);

	*task = (struct stub_task){ .arena = (struct stub_arena *)memory, .lane = actor + 1, .number = NR_CPUS - 1 - actor };
	task->comm[0] = (char)('a' + actor);
	current_task = task;
	contract_races[contract_race].actor(actor);
}

void EXPORT(sim_observe)(s64 *values)
{
	current_task = &only;
	contract_races[contract_race].observe(values);
}

/* ---- the simulator's own functions stand in for these ---- */

void EXPORT(sim_access)(u32 address, u32 bytes, u32 what)
{
	(void)address, (void)bytes, (void)what;
	__builtin_trap();
}

void EXPORT(sim_cas)(u32 address, u32 bytes, u32 what, u64 expected, u64 replacement)
{
	(void)address, (void)bytes, (void)what, (void)expected, (void)replacement;
	__builtin_trap();
}

void EXPORT(sim_copy)(u32 to, u32 from, u32 bytes, u32 what)
{
	(void)to, (void)from, (void)bytes, (void)what;
	__builtin_trap();
}

void EXPORT(sim_loop)(u32 what)
{
	(void)what;
	__builtin_trap();
}

void EXPORT(sim_frame)(u32 frame, u32 bytes, u32 what)
{
	(void)frame, (void)bytes, (void)what;
	__builtin_trap();
}
