// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reference counts that report wrong use. Once that has happened the count is put far below zero, where nothing that
 * is left to be done to it frees the object.
 */
#include <linux/refcount.h>

#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "kernel/stub.h"

static void saturate(refcount_t *r, enum stub_violation_kind kind)
{
	refcount_set(r, REFCOUNT_SATURATED);
	stub_violation(kind, r);
}

/* @old was not zero. */
static void check_grown(refcount_t *r, int old, int n)
{
	if (old < 0 || old > REFCOUNT_MAX - n)
		saturate(r, STUB_REFERENCE_SATURATED);
}

void refcount_add(int n, refcount_t *r)
{
	int old = atomic_fetch_add_relaxed(n, &r->refs);

	if (!old)
		saturate(r, STUB_REFERENCE_REVIVED);
	else
		check_grown(r, old, n);
}

void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

bool refcount_add_not_zero(int n, refcount_t *r)
{
	int old = atomic_fetch_add_unless(&r->refs, n, 0);

	if (old)
		check_grown(r, old, n);
	return old;
}

bool refcount_inc_not_zero(refcount_t *r)
{
	return refcount_add_not_zero(1, r);
}

void refcount_dec(refcount_t *r)
{
	if (atomic_fetch_sub_release(1, &r->refs) <= 1)
		saturate(r, STUB_REFERENCE_SATURATED);
}

bool refcount_sub_and_test(int n, refcount_t *r)
{
	int old = atomic_fetch_sub(n, &r->refs);

	if (old > 0 && old == n)
		return true;
	if (old <= 0 || old < n)
		saturate(r, STUB_REFERENCE_UNDERFLOW);
	return false;
}

bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
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
			saturate(r, STUB_REFERENCE_UNDERFLOW);
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

bool refcount_dec_and_lock(refcount_t *r, struct spinlock *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);
	return false;
}

bool refcount_dec_and_lock_irqsave(refcount_t *r, struct spinlock *lock, unsigned long *flags)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock_irqsave(lock, *flags);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock_irqrestore(lock, *flags);
	return false;
}
