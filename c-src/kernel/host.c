// SPDX-License-Identifier: GPL-2.0-only
/*
 * What another host would have in its own way, and nothing else: how a thread sleeps on a word (WebAssembly's own futex),
 * how much memory there is, and where the program's data lie.
 */
#include "kernel/stub.h"

extern u8 __heap_base[];

void stub_park(u32 *word, u32 seen)
{
	__builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, -1);
}

void stub_unpark(u32 *word)
{
	__builtin_wasm_memory_atomic_notify((int *)word, ~0u);
}

void stub_rest(u32 nanoseconds)
{
	static u32 nobody;

	__builtin_wasm_memory_atomic_wait32((int *)&nobody, 0, nanoseconds);
}

u32 stub_memory_end(void)
{
	return __builtin_wasm_memory_size(0) << 16;
}

bool stub_is_static(u32 address, u32 bytes)
{
	u32 end = (u32)(uintptr_t)__heap_base;

	return address >= STUB_FIRST_PAGE && address < end && bytes <= end - address;
}
