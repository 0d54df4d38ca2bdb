// SPDX-License-Identifier: GPL-2.0-only
/* Failures on demand, so that every unwind path can be driven. */
#include <linux/errno.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

/* Calls that are left up to the one that fails, one count a function. Few machines ever need them. */
static u32 *countdown(void)
{
	static const char key;

	return stub_static_of(NULL, &key, LAB_FAULTS * sizeof(u32));
}

bool stub_should_fail(enum lab_fault what)
{
	if (__builtin_expect(!current_task->arena->faults, 1))
		return false;
	return __atomic_load_n(&countdown()[what], __ATOMIC_RELAXED) &&
	       __atomic_fetch_sub(&countdown()[what], 1, __ATOMIC_SEQ_CST) == 1;
}

int stub_fail_nth(enum lab_fault what, u32 nth)
{
	u32 *counts = countdown();

	if (what >= LAB_FAULTS || !counts)
		return -ENOENT;
	__atomic_store_n(&counts[what], nth, __ATOMIC_SEQ_CST);
	current_task->arena->faults = 1;
	return 0;
}
