// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reference counts that report wrong use. Once that has happened the count is put far below zero, where nothing that
 * is left to be done to it frees the object.
 */
#include <linux/refcount.h>

#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "kernel/stub.h"

void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type type)
{
	static const enum stub_violation_kind kind[] = {
		[REFCOUNT_ADD_NOT_ZERO_OVF] = STUB_REFERENCE_SATURATED,
		[REFCOUNT_ADD_OVF] = STUB_REFERENCE_SATURATED,
		[REFCOUNT_ADD_UAF] = STUB_REFERENCE_REVIVED,
		[REFCOUNT_SUB_UAF] = STUB_REFERENCE_UNDERFLOW,
		[REFCOUNT_DEC_LEAK] = STUB_REFERENCE_SATURATED,
	};

	refcount_set(r, REFCOUNT_SATURATED);
	stub_violation(kind[type], r);
}

bool refcount_dec_if_one(refcount_t *r)
{
	int one = 1;

	return atomic_try_cmpxchg_release(&r->refs, &one, 0);
}

/* A count that is saturated already stays as it is, and is not the last one. */
bool refcount_dec_not_one(refcount_t *r)
{
	int seen = atomic_read(&r->refs);

	do {
		if (seen == REFCOUNT_SATURATED)
			return true;
		if (seen == 1)
			return false;
		if (seen <= 0) {
			refcount_warn_saturate(r, REFCOUNT_SUB_UAF);
			return true;
		}
	} while (!atomic_try_cmpxchg_release(&r->refs, &seen, seen - 1));
	return true;
}

bool refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	mutex_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	mutex_unlock(lock);
	return false;
}

bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);
	return false;
}

bool refcount_dec_and_lock_irqsave(refcount_t *r, spinlock_t *lock, unsigned long *flags)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock_irqsave(lock, *flags);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock_irqrestore(lock, *flags);
	return false;
}
