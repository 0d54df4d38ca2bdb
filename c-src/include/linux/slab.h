/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/types.h>

#define GFP_KERNEL 0x1u
#define GFP_ATOMIC 0x2u
#define GFP_KERNEL_ACCOUNT 0x4u
#define __GFP_ZERO 0x100u

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & (GFP_KERNEL | GFP_KERNEL_ACCOUNT);
}

void *kmalloc(size_t bytes, gfp_t gfp);
void *kzalloc(size_t bytes, gfp_t gfp);
void *kvzalloc(size_t bytes, gfp_t gfp);
void *kmemdup(const void *from, size_t bytes, gfp_t gfp);
void kfree(const void *object);
void kvfree(const void *object);

#endif
