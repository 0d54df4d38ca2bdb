// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: a bump allocator over the machine's arena. Freed memory is poisoned and never handed out
 * again, so that a stale pointer reads poison instead of somebody else's object. Every bit of state
 * lies in the arena; a copy of it puts all of it back.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

#define POISON 0x6b
#define CACHE_LINE 64u
#define LOCKED 1u

/* What is static in the kernel, held by the machine that asked for it. */
struct stub_static {
	struct stub_static *next;
	const void *key;
	const struct module *module;
	u32 bytes;
	u64 copy[];
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

/* Large objects get cache lines of their own, as a slab would give them. */
static void *carve(struct stub_arena *arena, u32 bytes)
{
	u32 align = bytes < CACHE_LINE ? 8 : CACHE_LINE;
	u32 at = ALIGN(arena->next + (u32)sizeof(struct stub_header), align);
	struct stub_header *header = (struct stub_header *)(uintptr_t)at - 1;

	if (at > arena->end || bytes > arena->end - at)
		return NULL;
	*header = (struct stub_header){ bytes, STUB_LIVE };
	arena->next = at + bytes;
	return header + 1;
}

void *kmalloc(size_t bytes, gfp_t gfp)
{
	struct stub_arena *arena;
	void *object;

	if (stub_should_fail(LAB_FAULT_KMALLOC))
		return NULL;

	arena = lock_arena();
	object = carve(arena, (u32)bytes);
	if (object)
		arena->live++;
	unlock_arena(arena);

	if (!object)
		stub_violation(STUB_OUT_OF_MEMORY, arena);
	else
		memset(object, gfp & __GFP_ZERO ? 0 : POISON, bytes);
	return object;
}

void *kzalloc(size_t bytes, gfp_t gfp)
{
	return kmalloc(bytes, gfp | __GFP_ZERO);
}

void *kvzalloc(size_t bytes, gfp_t gfp)
{
	return kzalloc(bytes, gfp);
}

void *kmemdup(const void *from, size_t bytes, gfp_t gfp)
{
	void *copy = kmalloc(bytes, gfp);

	return copy ? memcpy(copy, from, bytes) : NULL;
}

char *kstrdup(const char *text, gfp_t gfp)
{
	return kmemdup(text, strlen(text) + 1, gfp);
}

void kfree(const void *object)
{
	struct stub_header *header = (struct stub_header *)(uintptr_t)object - 1;
	struct stub_arena *arena;
	u32 tag = 0, bytes = 0;

	if (!object)
		return;

	arena = lock_arena();
	if (stub_arena_has(header) && IS_ALIGNED((uintptr_t)object, 8))
		tag = header->tag;
	if (tag == STUB_LIVE) {
		header->tag = STUB_FREED;
		bytes = header->bytes;
		arena->live--;
	}
	unlock_arena(arena);

	if (tag == STUB_LIVE)
		memset((void *)(uintptr_t)object, POISON, bytes);
	else
		stub_violation(tag == STUB_FREED ? STUB_DOUBLE_FREE : STUB_BAD_FREE, object);
}

void kvfree(const void *object)
{
	kfree(object);
}

struct stub_arena *stub_arena_init(void *start, u32 bytes)
{
	struct stub_arena *arena = start;

	*arena = (struct stub_arena){
		.end = (u32)(uintptr_t)start + bytes,
		.next = (u32)(uintptr_t)(arena + 1),
	};
	return arena;
}

bool stub_arena_has(const void *address)
{
	const struct stub_arena *arena = current_task->arena;

	return (uintptr_t)address > (uintptr_t)arena && (uintptr_t)address < arena->end;
}

static struct stub_static *find_static(struct stub_arena *arena, const void *key)
{
	struct stub_static *own = __atomic_load_n(&arena->statics, __ATOMIC_ACQUIRE);

	while (own && own->key != key)
		own = own->next;
	return own;
}

/* None ever goes away, so that only making one takes the lock. */
void *stub_static_of(const struct module *module, const void *key, u32 bytes)
{
	struct stub_arena *arena = current_task->arena;
	struct stub_static *own = find_static(arena, key);

	if (own)
		return own->copy;

	lock_arena();
	own = find_static(arena, key);
	if (!own) {
		own = carve(arena, sizeof(*own) + bytes);
		if (own) {
			memset(own, 0, sizeof(*own) + bytes);
			own->key = key;
			own->module = module;
			own->bytes = bytes;
			own->next = arena->statics;
			__atomic_store_n(&arena->statics, own, __ATOMIC_RELEASE);
		}
	}
	unlock_arena(arena);

	if (!own) {
		stub_violation(STUB_OUT_OF_MEMORY, arena);
		return NULL;
	}
	return own->copy;
}

void stub_static_clear(const struct module *module)
{
	for (struct stub_static *own = current_task->arena->statics; own; own = own->next)
		if (own->module == module)
			memset(own->copy, 0, own->bytes);
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
