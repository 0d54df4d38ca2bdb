// SPDX-License-Identifier: GPL-2.0-only
/* Event counters, and the files by which users have them. */
#include <linux/eventfd.h>

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "kernel/compat.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(eventfd_ctx_fdget);

struct eventfd_ctx {
	refcount_t refcount;
	int fd;				/* of its user's own */
	wait_queue_head_t wqh;		/* its lock does for what is read from the count, */
	u64 count;			/* ... to which is added without */
};

/* All there ever were, in a list that outlives them. */
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

/* ---- its file ---- */

static __poll_t eventfd_poll(struct file *filp, struct poll_table_struct *table)
{
	struct eventfd_ctx *ctx = filp->private_data;
	u64 count;

	poll_wait(filp, &ctx->wqh, table);
	count = __atomic_load_n(&ctx->count, __ATOMIC_SEQ_CST);
	return (count ? EPOLLIN : 0) | (count < ~0ull - 1 ? EPOLLOUT : 0);
}

static int eventfd_release(struct inode *inode, struct file *filp)
{
	struct eventfd_ctx *ctx = filp->private_data;

	wake_up_poll(&ctx->wqh, EPOLLHUP);
	eventfd_ctx_put(ctx);
	return 0;
}

static const struct file_operations eventfd_fops = {
	.release = eventfd_release,
	.poll = eventfd_poll,
};

static void init(struct eventfd_ctx *ctx, struct file *filp)
{
	refcount_set(&ctx->refcount, 1);
	init_waitqueue_head(&ctx->wqh);
	stub_file_init(filp, &eventfd_fops, ctx);
	ctx->fd = stub_file_install(filp);
	remember(ctx);
}

struct eventfd_ctx *stub_eventfd_create(void)
{
	struct eventfd_ctx *ctx = stub_kmalloc(sizeof(*ctx), GFP_KERNEL | __GFP_ZERO);
	struct file *filp = ctx ? stub_kmalloc(sizeof(*filp), GFP_KERNEL | __GFP_ZERO) : NULL;

	if (!filp) {
		kfree(ctx);
		return NULL;
	}
	init(ctx, filp);
	return ctx;
}

int stub_eventfd_fd(const struct eventfd_ctx *ctx)
{
	return ctx->fd;
}

#define BUSY 1u

/* Those that go by a key: none ever goes away. */
static __machine struct {
	u32 busy;			/* word: one is being made */
	struct keyed {
		struct keyed *next;
		const void *key;
		struct eventfd_ctx ctx;
		struct file filp;
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
	init(&one->ctx, &one->filp);
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

/* ---- references ---- */

struct file *eventfd_fget(int fd)
{
	struct file *filp = stub_file_of((unsigned int)fd);

	if (!filp)
		return ERR_PTR(-EBADF);
	if (filp->f_op == &eventfd_fops)
		return filp;
	fput(filp);
	return ERR_PTR(-EINVAL);
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct file *filp = stub_file_of((unsigned int)fd);
	struct eventfd_ctx *ctx;

	if (!filp)
		return ERR_PTR(-EBADF);
	ctx = eventfd_ctx_fileget(filp);
	fput(filp);
	return ctx;
}

struct eventfd_ctx *eventfd_ctx_fileget(struct file *filp)
{
	struct eventfd_ctx *ctx = filp->private_data;

	if (filp->f_op != &eventfd_fops)
		return ERR_PTR(-EINVAL);
	if (stub_should_fail(eventfd_ctx_fdget))
		return ERR_PTR(-EBADF);
	refcount_inc(&ctx->refcount);
	return ctx;
}

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	if (refcount_dec_and_test(&ctx->refcount))
		kfree(ctx);
}

/* ---- signals ---- */

/* Adds before it looks, as who waits looks after adding itself: one of them sees the other. */
static void signal(struct eventfd_ctx *ctx, u64 by, __poll_t mask)
{
	unsigned long flags;

	__atomic_fetch_add(&ctx->count, by, __ATOMIC_SEQ_CST);
	if (likely(READ_ONCE(ctx->wqh.head.next) == &ctx->wqh.head))
		return;
	spin_lock_irqsave(&ctx->wqh.lock, flags);
	wake_up_locked_poll(&ctx->wqh, EPOLLIN | mask);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* So many at once. */
u64 eventfd_signal_mask(struct eventfd_ctx *ctx, u64 by, unsigned int mask)
{
	signal(ctx, by, (__poll_t)mask);
	return by;
}

u64 eventfd_signal(struct eventfd_ctx *ctx, u64 by)
{
	return eventfd_signal_mask(ctx, by, 0);
}
#else
void eventfd_signal_mask(struct eventfd_ctx *ctx, __poll_t mask)
{
	signal(ctx, 1, mask);
}
#endif

void eventfd_ctx_do_read(struct eventfd_ctx *ctx, u64 *count)
{
	lockdep_assert_held(&ctx->wqh.lock);
	*count = __atomic_exchange_n(&ctx->count, 0, __ATOMIC_SEQ_CST);
}

int eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx, wait_queue_entry_t *entry, u64 *count)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	eventfd_ctx_do_read(ctx, count);
	__remove_wait_queue(&ctx->wqh, entry);
	if (*count && waitqueue_active(&ctx->wqh))
		wake_up_locked_poll(&ctx->wqh, EPOLLOUT);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return *count ? 0 : -EAGAIN;
}

u32 stub_check_eventfds(void)
{
	u32 wrong = 0;

	for (const struct known *known = first_known; known; known = known->next) {
		const struct eventfd_ctx *ctx = known->ctx;

		if (refcount_read(&ctx->refcount) == 1 && list_empty(&ctx->wqh.head))
			continue;
		stub_violation(STUB_UNBALANCED_EVENTFD, ctx);
		wrong++;
	}
	return wrong;
}
