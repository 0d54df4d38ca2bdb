/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that are given out: the lowest that is free. */
#ifndef _LINUX_IDR_H
#define _LINUX_IDR_H

#include <linux/xarray.h>

struct ida {
	struct xarray xa;
};

#define IDA_INIT(name) { .xa = { __SPIN_LOCK_UNLOCKED(name), XA_FLAGS_ALLOC, NULL } }
#define DEFINE_IDA(name) struct ida name = IDA_INIT(name)

static inline void ida_init(struct ida *ida)
{
	xa_init_flags(&ida->xa, XA_FLAGS_ALLOC);
}

/* -ENOSPC where none is free, -ENOMEM. */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
void ida_free(struct ida *ida, unsigned int id);
/* All are free. */
void ida_destroy(struct ida *ida);

#define ida_alloc(ida, gfp) ida_alloc_range((ida), 0, ~0u, (gfp))
#define ida_alloc_min(ida, min, gfp) ida_alloc_range((ida), (min), ~0u, (gfp))
#define ida_alloc_max(ida, max, gfp) ida_alloc_range((ida), 0, (max), (gfp))

static inline bool ida_is_empty(const struct ida *ida)
{
	return xa_empty(&ida->xa);
}

#endif
