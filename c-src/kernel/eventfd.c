// SPDX-License-Identifier: GPL-2.0-only
/* Event counters: the kernel signals one, the lab reads what has come. */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "kernel/stub.h"

struct eventfd_ctx {
	refcount_t refcount;
	u64 count;
};

struct eventfd_ctx *stub_eventfd_create(void)
{
	struct eventfd_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (ctx)
		refcount_set(&ctx->refcount, 1);
	return ctx;
}

u64 stub_eventfd_count(const struct eventfd_ctx *ctx)
{
	return __atomic_load_n(&ctx->count, __ATOMIC_RELAXED);
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct eventfd_ctx *ctx = stub_object((u32)fd);

	if (!ctx)
		return ERR_PTR(-EBADF);
	refcount_inc(&ctx->refcount);
	return ctx;
}

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	if (refcount_dec_and_test(&ctx->refcount))
		kfree(ctx);
}

void eventfd_signal(struct eventfd_ctx *ctx)
{
	__atomic_fetch_add(&ctx->count, 1, __ATOMIC_SEQ_CST);
}

u32 stub_check_eventfd(const struct eventfd_ctx *ctx)
{
	if (refcount_read(&ctx->refcount) == 1)
		return 0;
	stub_violation(STUB_UNBALANCED_EVENTFD, ctx);
	return 1;
}
