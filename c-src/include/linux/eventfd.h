/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_EVENTFD_H
#define _LINUX_EVENTFD_H

#include <linux/wait.h>

struct eventfd_ctx;

struct eventfd_ctx *eventfd_ctx_fdget(int fd);
void eventfd_ctx_put(struct eventfd_ctx *ctx);
void eventfd_signal(struct eventfd_ctx *ctx);

/* A waiter is called at every signal; once it has been removed, no call of it runs any more. */
void eventfd_ctx_add_wait_queue(struct eventfd_ctx *ctx, struct wait_queue_entry *wait);
void eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx, struct wait_queue_entry *wait);

#endif
