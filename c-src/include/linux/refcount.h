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

void refcount_add(int n, refcount_t *r);
void refcount_inc(refcount_t *r);
/* False, and nothing is added, where it is 0. */
bool __must_check refcount_add_not_zero(int n, refcount_t *r);
bool __must_check refcount_inc_not_zero(refcount_t *r);

/* Of one reference that is not the last. */
void refcount_dec(refcount_t *r);
/* Returns whether that was the last one. */
bool __must_check refcount_sub_and_test(int n, refcount_t *r);
bool __must_check refcount_dec_and_test(refcount_t *r);
/* From 1 to 0, or not at all. */
bool __must_check refcount_dec_if_one(refcount_t *r);
/* False, and nothing is taken, where it is 1. */
bool __must_check refcount_dec_not_one(refcount_t *r);

/* Returns whether that was the last one, and holds the lock then. */
bool __must_check refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock);
bool __must_check refcount_dec_and_lock(refcount_t *r, struct spinlock *lock);
bool __must_check refcount_dec_and_lock_irqsave(refcount_t *r, struct spinlock *lock, unsigned long *flags);

#endif
