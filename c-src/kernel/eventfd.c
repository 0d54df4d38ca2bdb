// SPDX-License-Identifier: GPL-2.0-only
/* Event counters: one side signals, the other reads what has come or waits to be called. */
#include <linux/eventfd.h>

#include <linux/err.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(eventfd_ctx_fdget);

struct eventfd_ctx {
	refcount_t refcount;
	u64 count;
	u32 busy;			/* word: waiters are being called, or their list is being changed */
	struct stub_eventfd_waiter *waiting;
};

#define BUSY 1u

/* All there ever were, in a list that outlives them, by which a descriptor of one is known from any other number. */
struct known {
	struct known *next;
	const struct eventfd_ctx *ctx;
};

static __machine struct known *first_known;

static void remember(const struct eventfd_ctx *ctx)
{
	struct known *known = stub_keep(sizeof(*known));

	if (!known)
		return;
	known->ctx = ctx;
	known->next = __atomic_load_n(&first_known, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&first_known, &known->next, known, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

static bool is_known(const struct eventfd_ctx *ctx)
{
	const struct known *known = first_known;

	while (known && known->ctx != ctx)
		known = known->next;
	return known;
}

static void init(struct eventfd_ctx *ctx)
{
	refcount_set(&ctx->refcount, 1);
	remember(ctx);
}

struct eventfd_ctx *stub_eventfd_create(void)
{
	struct eventfd_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (ctx)
		init(ctx);
	return ctx;
}

/* Those that go by a key: none ever goes away. */
static __machine struct {
	u32 busy;			/* word: one is being made */
	struct keyed {
		struct keyed *next;
		const void *key;
		struct eventfd_ctx ctx;
	} *first;
} keyed;

static struct keyed *find_keyed(const void *key)
{
	struct keyed *one = __atomic_load_n(&keyed.first, __ATOMIC_ACQUIRE);

	while (one && one->key != key)
		one = one->next;
	return one;
}

static struct keyed *make_keyed(const void *key)
{
	struct keyed *one = stub_keep(sizeof(*one));

	if (!one)
		return NULL;
	one->key = key;
	init(&one->ctx);
	one->next = keyed.first;
	__atomic_store_n(&keyed.first, one, __ATOMIC_RELEASE);
	return one;
}

struct eventfd_ctx *stub_eventfd_of(const void *key)
{
	struct keyed *one = find_keyed(key);

	if (!one) {
		stub_acquire(&keyed.busy, BUSY, BUSY);
		one = find_keyed(key);
		if (!one)
			one = make_keyed(key);
		stub_release(&keyed.busy, BUSY);
	}
	return one ? &one->ctx : NULL;
}

u64 stub_eventfd_count(const struct eventfd_ctx *ctx)
{
	return __atomic_load_n(&ctx->count, __ATOMIC_RELAXED);
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct eventfd_ctx *ctx = stub_object((u32)fd);

	if (!is_known(ctx) || stub_should_fail(eventfd_ctx_fdget))
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
	for (struct stub_eventfd_waiter *at = ctx->waiting; at; at = at->next) {
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

void stub_eventfd_add_waiter(struct eventfd_ctx *ctx, struct stub_eventfd_waiter *wait)
{
	stub_acquire(&ctx->busy, BUSY, BUSY);
	wait->next = ctx->waiting;
	__atomic_store_n(&ctx->waiting, wait, __ATOMIC_RELEASE);
	stub_release(&ctx->busy, BUSY);
}

void stub_eventfd_remove_waiter(struct eventfd_ctx *ctx, struct stub_eventfd_waiter *wait)
{
	struct stub_eventfd_waiter **link;

	stub_acquire(&ctx->busy, BUSY, BUSY);
	for (link = &ctx->waiting; *link && *link != wait; link = &(*link)->next)
		;
	if (*link)
		__atomic_store_n(link, wait->next, __ATOMIC_RELEASE);
	stub_release(&ctx->busy, BUSY);
}

u32 stub_check_eventfds(void)
{
	u32 wrong = 0;

	for (const struct known *known = first_known; known; known = known->next) {
		const struct eventfd_ctx *ctx = known->ctx;

		if (refcount_read(&ctx->refcount) == 1 && !ctx->waiting)
			continue;
		stub_violation(STUB_UNBALANCED_EVENTFD, ctx);
		wrong++;
	}
	return wrong;
}
