// SPDX-License-Identifier: GPL-2.0-only
/* How a thread sleeps on a word: WebAssembly's own futex. The only file that another host would replace. */
#include "kernel/stub.h"

void stub_park(u32 *word, u32 seen)
{
	__builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, -1);
}

void stub_unpark(u32 *word)
{
	__builtin_wasm_memory_atomic_notify((int *)word, ~0u);
}
