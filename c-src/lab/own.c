// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine's own variables, as the program is linked. A module that is loaded begins with them, so that this is a step of the
 * machine like any other: engines see what it writes.
 */
#include "lab/lab.h"

void stub_own_reset(u32 start, u32 bytes)
{
	const struct stub_arena *arena = current_task->arena;
	const u32 *pointers = (const u32 *)(uintptr_t)lab_instances.pointers;

	if (!bytes)
		return;
	__builtin_memcpy((void *)(uintptr_t)(start + arena->base), (const void *)(uintptr_t)start, bytes);
	for (u32 i = 0; i < lab_instances.nr_pointers; i++)
		if (lab_is_within(pointers[i], start, bytes))
			*(u32 *)(uintptr_t)(pointers[i] + arena->base) += arena->base;
}
