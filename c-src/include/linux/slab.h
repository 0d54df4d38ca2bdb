/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/types.h>

/* An object of no bytes, which may be freed, and not be looked at. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(object) ((uintptr_t)(object) <= (uintptr_t)ZERO_SIZE_PTR)

void *kmalloc(size_t bytes, gfp_t gfp);
void *kzalloc(size_t bytes, gfp_t gfp);
/* Not in one piece of real memory, and so of any size. */
void *kvmalloc(size_t bytes, gfp_t gfp);
void *kvzalloc(size_t bytes, gfp_t gfp);
void *kmemdup(const void *from, size_t bytes, gfp_t gfp);
/*
 * Elsewhere, as large as that, with what fits of it; NULL, and it is still there, where there is no memory. Of no bytes:
 * it is freed.
 */
void *krealloc(const void *object, size_t bytes, gfp_t gfp);
void kfree(const void *object);
void kvfree(const void *object);
/* The allocator overwrites all that is freed. */
#define kfree_sensitive(object) kfree(object)

/* NULL where the size of all does not fit. */
#define kmalloc_array(n, bytes, gfp) kmalloc(size_mul((n), (bytes)), (gfp))
#define kcalloc(n, bytes, gfp) kzalloc(size_mul((n), (bytes)), (gfp))
#define krealloc_array(object, n, bytes, gfp) krealloc((object), size_mul((n), (bytes)), (gfp))
#define kvmalloc_array(n, bytes, gfp) kvmalloc(size_mul((n), (bytes)), (gfp))
#define kvcalloc(n, bytes, gfp) kvzalloc(size_mul((n), (bytes)), (gfp))

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

#endif
