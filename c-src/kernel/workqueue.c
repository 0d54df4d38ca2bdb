// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workqueues. Nothing runs by itself: a worker runs when the lab asks for it (stub_work) and takes one item.
 * Only a task that flushes or destroys a queue, and would wait for a worker, does the worker's work.
 */
#include <linux/workqueue.h>

#include <linux/bug.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kernel/compat.h"
#include "kernel/cpu.h"

#define RUNNING 1u
#define WORKERS 8u

/*
 * What a CPU has of a queue, or all of them have together, where it is bound to none. An item that was queued has the address
 * in its data, with this beside it:
 */
#define HAS_SHARE ((unsigned long)WORK_STRUCT_PWQ)
#define PENDING ((unsigned long)WORK_STRUCT_PENDING)

struct pool_workqueue {
	_Alignas(8) struct workqueue_struct *wq;
	u32 active;			/* items that run */
};

struct workqueue_struct {
	struct workqueue_struct *next;
	struct list_head pending;
	u32 flags;
	u32 most;			/* items of a share that may run at the same time */
	bool is_listed;
	u32 left;			/* items that are in it, or run */
	struct pool_workqueue share[NR_CPUS];
};

struct worker {
	u32 busy;			/* word: an item runs; taken and given back with the pool's lock held */
	struct pool_workqueue *pwq;
	const struct work_struct *work;	/* its memory may be gone as soon as its function is called, */
	work_func_t func;		/* ... or before, where it was cancelled too late */
};

/* Who waits until an item is over: it cannot be queued meanwhile. */
struct canceller {
	struct canceller *next;
	const struct work_struct *work;
};

/* One lock does for all queues of the machine. */
static __machine struct {
	spinlock_t lock;
	struct workqueue_struct *first;
	struct canceller *cancellers;
	struct worker worker[WORKERS];
	struct workqueue_struct system;
} pool = {
	.system = {
		.pending = LIST_HEAD_INIT(pool.system.pending), .most = WORKERS,
		.share = { [0 ... NR_CPUS - 1] = { .wq = &pool.system } },
	},
};

/* The kernel's own: one for all its names. */
#define SYSTEM_QUEUE(name) __machine struct workqueue_struct *name = &pool.system
SYSTEM_QUEUE(system_wq);
SYSTEM_QUEUE(system_percpu_wq);
SYSTEM_QUEUE(system_highpri_wq);
SYSTEM_QUEUE(system_long_wq);
SYSTEM_QUEUE(system_unbound_wq);
SYSTEM_QUEUE(system_dfl_wq);
SYSTEM_QUEUE(system_freezable_wq);
SYSTEM_QUEUE(system_power_efficient_wq);
SYSTEM_QUEUE(system_freezable_power_efficient_wq);

static unsigned long lock_pool(void)
{
	unsigned long flags;

	spin_lock_irqsave(&pool.lock, flags);
	return flags;
}

static void unlock_pool(unsigned long flags)
{
	spin_unlock_irqrestore(&pool.lock, flags);
}

/* ---- with the lock held ---- */

static void add_queue(struct workqueue_struct *wq)
{
	struct workqueue_struct **at = &pool.first;

	while (*at)
		at = &(*at)->next;
	*at = wq;
	wq->is_listed = true;
}

static void remove_queue(struct workqueue_struct *wq)
{
	struct workqueue_struct **at = &pool.first;

	while (*at && *at != wq)
		at = &(*at)->next;
	if (*at)
		*at = wq->next;
}

static unsigned long data_of(const struct work_struct *work)
{
	return (unsigned long)atomic_long_read(&work->data);
}

static void set_data(struct work_struct *work, unsigned long data)
{
	atomic_long_set(&work->data, (long)data);
}

static struct pool_workqueue *share_of(const struct work_struct *work)
{
	unsigned long data = data_of(work);

	return data & HAS_SHARE ? (struct pool_workqueue *)(data & ~(HAS_SHARE | PENDING)) : NULL;
}

/* It is in its queue; one that was never set up is in none. */
static bool is_queued(struct work_struct *work)
{
	return work_pending(work) && share_of(work) && !list_empty(&work->entry);
}

static struct worker *worker_of(const struct work_struct *work)
{
	for (u32 i = 0; i < WORKERS; i++)
		if (pool.worker[i].work == work)
			return &pool.worker[i];
	return NULL;
}

/* One that works for the queue, or any at all. */
static struct worker *busy_worker(const struct workqueue_struct *wq)
{
	for (u32 i = 0; i < WORKERS; i++)
		if (pool.worker[i].work && (!wq || pool.worker[i].pwq->wq == wq))
			return &pool.worker[i];
	return NULL;
}

static bool is_cancelled(const struct work_struct *work)
{
	const struct canceller *at = pool.cancellers;

	while (at && at->work != work)
		at = at->next;
	return at;
}

/* Makes the item pending, or says that it is. */
static bool claim(struct work_struct *work)
{
	if (work_pending(work) || is_cancelled(work))
		return false;
	set_data(work, data_of(work) | PENDING);
	return true;
}

/* @cpu: none of those that there are: the one that this runs on. */
static struct pool_workqueue *choose_share(struct workqueue_struct *wq, const struct work_struct *work, u32 cpu)
{
	const struct worker *worker = worker_of(work);

	/* While it runs it stays where that is, or it would run twice at once. */
	if (worker && worker->pwq->wq == wq)
		return worker->pwq;
	if (wq->flags & WQ_UNBOUND)
		return &wq->share[0];
	/* There are no more workers: no limit is ever reached, and not all tasks have a CPU of their own. */
	if (wq->most >= WORKERS)
		return &wq->share[0];
	return &wq->share[cpu < NR_CPUS ? cpu : stub_cpu_number()];
}

/* Puts an item that is pending into its queue. */
static void insert_work(struct work_struct *work, struct workqueue_struct *wq, u32 cpu)
{
	if (WARN_ON(!list_empty(&work->entry)))
		return;
	if (unlikely(!wq->is_listed))
		add_queue(wq);
	set_data(work, (unsigned long)choose_share(wq, work, cpu) | HAS_SHARE | PENDING);
	list_add_tail(&work->entry, &wq->pending);
	WRITE_ONCE(wq->left, wq->left + 1);
}

static void unclaim(struct work_struct *work)
{
	set_data(work, data_of(work) & ~PENDING);
}

/* An item of flush_workqueue()'s own, behind those that it is about: when its turn comes, all of them have begun. */
static void reach(struct work_struct *barrier)
{
	(void)barrier;
}

static struct work_struct *first_pending(struct workqueue_struct *wq)
{
	return list_first_entry_or_null(&wq->pending, struct work_struct, entry);
}

static bool may_start(const struct work_struct *work)
{
	const struct pool_workqueue *pwq = share_of(work);

	if (work->func == reach)
		return work == first_pending(pwq->wq);
	return pwq->active < pwq->wq->most && !worker_of(work);
}

/* The next item of the queue that may run, for a worker that is returned. */
static struct worker *start(struct workqueue_struct *wq, struct work_struct **next)
{
	struct worker *worker = worker_of(NULL);
	struct work_struct *work;

	if (!worker)
		return NULL;
	list_for_each_entry(work, &wq->pending, entry) {
		if (!may_start(work))
			continue;
		stub_acquire(&worker->busy, RUNNING, RUNNING);
		worker->pwq = share_of(work);
		worker->work = work;
		worker->func = work->func;
		worker->pwq->active++;
		list_del_init(&work->entry);
		unclaim(work);
		*next = work;
		return worker;
	}
	return NULL;
}

/* ---- running ---- */

static void run(struct worker *worker, struct work_struct *work)
{
	enum stub_context context = current_task->context;
	unsigned long flags;

	current_task->context = STUB_WORKQUEUE;
	worker->func(work);
	current_task->context = context;

	flags = lock_pool();
	worker->pwq->active--;
	WRITE_ONCE(worker->pwq->wq->left, worker->pwq->wq->left - 1);
	worker->work = NULL;
	stub_release(&worker->busy, RUNNING);
	unlock_pool(flags);
}

bool stub_work(void)
{
	struct worker *worker = NULL;
	struct workqueue_struct *wq;
	struct work_struct *work;
	unsigned long flags;

	flags = lock_pool();
	for (wq = pool.first; wq && !worker; wq = wq->next)
		worker = start(wq, &work);
	unlock_pool(flags);

	if (worker)
		run(worker, work);
	return worker;
}

bool stub_work_is_due(void)
{
	const struct workqueue_struct *wq;
	const struct work_struct *work;
	u32 left = STUB_DUE_MAX;

	if (!worker_of(NULL))
		return false;
	for (wq = pool.first; wq && left; wq = wq->next, left--)
		list_for_each_entry(work, &wq->pending, entry) {
			if (!left--)
				return false;
			if (may_start(work))
				return true;
		}
	return false;
}

static void wait_for(struct worker *worker)
{
	stub_wait(&worker->busy, RUNNING, 0);
}

/* The worker that keeps an item from being run: it runs that, or another one of the same share. */
static struct worker *in_the_way_of(const struct work_struct *work)
{
	struct worker *worker = worker_of(work);

	for (u32 i = 0; !worker && i < WORKERS; i++)
		if (pool.worker[i].work && pool.worker[i].pwq == share_of(work))
			worker = &pool.worker[i];
	return worker;
}

/*
 * Runs an item of the queue, or waits for a worker that keeps it from that; returns which item it was. @wanted: an
 * item that the caller waits for; NULL: for all of them.
 */
static const struct work_struct *help(struct workqueue_struct *wq, const struct work_struct *wanted,
				      unsigned long flags)
{
	struct work_struct *work;
	struct worker *worker = start(wq, &work), *other;

	if (worker) {
		unlock_pool(flags);
		run(worker, work);
		return work;
	}
	if (!wanted || wanted->func == reach)
		wanted = first_pending(wq);
	other = wanted ? in_the_way_of(wanted) : busy_worker(wq);
	if (!other)
		other = busy_worker(NULL);
	unlock_pool(flags);
	if (other)
		wait_for(other);
	return NULL;
}

/* ---- queues ---- */

struct workqueue_struct *alloc_workqueue_noprof(const char *format, unsigned int flags, int most, ...)
{
	struct workqueue_struct *wq = stub_kmalloc(sizeof(*wq), GFP_KERNEL | __GFP_ZERO);
	unsigned long saved;

	if (!wq)
		return NULL;
	saved = lock_pool();
	INIT_LIST_HEAD(&wq->pending);
	wq->flags = flags;
	wq->most = most ? (u32)most : WORKERS;
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		wq->share[cpu].wq = wq;
	add_queue(wq);
	unlock_pool(saved);
	return wq;
}

void drain_workqueue(struct workqueue_struct *wq)
{
	unsigned long flags;

	stub_might_sleep(wq);
	while (flags = lock_pool(), !list_empty(&wq->pending) || busy_worker(wq))
		help(wq, NULL, flags);
	unlock_pool(flags);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	unsigned long flags = lock_pool();

	remove_queue(wq);
	unlock_pool(flags);
	drain_workqueue(wq);
	kfree(wq);
}

/* ---- queueing ---- */

unsigned int work_busy(struct work_struct *work)
{
	unsigned long flags = lock_pool();
	unsigned int busy = work_pending(work) ? WORK_BUSY_PENDING : 0;

	if (worker_of(work))
		busy |= WORK_BUSY_RUNNING;
	unlock_pool(flags);
	return busy;
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags = lock_pool();
	bool fresh = claim(work);

	if (fresh)
		insert_work(work, wq, (u32)cpu);
	unlock_pool(flags);
	return fresh;
}

/* With the lock held, of an item that is pending: at once, or by its timer. */
static void insert_delayed(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	if (!delay) {
		insert_work(&dwork->work, wq, (u32)cpu);
		return;
	}
	dwork->wq = wq;
	dwork->cpu = cpu;
	mod_timer(&dwork->timer, jiffies + delay);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags = lock_pool();
	bool fresh = claim(&dwork->work);

	if (fresh)
		insert_delayed(cpu, wq, dwork, delay);
	unlock_pool(flags);
	return fresh;
}

/* Who cancels it just now waits until it is in its queue: see take_back(). */
void delayed_work_timer_fn(struct timer_list *timer)
{
	struct delayed_work *dwork = timer_container_of(dwork, timer, timer);
	unsigned long flags = lock_pool();

	if (work_pending(&dwork->work))
		insert_work(&dwork->work, dwork->wq, (u32)dwork->cpu);
	unlock_pool(flags);
}

/*
 * Takes the lock, and the item out of its queue or from its timer: it is as pending as it was, and the caller's. Who
 * queues it meanwhile comes before or after that.
 */
static void grab(struct work_struct *work, struct delayed_work *dwork, unsigned long *flags)
{
	for (;;) {
		*flags = lock_pool();
		if (is_queued(work)) {
			list_del_init(&work->entry);
			WRITE_ONCE(share_of(work)->wq->left, share_of(work)->wq->left - 1);
			return;
		}
		/* One that is not in its queue yet has a timer, which may be firing just now. */
		if (!work_pending(work) || !dwork || timer_delete(&dwork->timer))
			return;
		unlock_pool(*flags);
		stub_timer_wait(&dwork->timer);
	}
}

/* It is not pending any more; returns whether it was. */
static bool take_back(struct work_struct *work, struct delayed_work *dwork)
{
	unsigned long flags;
	bool pending;

	grab(work, dwork, &flags);
	pending = work_pending(work);
	if (pending)
		unclaim(work);
	unlock_pool(flags);
	return pending;
}

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	struct work_struct *work = &dwork->work;
	unsigned long flags;
	bool was_pending;

	grab(work, dwork, &flags);
	was_pending = work_pending(work);
	if (was_pending && is_cancelled(work))
		unclaim(work);
	else if (was_pending || claim(work))
		insert_delayed(cpu, wq, dwork, delay);
	unlock_pool(flags);
	return was_pending;
}

/* ---- cancelling ---- */

bool cancel_work(struct work_struct *work)
{
	return take_back(work, NULL);
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	return take_back(&dwork->work, dwork);
}

static bool cancel_sync(struct work_struct *work, struct delayed_work *dwork)
{
	struct canceller own = { .work = work }, **link;
	struct worker *worker;
	unsigned long flags;
	bool was_pending;

	stub_might_sleep(work);
	flags = lock_pool();
	own.next = pool.cancellers;
	pool.cancellers = &own;
	unlock_pool(flags);

	was_pending = take_back(work, dwork);
	WARN_ON(!work->func);
	while (flags = lock_pool(), worker = worker_of(work)) {
		unlock_pool(flags);
		wait_for(worker);
	}

	link = &pool.cancellers;
	while (*link != &own)
		link = &(*link)->next;
	*link = own.next;
	unlock_pool(flags);
	return was_pending;
}

bool cancel_work_sync(struct work_struct *work)
{
	return cancel_sync(work, NULL);
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	return cancel_sync(&dwork->work, dwork);
}

/* ---- flushing ---- */

bool flush_work(struct work_struct *work)
{
	struct worker *worker;
	unsigned long flags;
	bool waited = false;

	stub_might_sleep(work);
	if (WARN_ON(!work->func))
		return false;
	while (flags = lock_pool(), is_queued(work)) {
		waited = true;
		if (help(share_of(work)->wq, work, flags) == work)
			return true;
	}
	worker = worker_of(work);
	unlock_pool(flags);
	if (worker)
		wait_for(worker);
	return waited || worker;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	unsigned long flags = lock_pool();

	if (timer_delete(&dwork->timer))
		insert_work(&dwork->work, dwork->wq, (u32)dwork->cpu);
	unlock_pool(flags);
	stub_timer_wait(&dwork->timer);
	return flush_work(&dwork->work);
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	struct work_struct barrier;
	bool wait[WORKERS];
	unsigned long flags;

	stub_might_sleep(wq);
	if (!READ_ONCE(wq->left))
		return;
	INIT_WORK_ONSTACK(&barrier, reach);
	queue_work(wq, &barrier);
	flush_work(&barrier);
	destroy_work_on_stack(&barrier);

	flags = lock_pool();
	for (u32 i = 0; i < WORKERS; i++)
		wait[i] = pool.worker[i].work && pool.worker[i].pwq->wq == wq;
	unlock_pool(flags);
	for (u32 i = 0; i < WORKERS; i++)
		if (wait[i])
			wait_for(&pool.worker[i]);
}

void stub_flush_system(void)
{
	__flush_workqueue(&pool.system);
}
