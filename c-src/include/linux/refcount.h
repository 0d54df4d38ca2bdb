/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference counts that report wrong use, and then stay at a value from which they neither free anything nor wrap.
 * Mostly one should use these and not an atomic_t.
 */
#ifndef _LINUX_REFCOUNT_H
#define _LINUX_REFCOUNT_H

#include <linux/atomic.h>

struct mutex;
struct spinlock;

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }
#define REFCOUNT_MAX 0x7fffffff
#define REFCOUNT_SATURATED (-0x40000000)

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

enum refcount_saturation_type {
	REFCOUNT_ADD_NOT_ZERO_OVF,
	REFCOUNT_ADD_OVF,
	REFCOUNT_ADD_UAF,
	REFCOUNT_SUB_UAF,
	REFCOUNT_DEC_LEAK,
};

/* Reports it, and puts the count where it stays. */
void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type type);

static inline void refcount_add(int n, refcount_t *r)
{
	int old = atomic_fetch_add_relaxed(n, &r->refs);

	if (unlikely(!old))
		refcount_warn_saturate(r, REFCOUNT_ADD_UAF);
	else if (unlikely(old < 0 || old > REFCOUNT_MAX - n))
		refcount_warn_saturate(r, REFCOUNT_ADD_OVF);
}

static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

/* False, and nothing is added, where it is 0. */
static inline bool __must_check refcount_add_not_zero(int n, refcount_t *r)
{
	int old = atomic_fetch_add_unless(&r->refs, n, 0);

	if (unlikely(old && (old < 0 || old > REFCOUNT_MAX - n)))
		refcount_warn_saturate(r, REFCOUNT_ADD_NOT_ZERO_OVF);
	return old;
}

static inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	return refcount_add_not_zero(1, r);
}

/* Of one reference that is not the last. */
static inline void refcount_dec(refcount_t *r)
{
	if (unlikely(atomic_fetch_sub_release(1, &r->refs) <= 1))
		refcount_warn_saturate(r, REFCOUNT_DEC_LEAK);
}

/* Returns whether that was the last one. */
static inline bool __must_check refcount_sub_and_test(int n, refcount_t *r)
{
	int old = atomic_fetch_sub(n, &r->refs);

	if (old > 0 && old == n)
		return true;
	if (unlikely(old <= 0 || old < n))
		refcount_warn_saturate(r, REFCOUNT_SUB_UAF);
	return false;
}

static inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

/* From 1 to 0, or not at all. */
bool __must_check refcount_dec_if_one(refcount_t *r);
/* False, and nothing is taken, where it is 1. */
bool __must_check refcount_dec_not_one(refcount_t *r);

/* Returns whether that was the last one, and holds the lock then. */
bool __must_check refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock);
bool __must_check refcount_dec_and_lock(refcount_t *r, struct spinlock *lock);
bool __must_check refcount_dec_and_lock_irqsave(refcount_t *r, struct spinlock *lock, unsigned long *flags);

#endif
