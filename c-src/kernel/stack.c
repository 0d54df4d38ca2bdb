// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stack that is about to outgrow its area. What calls this was put into the code after it was compiled, in
 * front of whatever moves the stack pointer down; the stack is emptied before this is called.
 */
#include "kernel/stub.h"

/* Never comes back: below the stack, other threads have theirs. */
__attribute__((export_name("stub_stack_overflow"), used, __noinline__))
void stub_stack_overflow(void)
{
	struct stub_violation *entry = stub_violation_begin(STUB_STACK_OVERFLOW, NULL);

	if (entry)
		entry->frames = stub_backtrace(entry->frame, STUB_FRAMES);
	__builtin_trap();
}
