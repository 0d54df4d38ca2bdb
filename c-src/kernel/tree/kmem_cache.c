// SPDX-License-Identifier: GPL-2.0-only
/* Caches of objects: each is an allocation of its own, so that what is freed is as gone as anything else. */
#include <linux/slab.h>

#include <linux/string.h>

#include "kernel/compat.h"
#include "kernel/stub.h"

struct kmem_cache {
	const char *name;
	size_t size;
	void (*constructor)(void *object);
};

static struct kmem_cache *create(const char *name, size_t size, void (*constructor)(void *object))
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	if (cache)
		*cache = (struct kmem_cache){ name, size, constructor };
	return cache;
}

#ifdef stub_cache_args
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args, slab_flags_t flags)
{
	return create(name, size, args->ctor);
}
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				     void (*constructor)(void *object))
{
	return create(name, size, constructor);
}
#endif

void kmem_cache_destroy(struct kmem_cache *cache)
{
	kfree(cache);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *cache, gfp_t gfp)
{
	void *object = kmalloc(cache->size, gfp);

	if (object && cache->constructor)
		cache->constructor(object);
	return object;
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	return kmem_cache_alloc_noprof(cache, gfp);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	kfree(object);
}
