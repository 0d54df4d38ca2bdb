// SPDX-License-Identifier: GPL-2.0-only
/* Numbers that are given out: each is an entry of an xarray while somebody has it. */
#include <linux/idr.h>

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "kernel/stub.h"

#define GIVEN ((void *)4)

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	const struct xa_limit limit = { .min = min, .max = max > INT_MAX ? INT_MAX : max };
	unsigned long flags;
	u32 id;
	int ret;

	if (min > INT_MAX)
		return -ENOSPC;
	if (gfpflags_allow_blocking(gfp))
		stub_might_sleep(ida);
	spin_lock_irqsave(&ida->xa.xa_lock, flags);
	ret = __xa_alloc(&ida->xa, &id, GIVEN, limit, gfp);
	spin_unlock_irqrestore(&ida->xa.xa_lock, flags);
	return ret == -EBUSY ? -ENOSPC : ret ? ret : (int)id;
}

void ida_free(struct ida *ida, unsigned int id)
{
	unsigned long flags;

	spin_lock_irqsave(&ida->xa.xa_lock, flags);
	WARN_ON(!__xa_erase(&ida->xa, id));
	spin_unlock_irqrestore(&ida->xa.xa_lock, flags);
}

void ida_destroy(struct ida *ida)
{
	xa_destroy(&ida->xa);
}
