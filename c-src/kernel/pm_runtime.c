// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runtime power management: the usage count, and the transitions that it allows or asks for.
 *
 * A count that drops to zero queues a request to idle on pm_wq; the lab says when that work runs
 * (stub_pm_work). A device makes one transition at a time: power.lock is held to begin and to end it,
 * and dropped while the callback runs. Parents are not asked.
 */
#include <linux/pm_runtime.h>

#include <linux/errno.h>
#include <linux/version.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(pm_runtime_resume);

/* In the word of the wait queue, where a kernel's tasks wait for the same. */
#define IN_FLIGHT 1u		/* a transition is under way, */
#define IDLING 2u		/* or the device is asked whether it is idle */

struct transition {
	enum rpm_status meanwhile, done, failed;
};

static const struct transition SUSPEND = { RPM_SUSPENDING, RPM_SUSPENDED, RPM_ACTIVE };
static const struct transition RESUME = { RPM_RESUMING, RPM_ACTIVE, RPM_SUSPENDED };

/* Nobody has said yet that there is runtime PM for the device. */
void stub_pm_init(struct device *dev)
{
	spin_lock_init(&dev->power.lock);
	init_waitqueue_head(&dev->power.wait_queue);
	atomic_set(&dev->power.usage_count, 0);
	dev->power.disable_depth = 1;
	dev->power.runtime_auto = true;
	dev->power.request = RPM_REQ_NONE;
	dev->power.runtime_status = RPM_SUSPENDED;
	dev->power.last_status = RPM_INVALID;
	dev->power.runtime_error = 0;
}

static u32 *word_of(struct device *dev)
{
	return stub_word(&dev->power.wait_queue);
}

static bool is_under_way(struct device *dev, u32 what)
{
	return __atomic_load_n(word_of(dev), __ATOMIC_RELAXED) & what;
}

static unsigned long lock_power(struct device *dev)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->power.lock, flags);
	return flags;
}

static void unlock_power(struct device *dev, unsigned long flags)
{
	spin_unlock_irqrestore(&dev->power.lock, flags);
}

/* Called and returning with the lock held. */
static void wait_until_over(struct device *dev, u32 what, unsigned long *flags)
{
	while (is_under_way(dev, what)) {
		unlock_power(dev, *flags);
		stub_acquire(word_of(dev), what, 0);
		*flags = lock_power(dev);
	}
}

/* Others look at the status without the lock, if only to check that they were right to come. */
static void set_status(struct device *dev, enum rpm_status status)
{
	__atomic_store_n(&dev->power.runtime_status, status, __ATOMIC_RELAXED);
}

static enum rpm_status status_of(const struct device *dev)
{
	return __atomic_load_n(&dev->power.runtime_status, __ATOMIC_RELAXED);
}

bool stub_pm_is_active(const struct device *dev)
{
	return status_of(dev) == RPM_ACTIVE;
}

static const struct dev_pm_ops *ops_of(const struct device *dev)
{
	static const struct dev_pm_ops none;

	return dev->bus && dev->bus->pm ? dev->bus->pm : &none;
}

/* The same may work a moment later. */
static bool is_transient(const struct transition *what, int error)
{
	/* Before 6.15, no failure to resume was taken for that. */
	if (what == &RESUME && LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0))
		return false;
	return error == -EAGAIN || error == -EBUSY;
}

/* Called and returning with the lock held; a callback may sleep, so that it runs without. */
static int make(struct device *dev, const struct transition *what,
		int (*callback)(struct device *dev), unsigned long *flags)
{
	int ret = 0;

	set_status(dev, what->meanwhile);
	stub_acquire(word_of(dev), IN_FLIGHT, IN_FLIGHT);
	unlock_power(dev, *flags);

	if (what == &RESUME && stub_should_fail(pm_runtime_resume))
		ret = -EIO;
	else if (callback)
		ret = callback(dev);

	*flags = lock_power(dev);
	set_status(dev, ret ? what->failed : what->done);
	if (ret && !is_transient(what, ret)) {
		dev->power.runtime_error = ret;
		dev->power.request = RPM_REQ_NONE;
	}
	stub_release(word_of(dev), IN_FLIGHT);
	return ret;
}

/* ---- with the lock held, which they may drop for a while: as the functions of their names, but for the count ---- */

/* 1: there is nothing to suspend. */
static int may_suspend(struct device *dev)
{
	if (dev->power.runtime_error)
		return -EINVAL;
	if (dev->power.disable_depth)
		return -EACCES;
	if (atomic_read(&dev->power.usage_count))
		return -EAGAIN;
	/* Who wants it active comes first. */
	if (dev->power.request == RPM_REQ_RESUME)
		return -EAGAIN;
	return status_of(dev) == RPM_SUSPENDED;
}

static int suspend(struct device *dev, int how, unsigned long *flags)
{
	int ret;

	while (ret = may_suspend(dev), !ret && status_of(dev) == RPM_SUSPENDING) {
		if (how & (RPM_ASYNC | RPM_NOWAIT))
			return -EINPROGRESS;
		wait_until_over(dev, IN_FLIGHT, flags);
	}
	if (!ret && status_of(dev) == RPM_RESUMING && !(how & RPM_ASYNC))
		ret = -EAGAIN;
	if (ret)
		return ret;
	if (how & RPM_ASYNC) {
		dev->power.request = RPM_REQ_SUSPEND;
		return 0;
	}
	dev->power.request = RPM_REQ_NONE;
	return make(dev, &SUSPEND, ops_of(dev)->runtime_suspend, flags);
}

/* Suspends the device if it is idle and its bus has no objection. */
static int idle(struct device *dev, int how, unsigned long *flags)
{
	int (*callback)(struct device *dev) = ops_of(dev)->runtime_idle;
	int ret = may_suspend(dev);

	if (ret < 0 || (ret == 1 && how & RPM_GET_PUT))
		return ret;
	if (!stub_pm_is_active(dev) || dev->power.request > RPM_REQ_IDLE)
		return -EAGAIN;
	if (is_under_way(dev, IDLING))
		return -EINPROGRESS;
	dev->power.request = RPM_REQ_NONE;
	if (how & RPM_ASYNC) {
		dev->power.request = RPM_REQ_IDLE;
		return 0;
	}
	if (callback) {
		stub_acquire(word_of(dev), IDLING, IDLING);
		unlock_power(dev, *flags);
		ret = callback(dev);
		*flags = lock_power(dev);
		stub_release(word_of(dev), IDLING);
	}
	return ret ? ret : suspend(dev, how, flags);
}

/* 1: it was active already. A request from before has no meaning any more. */
static int resume(struct device *dev, int how, unsigned long *flags)
{
	int ret;

	for (;;) {
		if (dev->power.runtime_error)
			return -EINVAL;
		if (dev->power.disable_depth)
			return stub_pm_is_active(dev) && dev->power.last_status == RPM_ACTIVE ? 1 : -EACCES;
		dev->power.request = RPM_REQ_NONE;
		if (stub_pm_is_active(dev))
			return 1;
		if (!is_under_way(dev, IN_FLIGHT))
			break;
		/* Another task's transition: where it ends decides what is left to do. */
		if (how & (RPM_ASYNC | RPM_NOWAIT)) {
			if (status_of(dev) == RPM_RESUMING)
				return -EINPROGRESS;
			dev->power.request = RPM_REQ_RESUME;
			return how & RPM_NOWAIT ? -EINPROGRESS : 0;
		}
		wait_until_over(dev, IN_FLIGHT, flags);
	}
	if (how & RPM_ASYNC) {
		dev->power.request = RPM_REQ_RESUME;
		return 0;
	}
	ret = make(dev, &RESUME, ops_of(dev)->runtime_resume, flags);
	/* Resuming without a count leaves an idle device behind. */
	if (ret >= 0)
		idle(dev, RPM_ASYNC, flags);
	return ret;
}

/* ---- the usage count ---- */

/* What is left after dropping one; an error, and nothing dropped, where there was none. */
static int drop_usage(struct device *dev)
{
	int left = atomic_dec_return(&dev->power.usage_count);

	if (left >= 0)
		return left;
	atomic_inc(&dev->power.usage_count);
	stub_violation(STUB_USAGE_UNDERFLOW, dev);
	return -EINVAL;
}

/* ---- what drivers call ---- */

int __pm_runtime_resume(struct device *dev, int rpmflags)
{
	unsigned long flags;
	int ret;

	if (!(rpmflags & RPM_ASYNC) && !stub_pm_is_active(dev))
		stub_might_sleep(dev);
	if (rpmflags & RPM_GET_PUT)
		pm_runtime_get_noresume(dev);
	flags = lock_power(dev);
	ret = resume(dev, rpmflags, &flags);
	unlock_power(dev, flags);
	return ret;
}

typedef int (*request_fn)(struct device *dev, int how, unsigned long *flags);

static int go_down(struct device *dev, int how, request_fn request)
{
	int left = how & RPM_GET_PUT ? drop_usage(dev) : 0;
	unsigned long flags;
	int ret;

	if (left)
		return left < 0 ? left : 0;
	if (!(how & RPM_ASYNC))
		stub_might_sleep(dev);
	flags = lock_power(dev);
	ret = request(dev, how, &flags);
	unlock_power(dev, flags);
	return ret;
}

int __pm_runtime_idle(struct device *dev, int rpmflags)
{
	return go_down(dev, rpmflags, idle);
}

int __pm_runtime_suspend(struct device *dev, int rpmflags)
{
	return go_down(dev, rpmflags, suspend);
}

static int get_if(struct device *dev, bool used_or_not)
{
	unsigned long flags = lock_power(dev);
	int ret;

	if (dev->power.disable_depth) {
		ret = -EINVAL;
	} else if (!stub_pm_is_active(dev)) {
		ret = 0;
	} else if (used_or_not) {
		ret = 1;
		pm_runtime_get_noresume(dev);
	} else {
		ret = atomic_inc_not_zero(&dev->power.usage_count);
	}
	unlock_power(dev, flags);
	return ret;
}

/* Two functions in the place of one with a flag, since 6.9. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
int pm_runtime_get_if_active(struct device *dev, bool ign_usage_count)
{
	return get_if(dev, ign_usage_count);
}
#else
int pm_runtime_get_if_active(struct device *dev)
{
	return get_if(dev, true);
}

int pm_runtime_get_if_in_use(struct device *dev)
{
	return get_if(dev, false);
}
#endif

void pm_runtime_allow(struct device *dev)
{
	unsigned long flags = lock_power(dev);

	if (!dev->power.runtime_auto) {
		dev->power.runtime_auto = true;
		if (drop_usage(dev) == 0)
			idle(dev, RPM_ASYNC, &flags);
	}
	unlock_power(dev, flags);
}

void pm_runtime_forbid(struct device *dev)
{
	unsigned long flags;

	if (!stub_pm_is_active(dev))
		stub_might_sleep(dev);
	flags = lock_power(dev);
	if (dev->power.runtime_auto) {
		dev->power.runtime_auto = false;
		pm_runtime_get_noresume(dev);
		resume(dev, 0, &flags);
	}
	unlock_power(dev, flags);
}

/* ---- on and off ---- */

int __pm_runtime_set_status(struct device *dev, unsigned int status)
{
	unsigned long flags;
	int ret = -EAGAIN;

	if (status != RPM_ACTIVE && status != RPM_SUSPENDED)
		return -EINVAL;
	flags = lock_power(dev);
	/* Where it is in use, its transitions alone say how it is. */
	if (dev->power.runtime_error || dev->power.disable_depth) {
		set_status(dev, status);
		dev->power.runtime_error = 0;
		ret = 0;
	}
	unlock_power(dev, flags);
	return ret;
}

void pm_runtime_enable(struct device *dev)
{
	unsigned long flags = lock_power(dev);

	if (dev->power.disable_depth && !--dev->power.disable_depth)
		dev->power.last_status = RPM_INVALID;
	unlock_power(dev, flags);
}

/* With the lock held: nothing is asked for, and nothing under way. Whether it was to resume, and has. */
static bool settle(struct device *dev, bool may_resume, unsigned long *flags)
{
	bool resumes = may_resume && dev->power.request == RPM_REQ_RESUME;

	if (resumes) {
		pm_runtime_get_noresume(dev);
		resume(dev, 0, flags);
		pm_runtime_put_noidle(dev);
	}
	return resumes;
}

static void end_all(struct device *dev, unsigned long *flags)
{
	dev->power.request = RPM_REQ_NONE;
	wait_until_over(dev, IN_FLIGHT | IDLING, flags);
}

void __pm_runtime_disable(struct device *dev, bool check_resume)
{
	unsigned long flags;

	stub_might_sleep(dev);
	flags = lock_power(dev);
	if (!dev->power.disable_depth)
		settle(dev, check_resume, &flags);
	if (!dev->power.disable_depth++) {
		end_all(dev, &flags);
		dev->power.last_status = status_of(dev);
	}
	unlock_power(dev, flags);
}

static int barrier_of(struct device *dev)
{
	unsigned long flags;
	bool resumed;

	stub_might_sleep(dev);
	pm_runtime_get_noresume(dev);
	flags = lock_power(dev);
	resumed = settle(dev, true, &flags);
	end_all(dev, &flags);
	unlock_power(dev, flags);
	pm_runtime_put_noidle(dev);
	return resumed;
}

/* Nobody used what it returned, and it returns nothing in later headers. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
int pm_runtime_barrier(struct device *dev)
{
	return barrier_of(dev);
}
#else
void pm_runtime_barrier(struct device *dev)
{
	barrier_of(dev);
}
#endif

/* ---- pm_wq ---- */

bool stub_pm_work(struct device *dev)
{
	enum stub_context context = current_task->context;
	enum rpm_request request;
	unsigned long flags;
	int ret = -EAGAIN;

	current_task->context = STUB_WORKQUEUE;
	flags = lock_power(dev);
	request = dev->power.request;
	if (request != RPM_REQ_NONE)
		dev->power.request = RPM_REQ_NONE;
	if (request == RPM_REQ_RESUME)
		resume(dev, RPM_NOWAIT, &flags);
	else if (request == RPM_REQ_IDLE)
		ret = idle(dev, RPM_NOWAIT, &flags);
	else if (request != RPM_REQ_NONE)
		ret = suspend(dev, RPM_NOWAIT, &flags);
	unlock_power(dev, flags);
	current_task->context = context;
	return !ret;
}
