/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt lines and tasklets. A handler runs where the lab delivers an interrupt (stub_irq_deliver), a tasklet where
 * it says so (stub_tasklet), and the threaded part of a handler as an item of work (stub_work).
 */
#ifndef _LINUX_INTERRUPT_H
#define _LINUX_INTERRUPT_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/irqflags.h>
#include <linux/irqreturn.h>
#include <linux/preempt.h>
#include <linux/types.h>

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

#define IRQF_TRIGGER_NONE 0x0u
#define IRQF_TRIGGER_RISING 0x1u
#define IRQF_TRIGGER_FALLING 0x2u
#define IRQF_TRIGGER_HIGH 0x4u
#define IRQF_TRIGGER_LOW 0x8u
#define IRQF_TRIGGER_MASK 0xfu
#define IRQF_SHARED 0x80u
/* As those that it shares the line with have it. */
#define IRQF_COND_ONESHOT 0x200000u
#define IRQF_ONESHOT 0x2000u
#define IRQF_NO_SUSPEND 0x4000u
#define IRQF_NO_AUTOEN 0x80000u

#define IRQ_NOTCONNECTED 0x80000000u

/* Where @handler returns IRQ_WAKE_THREAD, or there is none, @thread_fn is called, which may sleep. */
int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev_id);

static inline int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev_id)
{
	return request_threaded_irq(irq, handler, NULL, flags | IRQF_COND_ONESHOT, name, dev_id);
}

/* No handler of it runs any more when this returns. */
const void *free_irq(unsigned int irq, void *dev_id);
void disable_irq_nosync(unsigned int irq);
void disable_irq(unsigned int irq);
void enable_irq(unsigned int irq);
void synchronize_irq(unsigned int irq);
/* Not for the threaded part: returns whether that is over as well. */
bool synchronize_hardirq(unsigned int irq);

DEFINE_LOCK_GUARD_1(disable_irq, int, disable_irq(*_T->lock), enable_irq(*_T->lock))

/* ---- tasklets ---- */

struct tasklet_struct {
	struct tasklet_struct *next;		/* in the machine's list, once it is scheduled */
	unsigned long state;
	atomic_t count;				/* times it is disabled */
	bool use_callback;
	union {
		void (*func)(unsigned long data);
		void (*callback)(struct tasklet_struct *tasklet);
	};
	unsigned long data;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct tasklet_struct) == 40, "tasklet_struct");
#endif

enum { TASKLET_STATE_SCHED, TASKLET_STATE_RUN };

#define DECLARE_TASKLET(name, fn) struct tasklet_struct name = { .use_callback = true, .callback = (fn) }
#define DECLARE_TASKLET_DISABLED(name, fn) \
	struct tasklet_struct name = { .count = ATOMIC_INIT(1), .use_callback = true, .callback = (fn) }

#define from_tasklet(variable, tasklet, member) container_of(tasklet, __typeof__(*variable), member)

void tasklet_setup(struct tasklet_struct *tasklet, void (*callback)(struct tasklet_struct *tasklet));
void tasklet_init(struct tasklet_struct *tasklet, void (*func)(unsigned long data), unsigned long data);
void __tasklet_schedule(struct tasklet_struct *tasklet);
void __tasklet_hi_schedule(struct tasklet_struct *tasklet);
void tasklet_unlock_wait(struct tasklet_struct *tasklet);
void tasklet_unlock_spin_wait(struct tasklet_struct *tasklet);

/* It runs once more; nothing where that is to come anyway. */
static inline void tasklet_schedule(struct tasklet_struct *tasklet)
{
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &tasklet->state))
		__tasklet_schedule(tasklet);
}

static inline void tasklet_hi_schedule(struct tasklet_struct *tasklet)
{
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &tasklet->state))
		__tasklet_hi_schedule(tasklet);
}

static inline void tasklet_disable_nosync(struct tasklet_struct *tasklet)
{
	atomic_inc(&tasklet->count);
	smp_mb__after_atomic();
}

/* It does not run when this returns; */
static inline void tasklet_disable(struct tasklet_struct *tasklet)
{
	tasklet_disable_nosync(tasklet);
	tasklet_unlock_wait(tasklet);
}

/* ... what is in atomic context spins until then. */
static inline void tasklet_disable_in_atomic(struct tasklet_struct *tasklet)
{
	tasklet_disable_nosync(tasklet);
	tasklet_unlock_spin_wait(tasklet);
}

static inline void tasklet_enable(struct tasklet_struct *tasklet)
{
	smp_mb__before_atomic();
	atomic_dec(&tasklet->count);
}

/* It is not running, nor is it scheduled: it has run, where it was. The caller does that, if nobody else is at it. */
void tasklet_kill(struct tasklet_struct *tasklet);

#endif
