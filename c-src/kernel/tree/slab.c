// SPDX-License-Identifier: GPL-2.0-only
/* What else a kernel's headers call for memory: caches of objects, virtual memory, and freeing after a grace period. */
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/preempt.h>

#include "kernel/compat.h"
#include "kernel/stub.h"
#include "kernel/tree/slab.h"

/* Calls of a size that is known name a cache by it: none is needed. */
__typeof__(kmalloc_caches) kmalloc_caches;

void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t size)
{
	return stub_kmalloc(size, flags);
}

void *__kmalloc_cache_node_noprof(struct kmem_cache *cache, gfp_t flags, int node, size_t size)
{
	return stub_kmalloc(size, flags);
}

void *__kmalloc_large_noprof(size_t size, gfp_t flags)
{
	return stub_kmalloc(size, flags);
}

void *__kmalloc_large_node_noprof(size_t size, gfp_t flags, int node)
{
	return stub_kmalloc(size, flags);
}

void *__kmalloc_node_noprof(DECL_KMALLOC_PARAMS(size, b, token), gfp_t flags, int node)
{
	return stub_kmalloc(size, flags);
}

void *__kmalloc_node_track_caller_noprof(DECL_KMALLOC_PARAMS(size, b, token), gfp_t flags, int node, unsigned long caller)
{
	return stub_kmalloc(size, flags);
}

/* ---- caches ---- */

static struct kmem_cache *make_cache(unsigned int size, void (*ctor)(void *object))
{
	struct kmem_cache *cache = stub_kmalloc(sizeof(*cache), GFP_KERNEL);

	if (cache)
		*cache = (struct kmem_cache){ size, ctor, 0 };
	return cache;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *object))
{
	return make_cache(size, ctor);
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
					      unsigned int offset, unsigned int bytes, void (*ctor)(void *object))
{
	return make_cache(size, ctor);
}
#else
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	return make_cache(size, args->ctor);
}
#endif

/* One with objects stays: they may be freed yet. */
void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (!cache)
		return;
	stub_might_sleep(cache);
	if (!WARN_ON(__atomic_load_n(&cache->objects, __ATOMIC_RELAXED)))
		kfree(cache);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *cache, gfp_t flags)
{
	void *object = stub_kmalloc(cache->size, flags);

	if (!object)
		return NULL;
	__atomic_fetch_add(&cache->objects, 1, __ATOMIC_RELAXED);
	if (cache->ctor)
		cache->ctor(object);
	return object;
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *cache, struct list_lru *lru, gfp_t flags)
{
	return kmem_cache_alloc_noprof(cache, flags);
}

void *kmem_cache_alloc_node_noprof(struct kmem_cache *cache, gfp_t flags, int node)
{
	return kmem_cache_alloc_noprof(cache, flags);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (object)
		__atomic_fetch_sub(&cache->objects, 1, __ATOMIC_RELAXED);
	kfree(object);
}

/* ---- virtual memory ---- */

/* There are no pages of nothing. */
static void *make_virtual(unsigned long size, gfp_t gfp)
{
	return WARN_ON(!size) ? NULL : stub_kvmalloc(size, gfp);
}

void *vmalloc_noprof(unsigned long size)
{
	return make_virtual(size, GFP_KERNEL);
}

void *vzalloc_noprof(unsigned long size)
{
	return make_virtual(size, GFP_KERNEL | __GFP_ZERO);
}

/* In an interrupt it is left to a worker; anywhere else the caller may have to wait. */
void vfree(const void *object)
{
	if (!in_interrupt())
		stub_might_sleep(object);
	kfree(object);
}

/* ---- after a grace period ---- */

/* The head lies in the object, wherever its type has it. */
static void free_holder(struct rcu_head *head)
{
	struct stub_extent extent;

	if (stub_find_object(current_task->arena, (u32)(uintptr_t)head, &extent))
		kfree((void *)(uintptr_t)extent.start);
	else
		kfree(head);
}

/* What has no head of its own in it. */
struct headless {
	struct rcu_head head;
	const void *object;
};

static void free_headless(struct rcu_head *head)
{
	kvfree(container_of(head, struct headless, head)->object);
}

/* Without a head the caller may be made to wait; whether it is does not show. */
void kvfree_call_rcu(struct stub_kvfree_head *head, stub_rcu_object object)
{
	struct headless *own;

	if (head) {
		call_rcu((struct rcu_head *)head, free_holder);
		return;
	}
	stub_might_sleep((const void *)object);
	own = stub_keep(sizeof(*own));
	if (!own)
		return;
	own->object = (const void *)object;
	call_rcu(&own->head, free_headless);
}
