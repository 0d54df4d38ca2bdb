/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

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

#define DEFINE_XARRAY(name) struct xarray name = { __SPIN_LOCK_UNLOCKED(name), 0, NULL }

#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)

void xa_init(struct xarray *xa);
/* Takes no lock; the caller may hold it. */
void *xa_load(struct xarray *xa, unsigned long index);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
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

/* With xa_lock held. */
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);

#endif
