/* SPDX-License-Identifier: GPL-2.0-only */
/* A cache of objects: where they come from is no matter, only what each of them begins as. */
#ifndef LOSTBIT_KERNEL_TREE_SLAB_H
#define LOSTBIT_KERNEL_TREE_SLAB_H

#include <linux/types.h>

struct kmem_cache {
	unsigned int size;
	void (*ctor)(void *object);
	u32 objects;			/* that nobody has freed */
};

#endif
