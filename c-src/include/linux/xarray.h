/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

#include <linux/spinlock.h>
#include <linux/types.h>

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
void *xa_load(struct xarray *xa, unsigned long index);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
/* The entry at *@index, or else the first one behind it, where *@index is then. */
void *xa_find(struct xarray *xa, unsigned long *index);

/* Entries may come and go meanwhile. */
#define xa_for_each(xa, index, entry) \
	for ((index) = 0; ((entry) = xa_find((xa), &(index))); (index)++)

/* With xa_lock held. */
void *__xa_load(struct xarray *xa, unsigned long index);
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);

#endif
