// SPDX-License-Identifier: GPL-2.0-only
/* Instances of the machine: made, set up, saved, put back, observed. */
#include <linux/slab.h>

#include "lab/lab.h"

struct lab_scenario lab_scenario;
struct lab_instances lab_instances;
struct lab_worker lab_workers[LAB_WORKERS];
struct lab_one lab_one;

/* What a copy holds is a multiple of this; arenas start on such a boundary. */
#define LAB_LINE 64

static void *arena_start(u32 index)
{
	return (void *)(uintptr_t)(lab_instances.start + index * lab_instances.stride);
}

static void *snapshot_start(u32 index)
{
	return (void *)(uintptr_t)(lab_instances.snapshot + index * lab_instances.used);
}

struct lab_instance *lab_instance(u32 index)
{
	return ((struct stub_arena *)arena_start(index))->root;
}

/* Every thread of the lab calls this once, before anything else runs on it. */
void LAB_EXPORT(lab_enter)(u32 worker)
{
	current_task = &lab_workers[worker].task;
}

static struct lab_instance *create(u32 index)
{
	struct stub_arena *arena = stub_arena_init(arena_start(index), lab_instances.bytes);
	struct lab_instance *instance;

	current_task->arena = arena;
	instance = kzalloc(sizeof(*instance), GFP_KERNEL);
	instance->arena = arena;
	arena->root = instance;
	for (u32 i = 0; i < lab_scenario.devices; i++) {
		const struct lab_spec *spec = &lab_scenario.device[i];

		if (spec->kind == LAB_FLAGS)
			instance->device[i].flags = kzalloc(sizeof(struct lab_flags), GFP_KERNEL);
		else if (spec->kind == LAB_PCI)
			lab_plug(instance, i, spec);
	}
	arena->built = arena->first.next;
	return instance;
}

s64 lab_run_step(struct lab_instance *instance, const struct lab_step *step)
{
	struct task_struct *task = current_task;
	s64 ret;

	task->arena = instance->arena;
	ret = lab_ops[step->op](instance, step);
	if (__builtin_expect(task->nr_held, 0)) {
		stub_violation(STUB_LOCK_LEFT_HELD, task->held[task->nr_held - 1].lock);
		task->nr_held = 0;
	}
	return ret;
}

/* Makes all instances and runs the set-up on each. Returns 0, or -1 with setup_step and failed_with telling where and why. */
s32 LAB_EXPORT(lab_setup)(void)
{
	for (u32 i = 0; i < lab_instances.count; i++)
		create(i);

	for (u32 s = 0; s < lab_scenario.setup_steps; s++) {
		lab_instances.setup_step = s;
		for (u32 i = 0; i < lab_instances.count; i++) {
			s64 ret;

			lab_workers[0].instance = i;
			ret = lab_run_step(lab_instance(i), &lab_scenario.setup[s]);
			if (ret < 0) {
				lab_instances.failed_with = ret;
				return -1;
			}
		}
	}
	return 0;
}

/* Plugged functions are what allocates; bare flags do not, and take no more room than they need. */
static bool allocates(void)
{
	for (u32 i = 0; i < lab_scenario.devices; i++)
		if (lab_scenario.device[i].kind == LAB_PCI)
			return true;
	return false;
}

/* After the set-up: so many tasks will allocate from lanes of their own. */
void LAB_EXPORT(lab_lanes)(u32 lanes)
{
	for (u32 i = 0; allocates() && i < lab_instances.count; i++)
		stub_add_lanes(arena_start(i), lanes);
}

/* Runs the step in lab_one; what it returns lies there then. */
s32 LAB_EXPORT(lab_run_one)(void)
{
	lab_one.returned = lab_run_step(lab_instance(0), &lab_one.step);
	return 0;
}

/* Bytes a copy of an instance takes; the room for the copies is then the caller's to find. */
u32 LAB_EXPORT(lab_instance_bytes)(void)
{
	u32 used = 0;

	for (u32 i = 0; i < lab_instances.count; i++) {
		struct stub_arena *arena = arena_start(i);
		u32 bytes = arena->first.next - (u32)(uintptr_t)arena;

		if (bytes > used)
			used = bytes;
	}
	return (used + LAB_LINE - 1) & -LAB_LINE;
}

void LAB_EXPORT(lab_snapshot)(void)
{
	lab_instances.used = lab_instance_bytes();
	for (u32 i = 0; i < lab_instances.count; i++)
		__builtin_memcpy(snapshot_start(i), arena_start(i), lab_instances.used);
}

static inline void copy_back(u32 index)
{
	u32 bytes = lab_instances.used;
	u64 *to = arena_start(index);
	const u64 *from = snapshot_start(index);

	/* The bulk copy costs more than a few lines copied in place. */
	if (bytes > 4 * LAB_LINE) {
		__builtin_memcpy(to, from, bytes);
		return;
	}
	for (; bytes; bytes -= LAB_LINE) {
		for (u32 i = 0; i < LAB_LINE / sizeof(*to); i++)
			to[i] = from[i];
		to += LAB_LINE / sizeof(*to);
		from += LAB_LINE / sizeof(*to);
	}
}

void LAB_EXPORT(lab_restore)(u32 index)
{
	copy_back(index);
	if (__builtin_expect(stub_shadow, 0))
		stub_arena_shadow(arena_start(index));
}

static s64 read_field(const struct lab_observed *what, const struct lab_instance *instance)
{
	uintptr_t p = (uintptr_t)instance;
	u32 last = what->hops - 1;
	u64 raw, mask;

	for (u32 i = 0; i < last; i++) {
		p = *(uintptr_t *)(p + what->hop[i]);
		if (!p)
			return LAB_ABSENT;
	}
	p += what->hop[last];

	switch (what->size) {
	case 1:
		raw = *(u8 *)p;
		break;
	case 2:
		raw = *(u16 *)p;
		break;
	case 4:
		raw = *(u32 *)p;
		break;
	default:
		raw = *(u64 *)p;
		break;
	}
	if (what->is_pointer)
		return raw != 0;
	raw >>= what->bit;
	if (what->bits >= 64)
		return raw;
	mask = (1ull << what->bits) - 1;
	raw &= mask;
	if (what->is_signed && raw >> (what->bits - 1))
		raw |= ~mask;
	return raw;
}

void lab_observe(const struct lab_instance *instance, const s64 *returns, u32 actor_stride, s64 *values)
{

	for (u32 i = 0; i < lab_scenario.observed; i++) {
		const struct lab_observed *what = &lab_scenario.observe[i];

		if (what->source == LAB_RETURN)
			values[i] = returns[what->actor * actor_stride + what->step];
		else
			values[i] = read_field(what, instance);
	}
}
