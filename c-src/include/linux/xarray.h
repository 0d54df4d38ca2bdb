/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Of marks there is the one that every entry has. */
typedef unsigned int __bitwise xa_mark_t;
#define XA_PRESENT ((__force xa_mark_t)8u)

struct xarray {
	spinlock_t xa_lock;
	gfp_t xa_flags;
	void *xa_head;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct xarray) == 16, "xarray");
#endif

/* It gives out places by itself: xa_alloc(). */
#define XA_FLAGS_ALLOC ((__force gfp_t)4u)

#define DEFINE_XARRAY_FLAGS(name, flags) struct xarray name = { __SPIN_LOCK_UNLOCKED(name), (flags), NULL }
#define DEFINE_XARRAY(name) DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)

#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)

static inline void xa_init_flags(struct xarray *xa, gfp_t flags)
{
	xa->xa_head = NULL;
	xa->xa_flags = flags;
	spin_lock_init(&xa->xa_lock);
}

static inline void xa_init(struct xarray *xa)
{
	xa_init_flags(xa, 0);
}

static inline bool xa_empty(const struct xarray *xa)
{
	return !READ_ONCE(xa->xa_head);
}

/* Takes no lock; the caller may hold it. */
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_erase(struct xarray *xa, unsigned long index);
/* The entry at *@index, or else the first one behind it up to @max, where *@index is then, */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
/* ... and the first one behind it in any case. */
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);

/* Entries may come and go meanwhile. */
#define xa_for_each_range(xa, index, entry, start, last)				\
	for ((index) = (start), (entry) = xa_find((xa), &(index), (last), XA_PRESENT);	\
	     (entry); (entry) = xa_find_after((xa), &(index), (last), XA_PRESENT))
#define xa_for_each_start(xa, index, entry, start) xa_for_each_range(xa, index, entry, start, ULONG_MAX)
#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)

/* What was there before; NULL: nothing. An errno that xa_err() returns where there is no memory. */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
/* The entries go, and not what they point to. */
void xa_destroy(struct xarray *xa);

static inline int xa_err(void *entry)
{
	return ((unsigned long)entry & 3) == 2 ? (int)((long)entry >> 2) : 0;
}

/* Of indices, both included. */
struct xa_limit {
	u32 max, min;
};

#define XA_LIMIT(low, high) (struct xa_limit){ .min = (low), .max = (high) }
#define xa_limit_32b XA_LIMIT(0, UINT_MAX)
#define xa_limit_31b XA_LIMIT(0, INT_MAX)

/* With xa_lock held, which may be dropped where an allocation may sleep. */
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
/* The same, where @old is what is there. */
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);

static inline int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	int ret;

	might_sleep_if(gfpflags_allow_blocking(gfp));
	xa_lock(xa);
	ret = __xa_insert(xa, index, entry, gfp);
	xa_unlock(xa);
	return ret;
}

static inline int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	int ret;

	might_sleep_if(gfpflags_allow_blocking(gfp));
	xa_lock(xa);
	ret = __xa_alloc(xa, id, entry, limit, gfp);
	xa_unlock(xa);
	return ret;
}

#endif
