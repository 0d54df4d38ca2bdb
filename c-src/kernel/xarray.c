// SPDX-License-Identifier: GPL-2.0-only
/*
 * The xarray, kept as the kernel keeps its smallest ones: a lone entry at index 0 sits in the head
 * itself, where it is found without a lock. All other entries hang in a list under xa_lock.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/xarray.h>

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

/* A static xarray serves all machines; each has a head of its own for it. */
static inline void **head_in(const struct xarray *xa)
{
	if (stub_arena_has(xa))
		return (void **)&xa->xa_head;
	return stub_static_of(NULL, xa, sizeof(void *));
}

static inline void *read_head(void **slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static inline void publish(void **slot, void *head)
{
	__atomic_store_n(slot, head, __ATOMIC_RELEASE);
}

void xa_init(struct xarray *xa)
{
	spin_lock_init(&xa->xa_lock);
	xa->xa_flags = 0;
	xa->xa_head = NULL;
}

void *__xa_load(struct xarray *xa, unsigned long index)
{
	void **slot = head_in(xa);
	void *head = slot ? read_head(slot) : NULL;

	if (!((uintptr_t)head & IS_LIST))
		return index ? NULL : head;
	for (struct node *node = list_of(head); node; node = node->next)
		if (node->index == index)
			return node->entry;
	return NULL;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	void **slot = head_in(xa);
	void *head = slot ? read_head(slot) : NULL;
	void *entry;

	if (!((uintptr_t)head & IS_LIST))
		return index ? NULL : head;

	xa_lock(xa);
	entry = __xa_load(xa, index);
	xa_unlock(xa);
	return entry;
}

void *xa_find(struct xarray *xa, unsigned long *index)
{
	const struct node *found = NULL;
	void *entry = NULL;
	void *head;

	xa_lock(xa);
	head = *head_in(xa);
	if (!((uintptr_t)head & IS_LIST) && !*index)
		entry = head;
	for (const struct node *node = list_of(head); node; node = node->next)
		if (node->index >= *index && (!found || node->index < found->index))
			found = node;
	if (found) {
		*index = found->index;
		entry = found->entry;
	}
	xa_unlock(xa);
	return entry;
}

/* Nodes that an insert takes up: none for a lone entry at index 0, and two where it is no longer alone. */
static int nodes_for(void *head, unsigned long index)
{
	if (!head)
		return index ? 1 : 0;
	return list_of(head) ? 1 : 2;
}

/* Tops up @fresh, of which there are @have. False where there is no memory. */
static bool provide(struct node **fresh, int *have, int wanted, gfp_t gfp)
{
	for (; *have < wanted; ++*have) {
		fresh[*have] = kmalloc(sizeof(**fresh), gfp);
		if (!fresh[*have])
			return false;
	}
	return true;
}

/* With the lock held; takes nodes from the end of @fresh. */
static void insert(void **slot, unsigned long index, void *entry, struct node **fresh, int *have)
{
	struct node *list = list_of(*slot), *node;

	if (!*slot && !index) {
		publish(slot, entry);
		return;
	}
	if (*slot && !list) {
		list = fresh[--*have];
		*list = (struct node){ NULL, 0, *slot };
	}
	node = fresh[--*have];
	*node = (struct node){ list, index, entry };
	publish(slot, head_of(node));
}

static int try_insert(struct xarray *xa, void **slot, unsigned long index, void *entry,
		      struct node **fresh, int *have)
{
	if (__xa_load(xa, index))
		return -EBUSY;
	if (nodes_for(*slot, index) > *have)
		return -ENOMEM;
	insert(slot, index, entry, fresh, have);
	return 0;
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void **slot = head_in(xa);
	struct node *fresh[2];
	int have = 0, ret = -ENOMEM;

	if (slot && provide(fresh, &have, nodes_for(*slot, index), gfp))
		ret = try_insert(xa, slot, index, entry, fresh, &have);
	while (have)
		kfree(fresh[--have]);
	return ret;
}

/* Allocates without the lock, as that may sleep, and looks again then. */
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void **slot = head_in(xa);
	struct node *fresh[2];
	int have = 0, wanted, ret = -ENOMEM;

	if (!slot)
		return ret;
	do {
		xa_lock(xa);
		wanted = nodes_for(*slot, index);
		ret = try_insert(xa, slot, index, entry, fresh, &have);
		xa_unlock(xa);
	} while (ret == -ENOMEM && provide(fresh, &have, wanted, gfp));
	while (have)
		kfree(fresh[--have]);
	return ret;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	void **slot = head_in(xa);
	struct node *node, **link;
	struct node *list;
	void *entry = NULL;

	if (!slot)
		return NULL;
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
