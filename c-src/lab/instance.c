// SPDX-License-Identifier: GPL-2.0-only
/* Instances of the machine: made, set up, saved, put back, observed. */
#include "lab/lab.h"

struct lab_scenario lab_scenario;
struct lab_instances lab_instances;
struct lab_worker lab_workers[LAB_WORKERS + 1];
struct lab_one lab_one;
struct lab_look lab_look;
struct lab_misread lab_misread;
struct lab_nulls lab_nulls;

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

struct stub_arena *lab_instance(u32 index)
{
	return arena_start(index);
}

/* Every thread of the lab calls this once, before anything else runs on it. */
void LAB_EXPORT(lab_enter)(u32 worker)
{
	current_task = &lab_workers[worker].task;
}

/*
 * From here on this thread reaches the variables of the machine whose copy lies so much further up. What does that is put in
 * the place of this, when the code that reaches them is instrumented.
 */
__attribute__((__noinline__)) void LAB_EXPORT(lab_set_base)(u32 base)
{
	__asm__ volatile("" : : "r"(base) : "memory");
}

static inline void enter(struct stub_arena *arena)
{
	current_task->arena = arena;
	lab_set_base(arena->base);
}

void lab_reach(struct stub_arena *arena)
{
	enter(arena);
}

static void create(u32 index)
{
	struct stub_arena *arena = stub_arena_init(arena_start(index), lab_instances.bytes, lab_instances.own_at,
						   lab_instances.own_bytes);

	arena->base = arena->own - lab_instances.own_start;
	enter(arena);
	stub_own_reset(lab_instances.own_start, lab_instances.own_bytes);
	if (lab_scenario.share_cpus)
		arena->cpus = stub_keep(NR_CPUS * sizeof(*arena->cpus));
	if (lab_instances.init)
		lab_instances.init();
	arena->built = arena->first.next;
}

s64 lab_run_step(struct stub_arena *arena, const struct lab_step *step)
{
	struct stub_task *task = current_task;
	s64 ret;

	enter(arena);
	ret = step->fn(step);
	if (unlikely(stub_left_something(task)))
		stub_end_step();
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
			if (lab_is_error(ret)) {
				lab_instances.failed_with = ret;
				return -1;
			}
		}
	}
	return 0;
}

/* After the set-up: so many tasks will allocate from lanes of their own. A program that never allocates needs none. */
void LAB_EXPORT(lab_lanes)(u32 lanes)
{
	for (u32 i = 0; i < lab_instances.count; i++)
		stub_add_lanes(arena_start(i), lanes);
}

/* Runs the step in lab_one; what it returns lies there then. */
s32 LAB_EXPORT(lab_run_one)(void)
{
	enum stub_context context = lab_one.context;

	if (context != STUB_PROCESS)
		stub_cpu_enter(0, context);
	lab_one.returned = lab_run_step(lab_instance(0), &lab_one.step);
	if (context != STUB_PROCESS)
		stub_cpu_enter(0, STUB_PROCESS);
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

/* Several threads may read at the same time: the first one reports. */
static u32 misread(enum lab_misread_kind kind, u32 observed, u32 hop, u32 pointer, u32 bytes)
{
	u32 none = LAB_READ;

	if (!__atomic_compare_exchange_n(&lab_misread.kind, &none, kind, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return 0;
	lab_misread.observed = observed;
	lab_misread.hop = hop;
	lab_misread.pointer = pointer;
	lab_misread.bytes = bytes;
	return 0;
}

/* Why what a pointer points to cannot be read; else, in @bytes, how much of it there is from there on. */
static enum lab_misread_kind look_behind(const struct stub_arena *arena, u32 pointer, u32 target, u32 *bytes)
{
	struct stub_extent object;

	*bytes = 0;
	if (stub_find_object(arena, pointer, &object)) {
		*bytes = object.start + object.bytes - pointer;
		return object.freed ? LAB_FREED : LAB_READ;
	}
	if (!stub_is_static(pointer - (lab_is_within(pointer, arena->own, lab_instances.own_bytes) ? arena->base : 0), target))
		return LAB_NOWHERE;
	*bytes = target;
	return LAB_STATIC;
}

/*
 * Address of a field, 0 behind a pointer that is NULL. Every pointer on the way has to point to an object that
 * is there, and what is read behind it has to be a part of that object.
 */
static u32 find_field(const struct lab_observed *what, u32 observed, const struct stub_arena *arena)
{
	/* The machine's own variables are there. */
	u32 p = (u32)(uintptr_t)arena + what->hop[0];

	for (u32 i = 1; i < what->hops; i++) {
		bool last = i + 1 == what->hops;
		/* The load of a bit-field may be wider than the field. */
		u32 from = what->hop[i] + (last ? what->bit / 8 : 0);
		u32 bytes = last ? (what->bit % 8 + what->bits + 7) / 8 : (u32)sizeof(void *);
		enum lab_misread_kind kind;
		u32 there;

		p = *(const u32 *)(uintptr_t)p;
		if (!p) {
			lab_nulls.hop[observed] = i;
			return 0;
		}
		kind = look_behind(arena, p, what->target[i], &there);
		if (kind == LAB_READ && (from > there || bytes > there - from))
			kind = LAB_OUTSIDE;
		/* What is static has no header: its type has to do. */
		if (kind == LAB_STATIC && from <= there && bytes <= there - from)
			kind = LAB_READ;
		if (kind != LAB_READ)
			return misread(kind, observed, i, p, there);
		p += what->hop[i];
	}
	return p;
}

static s64 read_field(const struct lab_observed *what, u32 address)
{
	uintptr_t p = address;
	u64 raw, mask;

	if (!p)
		return LAB_ABSENT;
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

bool lab_observe(const struct stub_arena *arena, const s64 *returns, u32 actor_stride, s64 *values)
{
	for (u32 i = 0; i < lab_scenario.observed; i++) {
		const struct lab_observed *what = &lab_scenario.observe[i];

		if (what->source == LAB_RETURN)
			values[i] = returns[what->actor * actor_stride + what->step];
		else
			values[i] = read_field(what, find_field(what, i, arena));
	}
	return likely(lab_misread.kind == LAB_READ);
}

/* Looks at the field in lab_look, in the first instance. */
void LAB_EXPORT(lab_look_at)(void)
{
	lab_look.address = find_field(&lab_look.what, 0, lab_instance(0));
	lab_look.value = read_field(&lab_look.what, lab_look.address);
}
