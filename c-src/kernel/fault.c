// SPDX-License-Identifier: GPL-2.0-only
/* Failures on demand, so that every unwind path can be driven, and counts of what could have failed. */
#include "kernel/stub.h"

#include "kernel/fault.h"

bool stub_faults_used;

bool stub_fault(struct stub_fault *fault)
{
	if (!current_task->arena->faults)
		return false;
	__atomic_fetch_add(&fault->calls, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&fault->left, __ATOMIC_RELAXED) &&
	       __atomic_fetch_sub(&fault->left, 1, __ATOMIC_SEQ_CST) == 1;
}

void stub_fail_nth(struct stub_fault *fault, u32 nth)
{
	__atomic_store_n(&fault->calls, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&fault->left, nth, __ATOMIC_SEQ_CST);
	current_task->arena->faults = 1;
	__atomic_store_n(&stub_faults_used, true, __ATOMIC_RELAXED);
}

u32 stub_fault_calls(const struct stub_fault *fault)
{
	return __atomic_load_n(&fault->calls, __ATOMIC_SEQ_CST);
}
