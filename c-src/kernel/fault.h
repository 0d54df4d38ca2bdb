/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be made to fail: the n-th call from now of a function that can fail in a kernel too. Such a function has a
 * variable of its own, which goes by its name: scenarios find it there.
 */
#ifndef LOSTBIT_KERNEL_FAULT_H
#define LOSTBIT_KERNEL_FAULT_H

#include <linux/types.h>

#include "kernel/stub.h"

struct stub_fault {
	u32 calls;
	u32 left;			/* calls up to the one that fails; 0: none */
};

/* At file scope, where the function is. */
#define STUB_FAULT(function) __machine struct stub_fault stub_fault_##function
#define stub_should_fail(function) \
	(__builtin_expect(stub_faults_used, 0) && stub_fault(&stub_fault_##function))

/* Some machine has a fault set: a hint that costs the others one load. */
extern bool stub_faults_used;
bool stub_fault(struct stub_fault *fault);

/* From here on its calls are counted from 0, and the n-th fails; 0: none does. */
void stub_fail_nth(struct stub_fault *fault, u32 nth);
/* Calls since then, or since the first fault of any kind. */
u32 stub_fault_calls(const struct stub_fault *fault);

#endif
