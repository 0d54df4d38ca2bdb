// SPDX-License-Identifier: GPL-2.0-only
/* What WebAssembly gives beside instructions: its own futex, and how much memory there is. Another host replaces this file. */
#include "kernel/stub.h"

void stub_park(u32 *word, u32 seen)
{
	__builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, -1);
}

void stub_unpark(u32 *word)
{
	__builtin_wasm_memory_atomic_notify((int *)word, ~0u);
}

u32 stub_memory_end(void)
{
	return __builtin_wasm_memory_size(0) << 16;
}
