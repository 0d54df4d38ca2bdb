/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting semaphores: whoever has one may give it back, and so may anybody else. */
#ifndef _LINUX_SEMAPHORE_H
#define _LINUX_SEMAPHORE_H

#include <linux/cleanup.h>
#include <linux/types.h>

/* Of so many that there is still one to be had; in the word, see kernel/semaphore.c. */
#define __STUB_SEMAPHORE_NONE 0x4000u

/* The first word is the semaphore; with the rest it is as long as a kernel's own. */
struct semaphore {
	u32 word;
	u32 reserved;
	void *kernel_has_more[2];
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct semaphore) == 24, "semaphore");
#endif

#define __SEMAPHORE_INITIALIZER(name, count) { .word = __STUB_SEMAPHORE_NONE - (count) }
#define DEFINE_SEMAPHORE(name, count) struct semaphore name = __SEMAPHORE_INITIALIZER(name, count)

void sema_init(struct semaphore *sem, int count);
void down(struct semaphore *sem);
/* 0 where it was had: the other way round than other trylocks. */
int __must_check down_trylock(struct semaphore *sem);
void up(struct semaphore *sem);

/* No signal ever comes, but what a fault makes: -EINTR, and it is not held. */
int __must_check down_interruptible(struct semaphore *sem);
int __must_check down_killable(struct semaphore *sem);

#endif
