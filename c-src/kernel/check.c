// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks accesses against shadow memory: a byte for every 8 bytes says whether an object is there. The driver
 * and the stub kernel are instrumented to call here after they were compiled. This file, the allocator with
 * its headers, instance.c with its copies of whole arenas, and violation.c are excluded.
 */
#include "kernel/stub.h"

#define GRANULE 8u

/* A byte of the shadow, if it is none of these: so many bytes of the granule are an object's last ones. */
enum { VALID = 0, RETURNED = 0xf5, OUTSIDE = 0xfa, FREED = 0xfd };

/* Engines set it, though a program without locks and memory has nothing that reads it. */
__attribute__((used)) u32 stub_watch;
u32 stub_shadow;
u32 stub_unwritten;
u32 stub_sites;

static inline u8 *shadow_of(uintptr_t address)
{
	return (u8 *)(uintptr_t)stub_shadow + address / GRANULE;
}

/* For each 8 bytes one, with a bit for each of them that was never written since it was allocated. */
static inline u8 *unwritten_of(uintptr_t address)
{
	return (u8 *)(uintptr_t)stub_unwritten + address / GRANULE;
}

static inline bool is_unwritten(uintptr_t address)
{
	return *unwritten_of(address) >> address % GRANULE & 1;
}

/* Objects begin with a granule. */
__attribute__((used)) void stub_shadow_valid(const void *object, u32 bytes)
{
	u8 *shadow = shadow_of((uintptr_t)object);

	if (!stub_shadow)
		return;
	__builtin_memset(shadow, VALID, bytes / GRANULE);
	if (bytes % GRANULE)
		shadow[bytes / GRANULE] = bytes % GRANULE;
	if (stub_unwritten)
		__builtin_memset(unwritten_of((uintptr_t)object), 0, (bytes + GRANULE - 1) / GRANULE);
}

__attribute__((used)) void stub_shadow_unwritten(const void *object, u32 bytes)
{
	if (stub_unwritten)
		__builtin_memset(unwritten_of((uintptr_t)object), 0xff, (bytes + GRANULE - 1) / GRANULE);
}

static void fill(const void *start, u32 bytes, u8 with)
{
	if (stub_shadow)
		__builtin_memset(shadow_of((uintptr_t)start), with, (bytes + GRANULE - 1) / GRANULE);
}

__attribute__((used)) void stub_shadow_freed(const void *object, u32 bytes)
{
	fill(object, bytes, FREED);
}

__attribute__((used)) void stub_shadow_outside(const void *start, u32 bytes)
{
	fill(start, bytes, OUTSIDE);
}

/* The shadow's state of the first bytes that no object covers, or VALID. */
static u8 look(u32 address, u32 bytes)
{
	u32 end = address + bytes;

	for (u32 at = address; at < end; at = (at | (GRANULE - 1)) + 1) {
		u8 says = *shadow_of(at);
		u32 start = at & -GRANULE;

		if (says == VALID || (says < GRANULE && end - start <= says))
			continue;
		return says;
	}
	return VALID;
}

static enum stub_violation_kind kind_of(u8 says)
{
	switch (says) {
	case FREED:
		return STUB_USE_AFTER_FREE;
	case RETURNED:
		return STUB_USE_AFTER_RETURN;
	default:
		return STUB_OUT_OF_BOUNDS;
	}
}

/* Skips the frame of the check itself. */
static __attribute__((__noinline__)) void report(enum stub_violation_kind kind, u32 address, u32 bytes,
					     enum stub_access access)
{
	struct stub_violation *entry = stub_violation_begin(kind, (const void *)(uintptr_t)address);
	u32 frame[STUB_FRAMES + 1], frames;

	if (!entry)
		return;
	entry->access = access;
	entry->bytes = bytes;
	if (kind == STUB_USE_AFTER_FREE)
		stub_tell_who_freed(entry, address);
	frames = stub_backtrace(frame, STUB_FRAMES + 1);
	for (u32 i = 1; i < frames; i++)
		entry->frame[entry->frames++] = frame[i];
}

/* The bytes of an access that the place in the code makes something of, a bit each. */
static u8 meant_at(u32 site)
{
	return stub_sites ? ((const u8 *)(uintptr_t)stub_sites)[site] : 0;
}

static void check_written(u32 address, u32 bytes, enum stub_access access, u32 site)
{
	u8 meant = meant_at(site);

	for (u32 i = 0; i < bytes && meant >> i; i++) {
		if (meant >> i & 1 && is_unwritten(address + i)) {
			report(STUB_UNINITIALISED_READ, address, bytes, access);
			return;
		}
	}
}

/* The bits of a granule for the bytes from @at on, as far as it and they go. */
static inline u8 bits_from(u32 at, u32 end)
{
	u32 start = at & -GRANULE;
	u32 last = end - start < GRANULE ? end - start : GRANULE;

	return ((1u << last) - 1) & ~((1u << (at - start)) - 1);
}

static void set_written(u32 address, u32 bytes)
{
	u32 end = address + bytes;

	for (u32 at = address; at < end; at = (at | (GRANULE - 1)) + 1)
		if (*unwritten_of(at))
			*unwritten_of(at) &= ~bits_from(at, end);
}

static bool is_all_written(u32 address, u32 bytes)
{
	u32 end = address + bytes;

	for (u32 at = address; at < end; at = (at | (GRANULE - 1)) + 1)
		if (*unwritten_of(at) & bits_from(at, end))
			return false;
	return true;
}

/* Called by instrumented code; @what is an enum stub_access, and above it the place in the code. */
__attribute__((export_name("stub_check_access"), used))
void stub_check_access(u32 address, u32 bytes, u32 what)
{
	enum stub_access access = what & STUB_ACCESS_MASK;
	u8 says;

	if (address < STUB_FIRST_PAGE) {
		report(STUB_NULL_ACCESS, address, bytes, access);
		return;
	}
	if (access != STUB_LOAD && unlikely(stub_recorder.room))
		stub_record(address, bytes, what >> STUB_ACCESS_BITS);
	if (!stub_shadow)
		return;
	says = look(address, bytes);
	if (says != VALID)
		report(kind_of(says), address, bytes, access);
	if (!stub_unwritten || says == FREED)
		return;
	if (access != STUB_STORE)
		check_written(address, bytes, access, what >> STUB_ACCESS_BITS);
	if (access != STUB_LOAD)
		set_written(address, bytes);
}

__attribute__((export_name("stub_check_copy"), used))
void stub_check_copy(u32 to, u32 from, u32 bytes, u32 what)
{
	u32 site = what & ~STUB_ACCESS_MASK;

	stub_check_access(from, bytes, site | STUB_LOAD);
	stub_check_access(to, bytes, site | STUB_STORE);
	if (!stub_unwritten || from < STUB_FIRST_PAGE || to < STUB_FIRST_PAGE || is_all_written(from, bytes))
		return;
	/* A copy of unwritten bytes is unwritten too. In memmove's direction, as the two may overlap. */
	for (u32 n = 0; n < bytes; n++) {
		u32 i = to <= from ? n : bytes - 1 - n;

		if (is_unwritten(from + i))
			*unwritten_of(to + i) |= 1 << (to + i) % GRANULE;
	}
}

enum { ENTER, LEAVE };

/* A frame of the stack is made, or is about to go; the pointer to it may have gone anywhere. */
__attribute__((export_name("stub_check_frame"), used))
void stub_check_frame(u32 frame, u32 bytes, u32 what)
{
	fill((const void *)(uintptr_t)frame, bytes, what == ENTER ? VALID : RETURNED);
}
