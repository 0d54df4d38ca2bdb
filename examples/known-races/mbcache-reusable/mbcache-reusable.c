// SPDX-License-Identifier: GPL-2.0-only
/*
 * From fs/mbcache.c and fs/ext4/xattr.c: a cache of blocks that several inodes can use, shrunk
 * by a worker. Left out: the hash table, and that an entry is freed.
 */
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct mb_cache_entry {
	u32 e_key;
	u32 e_referenced:1;
	u32 e_reusable:1;
	u64 e_value;
};

struct mb_cache {
	spinlock_t c_list_lock;
	struct mb_cache_entry *c_list;
	struct work_struct c_shrink_work;
};

static struct mb_cache_entry ce = { .e_referenced = 1, .e_reusable = 1 };
static struct mb_cache cache = { .c_list = &ce };

static void mb_cache_shrink_worker(struct work_struct *work)
{
	struct mb_cache *cache = container_of(work, struct mb_cache, c_shrink_work);

	spin_lock(&cache->c_list_lock);
	cache->c_list->e_referenced = 0;	/* once more around the list */
	spin_unlock(&cache->c_list_lock);
}

/* There are too many entries. */
void mb_cache_entry_create(struct mb_cache *cache)
{
	INIT_WORK(&cache->c_shrink_work, mb_cache_shrink_worker);
	schedule_work(&cache->c_shrink_work);
}

/* The block gets the last user that it can have. */
void ext4_xattr_block_set(struct mb_cache_entry *ce)
{
	ce->e_reusable = 0;
}

bool mb_cache_entry_reusable(const struct mb_cache_entry *ce)
{
	return ce->e_reusable;
}

bool mb_cache_entry_referenced(const struct mb_cache_entry *ce)
{
	return ce->e_referenced;
}
