/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of a task that the architecture says, which lies at its beginning. */
#ifndef _ASM_THREAD_INFO_H
#define _ASM_THREAD_INFO_H

#include <linux/types.h>

#define THREAD_SHIFT 13
#define THREAD_SIZE (1 << THREAD_SHIFT)

struct thread_info {
	unsigned long flags;
	u32 cpu;
};

#define INIT_THREAD_INFO(task) { .flags = 0 }

#define TIF_SIGPENDING 0
#define TIF_NOTIFY_SIGNAL 1
#define TIF_NOTIFY_RESUME 2
#define TIF_NEED_RESCHED 3
#define TIF_MEMDIE 4

#define _TIF_SIGPENDING (1 << TIF_SIGPENDING)
#define _TIF_NOTIFY_SIGNAL (1 << TIF_NOTIFY_SIGNAL)
#define _TIF_NOTIFY_RESUME (1 << TIF_NOTIFY_RESUME)
#define _TIF_NEED_RESCHED (1 << TIF_NEED_RESCHED)

#endif
