/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/mutex.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct lane {
	spinlock_t tx_lock;
	struct mutex config;
	/* Guarded by tx_lock; a comment that says stopped:1; is none. */
	bool busy:1;
	bool stopped : 1;	/* by whom? */
	unsigned int tuned:1;
	bool guarded:1, twin:1;
	bool peeked:1;
	bool handed:1;
	bool idle:1;
	struct {
		bool inner:1;
	};
};

struct lane *lane_new(void)
{
	struct lane *lane = kzalloc(sizeof(*lane), GFP_KERNEL);

	if (!lane)
		return NULL;
	spin_lock_init(&lane->tx_lock);
	mutex_init(&lane->config);
	return lane;
}
EXPORT_SYMBOL_GPL(lane_new);

void lane_start(struct lane *lane)
{
	unsigned long flags;

	spin_lock_irqsave(&lane->tx_lock, flags);
	lane->busy = true;
	lane->stopped = false;
	lane->guarded = true;
	lane->peeked = true;
	lane->inner = true;
	spin_unlock_irqrestore(&lane->tx_lock, flags);
}
EXPORT_SYMBOL_GPL(lane_start);

void lane_done(struct lane *lane)
{
	scoped_guard(spinlock_irq, &lane->tx_lock)
		lane->busy = false;
	/* Without the lock. */
	lane->stopped = true;
}
EXPORT_SYMBOL_GPL(lane_done);

bool lane_peek(struct lane *lane)
{
	return lane->peeked;
}
EXPORT_SYMBOL_GPL(lane_peek);

static noinline void hand(struct lane *lane)
{
	lane->handed = true;
}

int lane_tune(struct lane *lane)
{
	if (mutex_lock_interruptible(&lane->config))
		return -EINTR;
	lane->tuned = 1;
	hand(lane);
	mutex_unlock(&lane->config);
	return 0;
}
EXPORT_SYMBOL_GPL(lane_tune);
