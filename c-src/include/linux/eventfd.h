/* SPDX-License-Identifier: GPL-2.0-only */
/* Event counters: one side signals, the other reads what has come, or is told by its wait queue. */
#ifndef _LINUX_EVENTFD_H
#define _LINUX_EVENTFD_H

#include <linux/wait.h>

struct eventfd_ctx;
struct file;

struct file *eventfd_fget(int fd);
struct eventfd_ctx *eventfd_ctx_fdget(int fd);
struct eventfd_ctx *eventfd_ctx_fileget(struct file *filp);
void eventfd_ctx_put(struct eventfd_ctx *ctx);

/* Wakes with EPOLLIN, and the mask beside it. */
void eventfd_signal_mask(struct eventfd_ctx *ctx, __poll_t mask);

static inline void eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal_mask(ctx, 0);
}

/* Under the wait queue's lock. */
void eventfd_ctx_do_read(struct eventfd_ctx *ctx, u64 *count);
/* ... which this takes; -EAGAIN where there was nothing to read. */
int eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx, wait_queue_entry_t *entry, u64 *count);

#endif
