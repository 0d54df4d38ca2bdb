/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_EVENTFD_H
#define _LINUX_EVENTFD_H

#include <linux/types.h>

struct eventfd_ctx;

struct eventfd_ctx *eventfd_ctx_fdget(int fd);
void eventfd_ctx_put(struct eventfd_ctx *ctx);
void eventfd_signal(struct eventfd_ctx *ctx);

/* Who waits for signals by being called, which is how the kernel's own users of eventfds do it. */
struct stub_eventfd_waiter {
	bool (*func)(struct stub_eventfd_waiter *wait);	/* in atomic context; true: the rest is work */
	void (*work)(struct stub_eventfd_waiter *wait);	/* ... which may sleep */
	struct stub_eventfd_waiter *next;
};

/* A waiter is called at every signal; once it has been removed, no call of it runs any more. */
void stub_eventfd_add_waiter(struct eventfd_ctx *ctx, struct stub_eventfd_waiter *wait);
void stub_eventfd_remove_waiter(struct eventfd_ctx *ctx, struct stub_eventfd_waiter *wait);

#endif
