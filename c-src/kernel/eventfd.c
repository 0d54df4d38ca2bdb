// SPDX-License-Identifier: GPL-2.0-only
/* Event counters: one side signals, the other reads what has come or waits to be called. */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

struct eventfd_ctx {
	refcount_t refcount;
	u32 known;			/* it is in the list of all */
	u64 count;
	u32 busy;			/* word: waiters are being called, or their list is being changed */
	struct wait_queue_entry *waiting;
};

#define BUSY 1u

/* All there ever were, in a list that outlives them, by which a descriptor of one is known from any other number. */
struct known {
	struct known *next;
	const struct eventfd_ctx *ctx;
};

static struct known **all_known(void)
{
	static const char key;

	return stub_static_of(NULL, &key, sizeof(struct known *));
}

static void remember(const struct eventfd_ctx *ctx)
{
	struct known **all = all_known();
	struct known *known = stub_keep(sizeof(*known));

	if (!all || !known)
		return;
	known->ctx = ctx;
	known->next = __atomic_load_n(all, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(all, &known->next, known, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

static bool is_known(const struct eventfd_ctx *ctx)
{
	const struct known *known = *all_known();

	while (known && known->ctx != ctx)
		known = known->next;
	return known;
}

static void init(struct eventfd_ctx *ctx)
{
	refcount_set(&ctx->refcount, 1);
	remember(ctx);
	__atomic_store_n(&ctx->known, 1, __ATOMIC_RELEASE);
}

struct eventfd_ctx *stub_eventfd_create(void)
{
	struct eventfd_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (ctx)
		init(ctx);
	return ctx;
}

struct eventfd_ctx *stub_eventfd_of(const void *key)
{
	struct eventfd_ctx *ctx = stub_static_of(NULL, key, sizeof(*ctx));

	if (ctx && !__atomic_load_n(&ctx->known, __ATOMIC_ACQUIRE)) {
		stub_acquire(&ctx->busy, BUSY, BUSY);
		if (!ctx->known)
			init(ctx);
		stub_release(&ctx->busy, BUSY);
	}
	return ctx;
}

u64 stub_eventfd_count(const struct eventfd_ctx *ctx)
{
	return __atomic_load_n(&ctx->count, __ATOMIC_RELAXED);
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct eventfd_ctx *ctx = stub_object((u32)fd);

	if (!is_known(ctx) || stub_should_fail(LAB_FAULT_EVENTFD_CTX_FDGET))
		return ERR_PTR(-EBADF);
	refcount_inc(&ctx->refcount);
	return ctx;
}

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	if (refcount_dec_and_test(&ctx->refcount))
		kfree(ctx);
}

/*
 * Each one that waits is called as from an interrupt; where that was not enough, its work follows at once,
 * so that nothing of a signal is left when this returns.
 */
static void call_waiting(struct eventfd_ctx *ctx)
{
	enum stub_context context = current_task->context;

	stub_acquire(&ctx->busy, BUSY, BUSY);
	for (struct wait_queue_entry *at = ctx->waiting; at; at = at->next) {
		current_task->context = STUB_IRQ;
		if (!at->func(at))
			continue;
		current_task->context = STUB_WORKQUEUE;
		at->work(at);
	}
	current_task->context = context;
	stub_release(&ctx->busy, BUSY);
}

void eventfd_signal(struct eventfd_ctx *ctx)
{
	__atomic_fetch_add(&ctx->count, 1, __ATOMIC_SEQ_CST);
	if (__builtin_expect(__atomic_load_n(&ctx->waiting, __ATOMIC_ACQUIRE) != NULL, 0))
		call_waiting(ctx);
}

void eventfd_ctx_add_wait_queue(struct eventfd_ctx *ctx, struct wait_queue_entry *wait)
{
	stub_acquire(&ctx->busy, BUSY, BUSY);
	wait->next = ctx->waiting;
	__atomic_store_n(&ctx->waiting, wait, __ATOMIC_RELEASE);
	stub_release(&ctx->busy, BUSY);
}

void eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx, struct wait_queue_entry *wait)
{
	struct wait_queue_entry **link;

	stub_acquire(&ctx->busy, BUSY, BUSY);
	for (link = &ctx->waiting; *link && *link != wait; link = &(*link)->next)
		;
	if (*link)
		__atomic_store_n(link, wait->next, __ATOMIC_RELEASE);
	stub_release(&ctx->busy, BUSY);
}

u32 stub_check_eventfds(void)
{
	struct known **all = all_known();
	u32 wrong = 0;

	for (const struct known *known = all ? *all : NULL; known; known = known->next) {
		const struct eventfd_ctx *ctx = known->ctx;

		if (refcount_read(&ctx->refcount) == 1 && !ctx->waiting)
			continue;
		stub_violation(STUB_UNBALANCED_EVENTFD, ctx);
		wrong++;
	}
	return wrong;
}
