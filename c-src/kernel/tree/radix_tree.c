// SPDX-License-Identifier: GPL-2.0-only
/* The nodes of a kernel's own xarray. Its radix tree, which keeps some of them ready for each CPU, is not there. */
#include <linux/radix-tree.h>

#include <linux/slab.h>
#include <linux/xarray.h>

#include "kernel/stub.h"
#include "kernel/tree/slab.h"

static void construct(void *object)
{
	struct xa_node *node = object;

	*node = (struct xa_node){ 0 };
	INIT_LIST_HEAD(&node->private_list);
}

static __machine struct kmem_cache nodes = { sizeof(struct xa_node), construct };
__machine struct kmem_cache *radix_tree_node_cachep = &nodes;

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	kmem_cache_free(radix_tree_node_cachep, container_of(head, struct xa_node, rcu_head));
}
