// SPDX-License-Identifier: GPL-2.0-only
/* Reference counts that report wrong use. */
#include <linux/refcount.h>

#include "kernel/stub.h"

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
