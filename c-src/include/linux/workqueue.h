/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workqueues. Nothing runs by itself: a worker takes an item when the lab says so (stub_work), and what is delayed is
 * due when its timer fires. An item never runs twice at the same time.
 */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/timer.h>

struct work_struct;
struct workqueue_struct;

typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	atomic_long_t data;			/* where it was queued last, and what it is at: see kernel/workqueue.c */
	struct list_head entry;			/* in its queue */
	work_func_t func;
};

struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;		/* where it goes when it is due */
	int cpu;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct work_struct) == 32, "work_struct");
_Static_assert(sizeof(struct delayed_work) == 88, "delayed_work");
#endif

#define WQ_UNBOUND 0x2u
#define WQ_FREEZABLE 0x4u
#define WQ_MEM_RECLAIM 0x8u
#define WQ_HIGHPRI 0x10u
#define WQ_CPU_INTENSIVE 0x20u
#define WQ_SYSFS 0x40u
#define WQ_PERCPU 0x100u
#define __WQ_ORDERED 0x20000u
#define WORK_CPU_UNBOUND NR_CPUS

enum {
	WORK_STRUCT_PENDING_BIT = 0,
	WORK_STRUCT_PWQ_BIT = 2,
	WORK_STRUCT_PENDING = 1 << WORK_STRUCT_PENDING_BIT,
	WORK_STRUCT_PWQ = 1 << WORK_STRUCT_PWQ_BIT,
	/* of work_busy() */
	WORK_BUSY_PENDING = 1,
	WORK_BUSY_RUNNING = 2,
};

#define WORK_DATA_INIT() ATOMIC_LONG_INIT(0)

/* Its timer, when it is due: kernel/workqueue.c's own. */
void delayed_work_timer_fn(struct timer_list *timer);

#define __WORK_INITIALIZER(name, fn) { .data = WORK_DATA_INIT(), .entry = LIST_HEAD_INIT((name).entry), .func = (fn) }
#define __DELAYED_WORK_INITIALIZER(name, fn) \
	{ .work = __WORK_INITIALIZER((name).work, fn), .timer = __TIMER_INITIALIZER(delayed_work_timer_fn, TIMER_IRQSAFE) }
#define DECLARE_WORK(name, fn) struct work_struct name = __WORK_INITIALIZER(name, fn)
#define DECLARE_DELAYED_WORK(name, fn) struct delayed_work name = __DELAYED_WORK_INITIALIZER(name, fn)

static inline void INIT_WORK(struct work_struct *work, work_func_t func)
{
	work->data = (atomic_long_t)WORK_DATA_INIT();
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
}

static inline void INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func)
{
	INIT_WORK(&dwork->work, func);
	timer_setup(&dwork->timer, delayed_work_timer_fn, TIMER_IRQSAFE);
}

#define INIT_WORK_ONSTACK(work, func) INIT_WORK(work, func)
#define INIT_DELAYED_WORK_ONSTACK(dwork, func) INIT_DELAYED_WORK(dwork, func)
#define INIT_DEFERRABLE_WORK(dwork, func) INIT_DELAYED_WORK(dwork, func)
#define destroy_work_on_stack(work) ((void)(work))
#define destroy_delayed_work_on_stack(dwork) ((void)(dwork))

#define to_delayed_work(w) container_of(w, struct delayed_work, work)

/*
 * @most: items of it that run at the same time, on each CPU, or with WQ_UNBOUND on all of them together; 0: as many as
 * there are workers.
 */
__printf(1, 4) struct workqueue_struct *alloc_workqueue_noprof(const char *format, unsigned int flags, int most, ...);
/* What is left in it runs before it goes. */
void destroy_workqueue(struct workqueue_struct *wq);

#define alloc_workqueue(args...) alloc_workqueue_noprof(args)
/* One item at a time, in the order in which they were queued. */
#define alloc_ordered_workqueue(name, flags, args...) alloc_workqueue(name, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, ##args)
#define create_workqueue(name) alloc_workqueue("%s", 0, 1, (name))
#define create_singlethread_workqueue(name) alloc_ordered_workqueue("%s", 0, name)

/* The kernel's own. */
extern struct workqueue_struct *system_wq, *system_percpu_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq,
	*system_dfl_wq, *system_freezable_wq, *system_power_efficient_wq, *system_freezable_power_efficient_wq;

/* False where it is pending already. It belongs to the CPU that it is queued on, or for: that is what limits count. */
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
/* Due after the delay, whether or not it was pending, which is returned. */
bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);

static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work_on(WORK_CPU_UNBOUND, wq, work);
}

static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}

static inline bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return mod_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}

/* It is not pending when this returns, */
bool cancel_work(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
/* ... nor running, and it could not be queued meanwhile; each says whether it was pending. */
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work_sync(struct delayed_work *dwork);

/*
 * What was queued before has run when this returns: where no worker is at it, the caller does it. False where there
 * was nothing to wait for.
 */
bool flush_work(struct work_struct *work);
/* At once, whatever its delay. */
bool flush_delayed_work(struct delayed_work *dwork);
void __flush_workqueue(struct workqueue_struct *wq);
#define flush_workqueue(wq) __flush_workqueue(wq)
/* Until there is nothing left, whatever items queue. */
void drain_workqueue(struct workqueue_struct *wq);

#define work_pending(work) test_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&(work)->data)
#define delayed_work_pending(dwork) work_pending(&(dwork)->work)
/* Pending, or running: that may be over by the time it is returned. */
unsigned int work_busy(struct work_struct *work);

#define schedule_work(work) queue_work(system_wq, (work))
#define schedule_delayed_work(dwork, delay) queue_delayed_work(system_wq, (dwork), (delay))
#define flush_scheduled_work() flush_workqueue(system_wq)
#define schedule_work_on(cpu, work) queue_work_on(cpu, system_wq, work)
#define schedule_delayed_work_on(cpu, dwork, delay) queue_delayed_work_on(cpu, system_wq, dwork, delay)

#endif
