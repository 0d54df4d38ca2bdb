/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/swait.h>
#include <linux/types.h>

struct completion {
	unsigned int done;		/* times that nobody has waited for yet; as a lock's word */
	struct swait_queue_head wait;	/* who waits with a time limit */
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct completion) == 32, "completion");
#endif

#define COMPLETION_INITIALIZER(name) { 0, __SWAIT_QUEUE_HEAD_INITIALIZER((name).wait) }
#define DECLARE_COMPLETION(name) struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name) DECLARE_COMPLETION(name)

static inline void reinit_completion(struct completion *x)
{
	x->done = 0;
}

static inline void init_completion(struct completion *x)
{
	init_swait_queue_head(&x->wait);
	reinit_completion(x);
}

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
