// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses held against a shadow of memory: a byte for every 8 bytes says whether an object is there. What
 * calls here was put into the driver's and the stub kernel's code after they were compiled. This file, the
 * allocator with its headers, instance.c with its copies of whole arenas, and violation.c are spared it.
 */
#include "kernel/stub.h"

#define FIRST_PAGE 4096u
#define GRANULE 8u

/* A byte of the shadow, if it is none of these: so many bytes of the granule are an object's last ones. */
enum { VALID = 0, OUTSIDE = 0xfa, FREED = 0xfd };

u32 stub_watch;
u32 stub_shadow;

static inline u8 *shadow_of(uintptr_t address)
{
	return (u8 *)(uintptr_t)stub_shadow + address / GRANULE;
}

/* Objects begin with a granule. */
void stub_shadow_valid(const void *object, u32 bytes)
{
	u8 *shadow = shadow_of((uintptr_t)object);

	__builtin_memset(shadow, VALID, bytes / GRANULE);
	if (bytes % GRANULE)
		shadow[bytes / GRANULE] = bytes % GRANULE;
}

static void fill(const void *start, u32 bytes, u8 with)
{
	__builtin_memset(shadow_of((uintptr_t)start), with, (bytes + GRANULE - 1) / GRANULE);
}

void stub_shadow_freed(const void *object, u32 bytes)
{
	fill(object, bytes, FREED);
}

void stub_shadow_outside(const void *start, u32 bytes)
{
	fill(start, bytes, OUTSIDE);
}

/* What the shadow says of the first bytes that no object covers, or VALID. */
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

/* The frame of the check itself says nothing. */
static __attribute__((noinline)) void report(enum stub_violation_kind kind, u32 address, u32 bytes,
					     enum stub_access access)
{
	struct stub_violation *entry = stub_violation_begin(kind, (const void *)(uintptr_t)address);
	u32 frame[STUB_FRAMES + 1], frames;

	if (!entry)
		return;
	entry->access = access;
	entry->bytes = bytes;
	frames = stub_backtrace(frame, STUB_FRAMES + 1);
	for (u32 i = 1; i < frames; i++)
		entry->frame[entry->frames++] = frame[i];
}

/* Both exported for whoever puts the calls in; @what is an enum stub_access, and above it the place in the code. */
__attribute__((export_name("stub_check_access"), used))
void stub_check_access(u32 address, u32 bytes, u32 what)
{
	enum stub_access access = what & STUB_ACCESS_MASK;
	u8 says;

	if (address < FIRST_PAGE) {
		report(STUB_NULL_ACCESS, address, bytes, access);
		return;
	}
	if (access != STUB_LOAD && unlikely(stub_recorder.room))
		stub_record(address, bytes, what >> STUB_ACCESS_BITS);
	if (!stub_shadow)
		return;
	says = look(address, bytes);
	if (says != VALID)
		report(says == FREED ? STUB_USE_AFTER_FREE : STUB_OUT_OF_BOUNDS, address, bytes, access);
}

__attribute__((export_name("stub_check_copy"), used))
void stub_check_copy(u32 to, u32 from, u32 bytes, u32 what)
{
	u32 site = what & ~STUB_ACCESS_MASK;

	stub_check_access(from, bytes, site | STUB_LOAD);
	stub_check_access(to, bytes, site | STUB_STORE);
}
