// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines, one a function. A handler runs where the lab delivers an interrupt and nowhere
 * else: enabling a line again delivers nothing by itself, the pin has to be looked at once more.
 */
#include <linux/interrupt.h>

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(request_irq);

struct irq_desc {
	spinlock_t lock;		/* of the line's owner and depth */
	u32 running;			/* word: a handler runs */
	u32 depth;			/* times it is disabled */
	irq_handler_t handler;
	void *dev_id;
	const char *name;
};

#define RUNNING 1u

unsigned int stub_irq_alloc(void)
{
	struct irq_desc *desc = kzalloc(sizeof(*desc), GFP_KERNEL);

	return desc ? stub_number(desc) : IRQ_NOTCONNECTED;
}

void stub_irq_free(unsigned int irq)
{
	struct irq_desc *desc = stub_object(irq);

	if (desc->handler)
		stub_violation(STUB_UNBALANCED_IRQ, desc);
	kfree(desc);
}

static inline struct irq_desc *desc_of(unsigned int irq)
{
	return stub_object(irq);
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev_id)
{
	struct irq_desc *desc = desc_of(irq);
	unsigned long saved;
	int ret = -EBUSY;

	if (!desc || !handler)
		return -EINVAL;
	if (stub_should_fail(request_irq))
		return ret;

	spin_lock_irqsave(&desc->lock, saved);
	if (!desc->handler) {
		desc->handler = handler;
		desc->dev_id = dev_id;
		desc->name = name;
		desc->depth = flags & IRQF_NO_AUTOEN ? 1 : 0;
		ret = 0;
	}
	spin_unlock_irqrestore(&desc->lock, saved);
	return ret;
}

void synchronize_irq(unsigned int irq)
{
	stub_might_sleep(desc_of(irq));
	stub_acquire(&desc_of(irq)->running, RUNNING, 0);
}

const void *free_irq(unsigned int irq, void *dev_id)
{
	struct irq_desc *desc = desc_of(irq);
	const char *name = NULL;
	unsigned long saved;
	bool owner;

	spin_lock_irqsave(&desc->lock, saved);
	owner = desc->handler && desc->dev_id == dev_id;
	if (owner) {
		name = desc->name;
		desc->handler = NULL;
		/* The line is shut down, however often it was disabled; the next owner starts it anew. */
		desc->depth = 0;
	}
	spin_unlock_irqrestore(&desc->lock, saved);

	if (owner)
		synchronize_irq(irq);
	else
		stub_violation(STUB_UNBALANCED_IRQ, desc);
	return name;
}

static void change_depth(unsigned int irq, int by)
{
	struct irq_desc *desc = desc_of(irq);
	bool below = false;
	unsigned long saved;

	spin_lock_irqsave(&desc->lock, saved);
	if (by < 0 && !desc->depth)
		below = true;
	else
		desc->depth += by;
	spin_unlock_irqrestore(&desc->lock, saved);
	if (below)
		stub_violation(STUB_UNBALANCED_IRQ, desc);
}

void disable_irq_nosync(unsigned int irq)
{
	change_depth(irq, 1);
}

void enable_irq(unsigned int irq)
{
	change_depth(irq, -1);
}

void stub_irq_deliver(unsigned int irq)
{
	enum stub_context context = current_task->context;
	struct irq_desc *desc = desc_of(irq);
	irq_handler_t handler = NULL;
	unsigned long saved;
	void *dev_id;

	current_task->context = STUB_IRQ;
	/* One handler of a line runs at a time, and free_irq() waits for it. */
	stub_acquire(&desc->running, RUNNING, RUNNING);
	spin_lock_irqsave(&desc->lock, saved);
	if (!desc->depth)
		handler = desc->handler;
	dev_id = desc->dev_id;
	spin_unlock_irqrestore(&desc->lock, saved);

	if (handler)
		handler((int)irq, dev_id);
	stub_release(&desc->running, RUNNING);
	current_task->context = context;
}

/* A handler that is called for a device without a driver, or a line that stays dead for the next one. */
u32 stub_check_irq(unsigned int irq)
{
	const struct irq_desc *desc = desc_of(irq);

	if (!desc || (!desc->handler && !desc->depth))
		return 0;
	stub_violation(STUB_UNBALANCED_IRQ, desc);
	return 1;
}
