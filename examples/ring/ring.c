// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <lab/op.h>

#define RING_IRQ 7

struct ring {
	spinlock_t lock;	/* of full */
	bool full:1;
	bool stopped:1;		/* the interrupt handler's alone */
	u32 *slots;
};

static struct ring ring;

static irqreturn_t ring_irq(int irq, void *data)
{
	struct ring *ring = data;

	ring->stopped = true;
	return IRQ_HANDLED;
}

static int ring_open(struct ring *ring, u32 slots)
{
	int ret;

	ring->slots = kmalloc(slots * sizeof(*ring->slots), GFP_KERNEL);
	if (!ring->slots)
		return -ENOMEM;
	ret = request_irq(RING_IRQ, ring_irq, 0, "ring", ring);
	if (ret)
		ring->slots = NULL;
	return ret;
}

static void ring_close(struct ring *ring)
{
	if (!ring->slots)
		return;
	free_irq(RING_IRQ, ring);
	kfree(ring->slots);
	ring->slots = NULL;
}

LAB_OP(fill, bool full)
{
	spin_lock(&ring.lock);
	ring.full = full;
	spin_unlock(&ring.lock);
	return 0;
}
