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

/* As in a kernel without caches for allocation sites, and without such for sizes of users. */
#define DECL_TOKEN_PARAMS(size, token) size_t size
#define DECL_KMALLOC_PARAMS(size, buckets, token) size_t size
#define NUMA_NO_NODE (-1)

void *__kmalloc_noprof(DECL_TOKEN_PARAMS(size, token), gfp_t flags);
void *__kvmalloc_node_noprof(DECL_KMALLOC_PARAMS(size, b, token), unsigned long align, gfp_t flags, int node);
void *kmemdup_noprof(const void *from, size_t bytes, gfp_t gfp);
void *krealloc_node_align_noprof(const void *object, DECL_TOKEN_PARAMS(size, token), unsigned long align, gfp_t flags, int node);
void *kvrealloc_node_align_noprof(const void *object, DECL_TOKEN_PARAMS(size, token), unsigned long align, gfp_t flags,
				  int node);
void kfree(const void *object);
void kvfree(const void *object);
/* The allocator overwrites all that is freed. */
void kfree_sensitive(const void *object);
/* Bytes that there are of it. */
size_t ksize(const void *object);

#define kmalloc(size, gfp) __kmalloc_noprof((size), (gfp))
#define kzalloc(size, gfp) kmalloc((size), (gfp) | __GFP_ZERO)
/* Not in one piece of real memory, and so of any size. */
#define kvmalloc(size, gfp) __kvmalloc_node_noprof((size), 1, (gfp), NUMA_NO_NODE)
#define kvzalloc(size, gfp) kvmalloc((size), (gfp) | __GFP_ZERO)
#define kmemdup(from, size, gfp) kmemdup_noprof((from), (size), (gfp))
/*
 * Elsewhere, as large as that, with what fits of it; NULL, and it is still there, where there is no memory. Of no bytes:
 * it is freed.
 */
#define krealloc(object, size, gfp) krealloc_node_align_noprof((object), (size), 1, (gfp), NUMA_NO_NODE)
#define kvrealloc(object, size, gfp) kvrealloc_node_align_noprof((object), (size), 1, (gfp), NUMA_NO_NODE)

/* NULL where the size of all does not fit. */
#define kmalloc_array(n, bytes, gfp) kmalloc(size_mul((n), (bytes)), (gfp))
#define kcalloc(n, bytes, gfp) kzalloc(size_mul((n), (bytes)), (gfp))
#define krealloc_array(object, n, bytes, gfp) krealloc((object), size_mul((n), (bytes)), (gfp))
#define kvmalloc_array(n, bytes, gfp) kvmalloc(size_mul((n), (bytes)), (gfp))
#define kvcalloc(n, bytes, gfp) kvzalloc(size_mul((n), (bytes)), (gfp))

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

#endif
