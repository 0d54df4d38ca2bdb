// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel has, the code calls, and nobody has written here. The program was linked all the same; what is done where that
 * is reached shows nothing of the kernel.
 */
#include "kernel/stub.h"

/* Called by what stands in its place. */
__attribute__((used)) void stub_missing(const char *name)
{
	stub_violation(STUB_MISSING_FUNCTION, name);
}
