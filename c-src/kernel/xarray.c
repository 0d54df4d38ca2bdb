// SPDX-License-Identifier: GPL-2.0-only
/*
 * The xarray, kept as the kernel keeps its smallest ones: a lone entry at index 0 sits in the head
 * itself, where it is found without a lock. All other entries hang in a list under xa_lock.
 */
#include <linux/xarray.h>

#include <linux/errno.h>
#include <linux/slab.h>

#include "kernel/stub.h"

struct node {
	struct node *next;
	unsigned long index;
	void *entry;
};

/* A head points to the entry at index 0, or, marked, to the list. Entries are aligned pointers. */
#define IS_LIST 2ul

static inline struct node *list_of(void *head)
{
	uintptr_t bits = (uintptr_t)head;

	return bits & IS_LIST ? (struct node *)(bits & ~IS_LIST) : NULL;
}

static inline void *head_of(struct node *list)
{
	return list ? (void *)((uintptr_t)list | IS_LIST) : NULL;
}

static inline void *read_head(void **slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static inline void publish(void **slot, void *head)
{
	__atomic_store_n(slot, head, __ATOMIC_RELEASE);
}

static void *load(struct xarray *xa, unsigned long index)
{
	void *head = read_head(&xa->xa_head);

	if (!((uintptr_t)head & IS_LIST))
		return index ? NULL : head;
	for (struct node *node = list_of(head); node; node = node->next)
		if (node->index == index)
			return node->entry;
	return NULL;
}

/* A reader finds its way among entries that come and go by the lock, where it does not hold that already. */
void *xa_load(struct xarray *xa, unsigned long index)
{
	void *head = read_head(&xa->xa_head);
	void *entry;

	if (!((uintptr_t)head & IS_LIST))
		return index ? NULL : head;
	if (lockdep_is_held(&xa->xa_lock))
		return load(xa, index);

	xa_lock(xa);
	entry = load(xa, index);
	xa_unlock(xa);
	return entry;
}

/* The first one in [from, max]; all that are there are what is asked for. */
static void *find(struct xarray *xa, unsigned long from, unsigned long max, unsigned long *index)
{
	const struct node *found = NULL;
	bool held = lockdep_is_held(&xa->xa_lock);
	void *entry = NULL;
	void *head;

	if (!held)
		xa_lock(xa);
	head = xa->xa_head;
	if (!((uintptr_t)head & IS_LIST) && head && !from) {
		*index = 0;
		entry = head;
	}
	for (const struct node *node = list_of(head); node; node = node->next)
		if (node->index >= from && node->index <= max && (!found || node->index < found->index))
			found = node;
	if (found) {
		*index = found->index;
		entry = found->entry;
	}
	if (!held)
		xa_unlock(xa);
	return entry;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	WARN_ON(filter != XA_PRESENT);
	return find(xa, *index, max, index);
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	WARN_ON(filter != XA_PRESENT);
	return *index < max ? find(xa, *index + 1, max, index) : NULL;
}

static struct node *new_node(unsigned long index, void *entry, struct node *next, gfp_t gfp)
{
	/* A kernel drops the lock while an allocation sleeps; here none ever does. */
	struct node *node = stub_kmalloc(sizeof(*node), gfp & ~__GFP_DIRECT_RECLAIM);

	if (node)
		*node = (struct node){ next, index, entry };
	return node;
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void **slot = &xa->xa_head;
	struct node *list, *node;
	void *head;

	/* A place that is reserved without an entry would be such a one as well. */
	if (WARN_ON(!entry || (uintptr_t)entry & IS_LIST))
		return -EINVAL;
	if (load(xa, index))
		return -EBUSY;

	head = *slot;
	if (!head && !index) {
		publish(slot, entry);
		return 0;
	}

	list = list_of(head);
	if (head && !list) {
		list = new_node(0, head, NULL, gfp);
		if (!list)
			return -ENOMEM;
		publish(slot, head_of(list));
	}
	node = new_node(index, entry, list, gfp);
	if (!node)
		return -ENOMEM;
	publish(slot, head_of(node));
	return 0;
}

/* Puts another one in the place of what is there. */
static void replace(struct xarray *xa, unsigned long index, void *entry)
{
	struct node *node = list_of(xa->xa_head);

	while (node && node->index != index)
		node = node->next;
	if (node)
		__atomic_store_n(&node->entry, entry, __ATOMIC_RELEASE);
	else
		publish(&xa->xa_head, entry);
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	void *seen = load(xa, index);
	int ret = 0;

	if (seen != old || seen == entry)
		return seen;
	if (!entry)
		__xa_erase(xa, index);
	else if (seen)
		replace(xa, index, entry);
	else
		ret = __xa_insert(xa, index, entry, gfp);
	/* An error has an entry's form of its own. */
	return ret ? (void *)(((unsigned long)ret << 2) | 2) : seen;
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __xa_cmpxchg(xa, index, load(xa, index), entry, gfp);
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void *old;

	if (gfpflags_allow_blocking(gfp))
		stub_might_sleep(xa);
	xa_lock(xa);
	old = __xa_store(xa, index, entry, gfp);
	xa_unlock(xa);
	return old;
}

/* At the first index in the limits that has none. */
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	unsigned long index = limit.min;

	if (WARN_ON(!(xa->xa_flags & XA_FLAGS_ALLOC)))
		return -EINVAL;
	while (index <= limit.max && load(xa, index))
		index++;
	if (index > limit.max)
		return -EBUSY;
	*id = (u32)index;
	return __xa_insert(xa, index, entry, gfp);
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	void **slot = &xa->xa_head;
	struct node *node, **link;
	struct node *list;
	void *entry = NULL;

	if (*slot && !list_of(*slot)) {
		if (index)
			return NULL;
		entry = *slot;
		publish(slot, NULL);
		return entry;
	}

	list = list_of(*slot);
	for (link = &list; (node = *link); link = &node->next) {
		if (node->index != index)
			continue;
		entry = node->entry;
		*link = node->next;
		kfree(node);
		break;
	}
	publish(slot, head_of(list));
	return entry;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	void *entry;

	xa_lock(xa);
	entry = __xa_erase(xa, index);
	xa_unlock(xa);
	return entry;
}

/* What the entries point to is the caller's. */
void xa_destroy(struct xarray *xa)
{
	unsigned long flags;
	struct node *node, *next;

	spin_lock_irqsave(&xa->xa_lock, flags);
	node = list_of(xa->xa_head);
	publish(&xa->xa_head, NULL);
	for (; node; node = next) {
		next = node->next;
		kfree(node);
	}
	spin_unlock_irqrestore(&xa->xa_lock, flags);
}
