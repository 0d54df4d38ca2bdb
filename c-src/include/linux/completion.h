/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/types.h>

struct completion_sleeper;

/* There is nothing to take; see kernel/completion.c. */
#define __STUB_COMPLETION_NONE 0x4000u

/* The first word is the state; with the rest it is as long as a kernel's own. */
struct completion {
	u32 word;
	u32 lock;				/* word: of the list */
	struct completion_sleeper *sleepers;	/* who waits with a time limit */
	void *kernel_has_more[2];
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct completion) == 32, "completion");
#endif

#define COMPLETION_INITIALIZER(name) { .word = __STUB_COMPLETION_NONE }
#define DECLARE_COMPLETION(name) struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name) DECLARE_COMPLETION(name)

void init_completion(struct completion *x);
void reinit_completion(struct completion *x);
void complete(struct completion *x);
/* For all who wait, now and later, until it is initialised again. */
void complete_all(struct completion *x);
bool completion_done(struct completion *x);

void wait_for_completion(struct completion *x);
/* Never waits; false where it would have to. */
bool try_wait_for_completion(struct completion *x);
/* 0 where the time was over first, otherwise what was left of it, at least 1. */
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);

/* No signal ever comes, but what a fault makes: -ERESTARTSYS. */
int __must_check wait_for_completion_interruptible(struct completion *x);
int __must_check wait_for_completion_killable(struct completion *x);
long __must_check wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout);
long __must_check wait_for_completion_killable_timeout(struct completion *x, unsigned long timeout);

#define wait_for_completion_io(x) wait_for_completion(x)
#define wait_for_completion_io_timeout(x, timeout) wait_for_completion_timeout(x, timeout)

#endif
