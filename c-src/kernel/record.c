// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records each write of the machine's memory, and each call that is reported, with the state of its task at that moment.
 * Its place in the code is a number that the code was instrumented with; see check.c.
 */
#include "kernel/stub.h"

struct stub_recorder stub_recorder;

static void record(u32 address, u32 bytes, u32 second, u32 site)
{
	const struct stub_task *task = current_task;
	struct stub_recorder *recorder = &stub_recorder;
	struct stub_record *record = (struct stub_record *)(uintptr_t)recorder->records + recorder->count;

	if (recorder->count++ >= recorder->room)
		return;
	record->address = address;
	record->bytes = bytes;
	record->second = second;
	record->site = site;
	record->context = task->context;
	record->nr_held = task->nr_held;
	__builtin_memcpy(record->held, task->held, task->nr_held * sizeof(*task->held));
}

void stub_record(u32 address, u32 bytes, u32 site)
{
	if (stub_arena_has((const void *)(uintptr_t)address))
		record(address, bytes, 0, site);
}

/* Called by instrumented code, right before a call that is followed. */
__attribute__((export_name("stub_record_call"), used))
void stub_record_call(u32 first, u32 second, u32 site)
{
	if (stub_recorder.room)
		record(first, 0, second, site);
}
