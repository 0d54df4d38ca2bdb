/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/lockdep.h>
#include <linux/types.h>

/* The first word is the lock; with the rest it is as long as a kernel's own. */
struct rw_semaphore {
	u32 word;
	u32 reserved;
	void *kernel_has_more[4];
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct rw_semaphore) == 40, "rw_semaphore");
#endif

void init_rwsem(struct rw_semaphore *sem);
void down_read(struct rw_semaphore *sem);
int down_read_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);

#endif
