// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines, and the handlers that share them. A handler runs where the lab delivers an interrupt and nowhere
 * else: enabling a line again delivers nothing by itself, the pin has to be looked at once more.
 */
#include <linux/interrupt.h>

#include <linux/align.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "kernel/compat.h"
#include "kernel/cpu.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(request_irq);

#define RUNNING 1u

/* Lines that go by these numbers are there from the first request on, and a block of them with the first. */
#define LINES 256u
#define BLOCK 16u

/*
 * A function's own line goes by its place in the arena, this far up: no number that a driver makes up is taken for one.
 * What lies there also says that it is one.
 */
#define FIRST_OWN 0x10000000u
#define OWN_LINE 0x1e4e11u

struct stub_action {
	struct stub_action *next;
	irq_handler_t handler;
	irq_handler_t thread_fn;
	void *dev_id;
	const char *name;
	unsigned long flags;
	u32 irq;
	u32 masks;			/* the line is off until the threaded part has run */
	struct work_struct thread;
};

struct stub_line {
	u32 kind;			/* OWN_LINE, or 0 */
	spinlock_t lock;		/* of all below but the word */
	u32 running;			/* word: a handler runs */
	u32 depth;			/* times it is disabled */
	bool stays_off;			/* its first handler does not switch it on */
	unsigned long trigger;		/* IRQF_TRIGGER_ bits that a handler has asked for, or 0 */
	struct stub_action *actions;
	struct stub_action *unused;
	struct stub_action first;		/* most lines have no more */
};

struct lines {
	struct stub_line *line[BLOCK];
};

static __machine struct lines *numbered[LINES / BLOCK];

static void init(struct stub_line *desc)
{
	desc->unused = &desc->first;
}

unsigned int stub_irq_alloc(void)
{
	struct stub_line *desc = kzalloc(sizeof(*desc), GFP_KERNEL);

	if (!desc)
		return IRQ_NOTCONNECTED;
	init(desc);
	desc->kind = OWN_LINE;
	return FIRST_OWN + stub_number(desc);
}

static struct stub_line *own_line(unsigned int irq)
{
	struct stub_line *desc = irq > FIRST_OWN ? stub_object(irq - FIRST_OWN) : NULL;

	return desc && IS_ALIGNED((uintptr_t)desc, sizeof(u64)) && desc->kind == OWN_LINE ? desc : NULL;
}

static struct stub_line *desc_of(unsigned int irq)
{
	struct lines *block;

	if (irq >= LINES)
		return own_line(irq);
	block = __atomic_load_n(&numbered[irq / BLOCK], __ATOMIC_ACQUIRE);
	return block ? __atomic_load_n(&block->line[irq % BLOCK], __ATOMIC_ACQUIRE) : NULL;
}

void stub_irq_free(unsigned int irq)
{
	struct stub_line *desc = own_line(irq);

	if (!desc)
		return;
	if (desc->actions)
		stub_violation(STUB_UNBALANCED_IRQ, desc);
	kfree(desc);
}

static struct lines *make_block(unsigned int irq)
{
	struct lines **at = &numbered[irq / BLOCK], *none = NULL, *block;

	block = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	if (block)
		return block;
	block = stub_keep(sizeof(*block));
	if (!block)
		return NULL;
	return __atomic_compare_exchange_n(at, &none, block, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE) ?
		       block : none;
}

/* Of two tasks that make it, one is late. */
static struct stub_line *make_line(unsigned int irq)
{
	struct stub_line *desc = desc_of(irq), *none = NULL;
	struct lines *block;

	if (desc || irq >= LINES)
		return desc;
	block = make_block(irq);
	desc = block ? stub_keep(sizeof(*desc)) : NULL;
	if (!desc)
		return NULL;
	init(desc);
	return __atomic_compare_exchange_n(&block->line[irq % BLOCK], &none, desc, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_ACQUIRE) ? desc : none;
}

/* ---- requesting and freeing ---- */

void stub_irq_set_autoen(unsigned int irq, bool on)
{
	struct stub_line *desc = make_line(irq);

	if (desc)
		desc->stays_off = !on;
}

static struct stub_action *new_action(struct stub_line *desc)
{
	struct stub_action *action;
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	action = desc->unused;
	if (action)
		desc->unused = action->next;
	spin_unlock_irqrestore(&desc->lock, flags);
	return action ? action : stub_keep(sizeof(*action));
}

static irqreturn_t only_wake(int irq, void *dev_id)
{
	(void)irq, (void)dev_id;
	return IRQ_WAKE_THREAD;
}

static void run_thread(struct work_struct *work)
{
	struct stub_action *action = container_of(work, struct stub_action, thread);

	/* A thread of the line's own. */
	current_task->context = STUB_PROCESS;
	action->thread_fn((int)action->irq, action->dev_id);
	__atomic_store_n(&action->masks, 0, __ATOMIC_RELEASE);
}

/* With the lock held: handlers share a line where all of them agree to, and on what raises it and how long it stays off. */
static bool agree(const struct stub_line *desc, unsigned long flags)
{
	const struct stub_action *first = desc->actions;
	unsigned long trigger = flags & IRQF_TRIGGER_MASK;

	if (!first)
		return true;
	if (!(first->flags & flags & IRQF_SHARED))
		return false;
	if ((first->flags ^ flags) & IRQF_ONESHOT && !(first->flags & IRQF_ONESHOT && flags & IRQF_COND_ONESHOT))
		return false;
	return !trigger || !desc->trigger || trigger == desc->trigger;
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev_id)
{
	struct stub_line *desc = make_line(irq);
	struct stub_action *action, **link;
	unsigned long saved;
	bool had;

	if (!desc || (!handler && !thread_fn) || (!handler && !(flags & IRQF_ONESHOT)))
		return -EINVAL;
	/* A line that others use is not left off for one of them. */
	if (flags & IRQF_SHARED && (!dev_id || flags & IRQF_NO_AUTOEN))
		return -EINVAL;
	stub_might_sleep(desc);
	if (stub_should_fail(request_irq))
		return -EBUSY;
	action = new_action(desc);
	if (!action)
		return -ENOMEM;
	*action = (struct stub_action){
		.handler = handler ? handler : only_wake, .thread_fn = thread_fn, .dev_id = dev_id,
		.name = name, .flags = flags, .irq = irq,
	};
	INIT_WORK(&action->thread, run_thread);

	spin_lock_irqsave(&desc->lock, saved);
	had = agree(desc, flags);
	if (had && flags & IRQF_COND_ONESHOT && desc->actions)
		action->flags |= desc->actions->flags & IRQF_ONESHOT;
	link = had ? &desc->actions : &desc->unused;
	if (had && flags & IRQF_TRIGGER_MASK)
		desc->trigger = flags & IRQF_TRIGGER_MASK;
	if (had && !desc->actions)
		desc->depth = flags & IRQF_NO_AUTOEN || desc->stays_off ? 1 : 0;
	while (*link)
		link = &(*link)->next;
	*link = action;
	spin_unlock_irqrestore(&desc->lock, saved);
	return had ? 0 : -EBUSY;
}

static void wait_for_handlers(struct stub_line *desc)
{
	stub_wait(&desc->running, RUNNING, 0);
}

bool synchronize_hardirq(unsigned int irq)
{
	struct stub_line *desc = desc_of(irq);

	if (!desc)
		return true;
	wait_for_handlers(desc);
	for (struct stub_action *at = READ_ONCE(desc->actions); at; at = READ_ONCE(at->next))
		if (at->thread_fn && work_busy(&at->thread))
			return false;
	return true;
}

/* Whoever waits for a thread that nobody runs does what it has to do. */
static void wait_for_thread(struct stub_action *action)
{
	if (action->thread_fn)
		flush_work(&action->thread);
}

void synchronize_irq(unsigned int irq)
{
	struct stub_line *desc = desc_of(irq);

	if (!desc)
		return;
	stub_might_sleep(desc);
	wait_for_handlers(desc);
	/* Who frees a handler meanwhile is the driver itself. */
	for (struct stub_action *at = READ_ONCE(desc->actions); at; at = READ_ONCE(at->next))
		wait_for_thread(at);
}

const void *free_irq(unsigned int irq, void *dev_id)
{
	struct stub_line *desc = desc_of(irq);
	struct stub_action *action = NULL, **link;
	const char *name = NULL;
	unsigned long saved;

	if (!desc)
		return NULL;
	spin_lock_irqsave(&desc->lock, saved);
	link = &desc->actions;
	while (*link && (*link)->dev_id != dev_id)
		link = &(*link)->next;
	if (*link) {
		action = *link;
		name = action->name;
		WRITE_ONCE(*link, action->next);
	}
	/* The line is shut down, however often it was disabled; the next owner starts it anew. */
	if (!desc->actions)
		desc->depth = 0;
	spin_unlock_irqrestore(&desc->lock, saved);

	if (!action) {
		stub_violation(STUB_UNBALANCED_IRQ, desc);
		return NULL;
	}
	stub_might_sleep(desc);
	wait_for_handlers(desc);
	wait_for_thread(action);

	spin_lock_irqsave(&desc->lock, saved);
	action->next = desc->unused;
	desc->unused = action;
	spin_unlock_irqrestore(&desc->lock, saved);
	return name;
}

/* ---- disabling ---- */

static void change_depth(unsigned int irq, int by)
{
	struct stub_line *desc = desc_of(irq);
	bool below = false;
	unsigned long saved;

	if (!desc)
		return;
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

void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize_irq(irq);
}

void enable_irq(unsigned int irq)
{
	change_depth(irq, -1);
}

/* ---- delivering ---- */

static bool is_off(const struct stub_line *desc)
{
	bool off = desc->depth;

	for (const struct stub_action *at = desc->actions; at; at = at->next)
		off |= __atomic_load_n(&at->masks, __ATOMIC_ACQUIRE);
	return off;
}

static void wake_thread(struct stub_action *action)
{
	if (WARN_ON(!action->thread_fn))
		return;
	if (action->flags & IRQF_ONESHOT)
		__atomic_store_n(&action->masks, 1, __ATOMIC_RELAXED);
	queue_work(system_wq, &action->thread);
}

static void handle(struct stub_action *action)
{
	if (action->handler((int)action->irq, action->dev_id) == IRQ_WAKE_THREAD)
		wake_thread(action);
}

bool stub_irq_deliver(unsigned int irq)
{
	enum stub_context context = current_task->context;
	struct stub_line *desc = desc_of(irq);
	struct stub_action *first, *action;
	unsigned long saved;

	if (!desc)
		return false;
	current_task->context = STUB_IRQ;
	/* One handler of a line runs at a time, and free_irq() waits for it. */
	stub_wait(&desc->running, RUNNING, RUNNING);
	spin_lock_irqsave(&desc->lock, saved);
	first = is_off(desc) ? NULL : desc->actions;
	spin_unlock_irqrestore(&desc->lock, saved);

	for (action = first; action; action = READ_ONCE(action->next))
		handle(action);
	stub_release(&desc->running, RUNNING);
	current_task->context = context;
	return first;
}

/* A handler that is called for a device without a driver, or a line that stays dead for the next one. */
u32 stub_check_irq(unsigned int irq)
{
	const struct stub_line *desc = desc_of(irq);

	if (!desc || (!desc->actions && !desc->depth))
		return 0;
	stub_violation(STUB_UNBALANCED_IRQ, desc);
	return 1;
}
