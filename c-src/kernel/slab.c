// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: bump allocators over the machine's arena, one a lane. Freed memory is poisoned and never handed
 * out again, so that a stale pointer reads poison instead of another object. Every bit of state
 * lies in the arena, at its start: a copy of that puts all of it back, since what lies in a lane behind its
 * next free address means nothing.
 */
#include "kernel/stub.h"

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/compat.h"
#include "kernel/fault.h"

STUB_FAULT(kmalloc);

#define POISON 0x6b
#define CACHE_LINE 64u
#define GRANULE 8u
/* As in a kernel, what there can be at all of memory in one piece, and of memory that need not be. */
#define LARGEST (4u << 20)
#define LARGEST_VIRTUAL 0x7fffffffu
#define LOCKED 1u

/* In front of every object. */
struct header {
	u32 bytes;
	u32 mark;		/* a tag; below, granules back to the header of the object before in the lane, 0: none */
};

/* Tags: no pointer into this memory has such bits on top. */
#define TAG 0xfff00000u
enum { KEPT = 0xcee00000, LIVE = 0xa1100000, FREED = 0xdea00000 };

/* Where an object was allocated, or freed, and by which task. */
struct stub_allocation {
	struct stub_allocation *next;
	const void *object;
	u32 bytes;
	char task[16];
	u32 frames;
	u32 frame[];
};

static inline struct stub_arena *lock_arena(void)
{
	struct stub_arena *arena = current_task->arena;

	stub_acquire(&arena->lock, LOCKED, LOCKED);
	return arena;
}

static inline void unlock_arena(struct stub_arena *arena)
{
	stub_release(&arena->lock, LOCKED);
}

/* An arena's lanes by index, its first one before those of its tasks. */
static const struct stub_lane *lane_of(const struct stub_arena *arena, u32 index)
{
	return index ? &arena->lanes[index - 1] : &arena->first;
}

static inline const struct header *last_of(const struct stub_lane *lane)
{
	return (const struct header *)(uintptr_t)lane->last;
}

static inline u32 tag_of(const struct header *header)
{
	return __atomic_load_n(&header->mark, __ATOMIC_RELAXED) & TAG;
}

static inline bool is_tag(u32 tag)
{
	return tag == KEPT || tag == LIVE || tag == FREED;
}

static inline const struct header *before(const struct header *header)
{
	u32 back = (__atomic_load_n(&header->mark, __ATOMIC_RELAXED) & ~TAG) * GRANULE;

	return back ? (const struct header *)((const char *)header - back) : NULL;
}

/* Where an object comes to lie behind others. Large ones get cache lines of their own, as a slab would give them. */
static inline u32 place_behind(u32 next, u32 bytes)
{
	return ALIGN(next + (u32)sizeof(struct header), bytes < CACHE_LINE ? GRANULE : CACHE_LINE);
}

static void *carve(struct stub_lane *lane, u32 bytes, u32 tag)
{
	u32 at = place_behind(lane->next, bytes);
	u32 header = at - (u32)sizeof(struct header);

	if (at > lane->end || bytes > lane->end - at)
		return NULL;
	*(struct header *)(uintptr_t)header = (struct header){
		bytes, tag | (lane->last ? (header - lane->last) / GRANULE : 0),
	};
	lane->last = header;
	lane->next = at + bytes;
	return (void *)(uintptr_t)at;
}

/* From the lane of the task, or else from the first one, which it shares with others. */
static void *allocate(u32 bytes, u32 tag)
{
	struct stub_arena *arena = current_task->arena;
	struct stub_lane *lane = stub_lane();
	void *object;

	if (lane != &arena->first) {
		object = carve(lane, bytes, tag);
	} else {
		lock_arena();
		object = carve(lane, bytes, tag);
		unlock_arena(arena);
	}
	if (!object)
		stub_violation(STUB_OUT_OF_MEMORY, arena);
	return object;
}

void *stub_keep(u32 bytes)
{
	void *object = allocate(bytes, KEPT);

	if (!object)
		return NULL;
	memset(object, 0, bytes);
	stub_shadow_valid(object, bytes);
	return object;
}

/* Records the task that allocates or frees the object. The stack begins with the allocator's own functions. */
static __attribute__((__noinline__)) void keep_note(struct stub_allocation **list, const void *object, u32 bytes)
{
	const struct stub_task *task = current_task;
	struct stub_arena *arena = task->arena;
	struct stub_allocation *note;
	u32 frame[STUB_FRAMES];
	u32 frames = stub_backtrace(frame, STUB_FRAMES);

	note = stub_keep(sizeof(*note) + frames * sizeof(*frame));
	if (!note)
		return;
	note->object = object;
	note->bytes = bytes;
	__builtin_memcpy(note->task, task->comm, sizeof(note->task));
	note->frames = frames;
	__builtin_memcpy(note->frame, frame, frames * sizeof(*frame));
	lock_arena();
	note->next = *list;
	*list = note;
	unlock_arena(arena);
}

void stub_tell_who_freed(struct stub_violation *entry, u32 address)
{
	const struct stub_task *task = current_task;
	const struct stub_allocation *note = task && task->arena ? task->arena->frees : NULL;

	while (note && address - (u32)(uintptr_t)note->object >= note->bytes)
		note = note->next;
	if (!note)
		return;
	entry->freed = 1;
	__builtin_memcpy(entry->freed_by, note->task, sizeof(entry->freed_by));
	entry->freed_frames = note->frames;
	__builtin_memcpy(entry->freed_frame, note->frame, note->frames * sizeof(*note->frame));
}

/* More than @most is never there: that is no shortage of the arena's. A program without this one never allocates. */
__attribute__((__noinline__)) void *stub_make(size_t bytes, size_t most, gfp_t gfp)
{
	void *object;

	if (gfpflags_allow_blocking(gfp))
		stub_might_sleep(NULL);
	if (!bytes)
		return ZERO_SIZE_PTR;
	if (stub_should_fail(kmalloc) || bytes > most)
		return NULL;

	object = allocate((u32)bytes, LIVE);
	if (!object)
		return NULL;
	__builtin_memset(object, gfp & __GFP_ZERO ? 0 : POISON, bytes);
	stub_shadow_valid(object, bytes);
	if (unlikely(stub_watch))
		keep_note(&current_task->arena->allocations, object, bytes);
	return object;
}

static void *make_unwritten(size_t bytes, size_t most, gfp_t gfp)
{
	void *object = stub_make(bytes, most, gfp);

	if (!ZERO_OR_NULL_PTR(object) && !(gfp & __GFP_ZERO))
		stub_shadow_unwritten(object, bytes);
	return object;
}

void *stub_kmalloc(size_t bytes, gfp_t gfp)
{
	return make_unwritten(bytes, LARGEST, gfp);
}

void *stub_kvmalloc(size_t bytes, gfp_t gfp)
{
	return make_unwritten(bytes, LARGEST_VIRTUAL, gfp);
}

void *__kmalloc_noprof(DECL_TOKEN_PARAMS(size, token), gfp_t flags)
{
	return make_unwritten(size, LARGEST, flags);
}

void *__kvmalloc_node_noprof(DECL_KMALLOC_PARAMS(size, b, token), unsigned long align, gfp_t flags, int node)
{
	return make_unwritten(size, LARGEST_VIRTUAL, flags);
}

void *kmemdup_noprof(const void *from, size_t bytes, gfp_t gfp)
{
	void *copy = stub_make(bytes, LARGEST, gfp);

	return copy ? memcpy(copy, from, bytes) : NULL;
}

char *kstrdup(const char *text, gfp_t gfp)
{
	return text ? kmemdup_noprof(text, strlen(text) + 1, gfp) : NULL;
}

char *kstrndup(const char *text, size_t most, gfp_t gfp)
{
	size_t length = text ? strnlen(text, most) : 0;
	char *copy = text ? stub_kmalloc(length + 1, gfp) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = 0;
	return copy;
}

/* What nobody ever wrote of the old object counts as written in the new one. */
static void *move(const void *object, size_t bytes, size_t most, gfp_t gfp)
{
	const struct header *header = (const struct header *)object - 1;
	void *other;

	if (ZERO_OR_NULL_PTR(object))
		return make_unwritten(bytes, most, gfp);
	if (!bytes) {
		kfree(object);
		return ZERO_SIZE_PTR;
	}
	other = stub_make(bytes, most, gfp);
	if (!other)
		return NULL;
	memcpy(other, object, header->bytes < bytes ? header->bytes : bytes);
	kfree(object);
	return other;
}

void *krealloc_node_align_noprof(const void *object, DECL_TOKEN_PARAMS(size, token), unsigned long align, gfp_t flags,
				 int node)
{
	return move(object, size, LARGEST, flags);
}

void *kvrealloc_node_align_noprof(const void *object, DECL_TOKEN_PARAMS(size, token), unsigned long align, gfp_t flags,
				  int node)
{
	return move(object, size, LARGEST_VIRTUAL, flags);
}

size_t ksize(const void *object)
{
	return ZERO_OR_NULL_PTR(object) ? 0 : ((const struct header *)object - 1)->bytes;
}

/* With the task that freed it before, where that was recorded. The allocator's own function is not in the stack. */
static __attribute__((__noinline__)) void report_free(enum stub_violation_kind kind, const void *object)
{
	struct stub_violation *entry = stub_violation_begin(kind, object);

	if (!entry)
		return;
	entry->frames = stub_backtrace(entry->frame, STUB_FRAMES);
	stub_tell_who_freed(entry, (u32)(uintptr_t)object);
}

void kfree(const void *object)
{
	struct header *header = (struct header *)(uintptr_t)object - 1;
	u32 mark = 0, bytes;

	if (ZERO_OR_NULL_PTR(object))
		return;

	if (stub_arena_has(header) && IS_ALIGNED((uintptr_t)object, GRANULE))
		mark = __atomic_load_n(&header->mark, __ATOMIC_RELAXED);
	/* Of two tasks that free it, one is late. Nothing but the tag ever changes. */
	if ((mark & TAG) != LIVE ||
	    !__atomic_compare_exchange_n(&header->mark, &mark, FREED | (mark & ~TAG), false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED)) {
		report_free((mark & TAG) == FREED ? STUB_DOUBLE_FREE : STUB_BAD_FREE, object);
		return;
	}
	bytes = header->bytes;
	__builtin_memset((void *)(uintptr_t)object, POISON, bytes);
	stub_shadow_freed(object, bytes);
	if (unlikely(stub_watch))
		keep_note(&current_task->arena->frees, object, bytes);
}

void kvfree(const void *object)
{
	kfree(object);
}

void kfree_sensitive(const void *object)
{
	kfree(object);
}

/* The arena's own state and its machine's variables: no header stands in front of them. */
static void show_own(const struct stub_arena *arena)
{
	stub_shadow_outside(arena, arena->end - (u32)(uintptr_t)arena);
	stub_shadow_valid(arena, sizeof(*arena));
	if (arena->own < arena->first_object)
		stub_shadow_valid((void *)(uintptr_t)arena->own, arena->first_object - arena->own);
}

struct stub_arena *stub_arena_init(void *start, u32 bytes, u32 own_at, u32 own)
{
	struct stub_arena *arena = start;
	u32 address = (u32)(uintptr_t)start;

	*arena = (struct stub_arena){
		.end = address + bytes, .own = address + own_at, .first_object = address + own_at + own,
	};
	arena->first = (struct stub_lane){ .next = arena->first_object, .end = arena->end };
	show_own(arena);
	return arena;
}

void stub_add_lanes(struct stub_arena *arena, u32 lanes)
{
	struct stub_lane *all = carve(&arena->first, lanes * (u32)sizeof(*all), KEPT);
	u32 share, at;

	if (!all) {
		stub_violation(STUB_OUT_OF_MEMORY, arena);
		return;
	}
	stub_shadow_valid(all, lanes * (u32)sizeof(*all));
	share = (arena->end - arena->first.next) / (lanes + 1) & -CACHE_LINE;
	at = (arena->end & -CACHE_LINE) - lanes * share;
	arena->first.end = at;
	for (u32 i = 0; i < lanes; i++, at += share)
		all[i] = (struct stub_lane){ .next = at, .end = at + share };
	arena->lanes = all;
	arena->nr_lanes = lanes;
}

struct stub_lane *stub_lane(void)
{
	const struct stub_task *task = current_task;
	struct stub_arena *arena = task->arena;
	u32 index = task->lane - 1;

	return index < arena->nr_lanes ? &arena->lanes[index] : &arena->first;
}

/* The lanes of tasks are empty: a machine is made and put back without anything in them. */
void stub_arena_shadow(const struct stub_arena *arena)
{
	show_own(arena);
	for (const struct header *header = last_of(&arena->first); header; header = before(header)) {
		if (tag_of(header) == FREED)
			stub_shadow_freed(header + 1, header->bytes);
		else
			stub_shadow_valid(header + 1, header->bytes);
	}
}

/* With the stack of the allocation, where that was recorded. */
static void report_leak(const struct stub_arena *arena, const void *object)
{
	struct stub_violation *entry = stub_violation_begin(STUB_LEAKED, object);
	const struct stub_allocation *note = arena->allocations;

	while (note && note->object != object)
		note = note->next;
	if (!entry || !note)
		return;
	entry->frames = note->frames;
	__builtin_memcpy(entry->frame, note->frame, note->frames * sizeof(*note->frame));
}

u32 stub_check_leaks(void)
{
	const struct stub_arena *arena = current_task->arena;
	u32 leaks = 0;

	for (u32 i = 0; i <= arena->nr_lanes; i++) {
		const struct header *header = last_of(lane_of(arena, i));

		for (; header && (uintptr_t)header >= arena->built; header = before(header)) {
			if (tag_of(header) != LIVE)
				continue;
			report_leak(arena, header + 1);
			leaks++;
		}
	}
	return leaks;
}

bool stub_arena_has(const void *address)
{
	const struct stub_arena *arena = current_task->arena;

	return (uintptr_t)address > (uintptr_t)arena && (uintptr_t)address < arena->end;
}

/*
 * Most pointers are to where an object begins. What is in front of another place may look like a header, but it does
 * not lie where the object before has ended, with a header of its own.
 */
static const struct header *header_at(const struct stub_arena *arena, u32 object)
{
	const struct header *header = (const struct header *)(uintptr_t)object - 1, *last;
	u32 end;

	if (object % GRANULE || !is_tag(tag_of(header)))
		return NULL;
	last = before(header);
	if (!last || (uintptr_t)last < arena->first_object || !is_tag(tag_of(last)))
		return NULL;
	end = (u32)(uintptr_t)(last + 1) + last->bytes;
	return place_behind(end, header->bytes) == object ? header : NULL;
}

/* The header of the last object that begins at or before an address, by the chain of its lane. */
static const struct header *header_before(const struct stub_arena *arena, u32 address)
{
	const struct header *header;
	u32 index = 0;

	while (index < arena->nr_lanes && address >= lane_of(arena, index)->end)
		index++;
	header = last_of(lane_of(arena, index));
	while (header && (uintptr_t)header >= address)
		header = before(header);
	return header;
}

bool stub_find_object(const struct stub_arena *arena, u32 address, struct stub_extent *extent)
{
	const struct header *header;
	u32 start;

	if (address < arena->first_object || address >= arena->end)
		return false;
	header = header_at(arena, address);
	if (!header)
		header = header_before(arena, address);
	start = (u32)(uintptr_t)(header + 1);
	if (!header || address < start || address - start >= header->bytes)
		return false;
	*extent = (struct stub_extent){ start, header->bytes, tag_of(header) == FREED };
	return true;
}

u32 stub_number(const void *object)
{
	return (u32)((const char *)object - (const char *)current_task->arena);
}

void *stub_object(u32 number)
{
	void *object = (char *)current_task->arena + number;

	return stub_arena_has(object) ? object : NULL;
}
