// SPDX-License-Identifier: GPL-2.0-only
/* Failures on demand, so that every unwind path can be driven, and counts of what could have failed. */
#include <linux/errno.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

bool stub_faults_used;

struct fault {
	u32 calls;
	u32 left;			/* calls up to the one that fails; 0: none */
};

/* One a function. Few machines ever need them. */
static struct fault *faults(void)
{
	static const char key;

	return stub_static_of(NULL, &key, LAB_FAULTS * sizeof(struct fault));
}

bool stub_fault(enum lab_fault what)
{
	struct fault *fault;

	if (!current_task->arena->faults)
		return false;
	fault = &faults()[what];
	__atomic_fetch_add(&fault->calls, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&fault->left, __ATOMIC_RELAXED) &&
	       __atomic_fetch_sub(&fault->left, 1, __ATOMIC_SEQ_CST) == 1;
}

int stub_fail_nth(enum lab_fault what, u32 nth)
{
	struct fault *all = faults();

	if (what >= LAB_FAULTS || !all)
		return -ENOENT;
	__atomic_store_n(&all[what].calls, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&all[what].left, nth, __ATOMIC_SEQ_CST);
	current_task->arena->faults = 1;
	__atomic_store_n(&stub_faults_used, true, __ATOMIC_RELAXED);
	return 0;
}

s64 stub_fault_calls(enum lab_fault what)
{
	struct fault *all = faults();

	if (what >= LAB_FAULTS || !all)
		return -ENOENT;
	return __atomic_load_n(&all[what].calls, __ATOMIC_SEQ_CST);
}
