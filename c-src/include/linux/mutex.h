/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/lockdep.h>
#include <linux/types.h>

/* The first word is the lock; with the rest it is as long as a kernel's own. */
struct mutex {
	u32 word;
	u32 reserved;
	void *kernel_has_more[3];
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct mutex) == 32, "mutex");
#endif

void mutex_init(struct mutex *lock);
void mutex_lock(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

#endif
