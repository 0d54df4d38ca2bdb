/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting semaphores: whoever has one may give it back, and so may anybody else. */
#ifndef _LINUX_SEMAPHORE_H
#define _LINUX_SEMAPHORE_H

#include <linux/cleanup.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct semaphore {
	raw_spinlock_t lock;
	unsigned int count;		/* how many can be had; as a lock's word */
	struct list_head wait_list;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct semaphore) == 24, "semaphore");
#endif

#define __SEMAPHORE_INITIALIZER(name, n) { __RAW_SPIN_LOCK_UNLOCKED((name).lock), (n), LIST_HEAD_INIT((name).wait_list) }
#define DEFINE_SEMAPHORE(name, n) struct semaphore name = __SEMAPHORE_INITIALIZER(name, n)

static inline void sema_init(struct semaphore *sem, int count)
{
	*sem = (struct semaphore)__SEMAPHORE_INITIALIZER(*sem, (unsigned int)count);
}

void down(struct semaphore *sem);
/* 0 where it was had: the other way round than other trylocks. */
int __must_check down_trylock(struct semaphore *sem);
void up(struct semaphore *sem);

/* No signal ever comes, but what a fault makes: -EINTR, and it is not held. */
int __must_check down_interruptible(struct semaphore *sem);
int __must_check down_killable(struct semaphore *sem);

#endif
