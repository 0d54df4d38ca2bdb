// SPDX-License-Identifier: GPL-2.0-only
/* What the stub kernel caught. */
#include <linux/bug.h>
#include <linux/refcount.h>

#include "kernel/stub.h"

struct stub_violations stub_violations;

void stub_violation(enum stub_violation_kind kind, const void *object)
{
	u32 nr = __atomic_fetch_add(&stub_violations.count, 1, __ATOMIC_RELAXED);
	struct stub_violation *entry;

	if (nr >= STUB_VIOLATIONS_MAX)
		return;
	entry = &stub_violations.first[nr];
	entry->kind = kind;
	entry->object = (u32)(uintptr_t)object;
	for (u32 i = 0; i < sizeof(entry->task); i++)
		entry->task[i] = current_task ? current_task->comm[i] : 0;
}

void warn_on(const char *where)
{
	stub_violation(STUB_WARNED, where);
}

void refcount_inc(refcount_t *r)
{
	if (atomic_inc_return(&r->refs) <= 1)
		stub_violation(STUB_REFERENCE_UNDERFLOW, r);
}

bool refcount_dec_and_test(refcount_t *r)
{
	int left = atomic_dec_return(&r->refs);

	if (left < 0)
		stub_violation(STUB_REFERENCE_UNDERFLOW, r);
	return left == 0;
}
