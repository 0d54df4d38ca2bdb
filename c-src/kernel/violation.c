// SPDX-License-Identifier: GPL-2.0-only
/* Records violations: of which object, in which task, called from where. */
#include "kernel/stub.h"

#include <linux/bug.h>

struct stub_violations stub_violations;

struct stub_violation *stub_violation_begin(enum stub_violation_kind kind, const void *object)
{
	u32 nr = __atomic_fetch_add(&stub_violations.count, 1, __ATOMIC_RELAXED);
	const struct stub_task *task = current_task;
	struct stub_violation *entry;

	if (nr >= STUB_VIOLATIONS_MAX)
		return NULL;
	entry = &stub_violations.first[nr];
	entry->kind = kind;
	entry->object = (u32)(uintptr_t)object;
	/* The entry may have been another's before. */
	entry->frames = 0;
	entry->freed = 0;
	if (task) {
		__builtin_memcpy(entry->task, task->comm, sizeof(entry->task));
		entry->context = task->context;
	}
	return entry;
}

/* Never merged into its caller, which would be missing from the stack. */
__attribute__((__noinline__)) void stub_violation(enum stub_violation_kind kind, const void *object)
{
	struct stub_violation *entry = stub_violation_begin(kind, object);

	if (entry)
		entry->frames = stub_backtrace(entry->frame, STUB_FRAMES);
}

void __stub_warn_on(const char *where)
{
	stub_violation(STUB_WARNED, where);
}
