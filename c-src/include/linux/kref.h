/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KREF_H
#define _LINUX_KREF_H

#include <linux/refcount.h>

struct kref {
	refcount_t refcount;
};

#define KREF_INIT(n) { REFCOUNT_INIT(n) }

/* There is one reference, its maker's. */
static inline void kref_init(struct kref *ref)
{
	refcount_set(&ref->refcount, 1);
}

static inline void kref_get(struct kref *ref)
{
	refcount_inc(&ref->refcount);
}

static inline int __must_check kref_get_unless_zero(struct kref *ref)
{
	return refcount_inc_not_zero(&ref->refcount);
}

static inline unsigned int kref_read(const struct kref *ref)
{
	return refcount_read(&ref->refcount);
}

/* Each returns whether it has released the object; the locks are held by @release, which gives them back. */
static inline int kref_put(struct kref *ref, void (*release)(struct kref *ref))
{
	bool last = refcount_dec_and_test(&ref->refcount);

	if (last)
		release(ref);
	return last;
}

static inline int kref_put_mutex(struct kref *ref, void (*release)(struct kref *ref), struct mutex *lock)
{
	bool last = refcount_dec_and_mutex_lock(&ref->refcount, lock);

	if (last)
		release(ref);
	return last;
}

static inline int kref_put_lock(struct kref *ref, void (*release)(struct kref *ref), struct spinlock *lock)
{
	bool last = refcount_dec_and_lock(&ref->refcount, lock);

	if (last)
		release(ref);
	return last;
}

#endif
