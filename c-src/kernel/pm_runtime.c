// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runtime power management: the usage count, and the transitions that it allows or asks for.
 *
 * A count that drops to zero queues a request to idle on pm_wq; the lab says when that work runs
 * (stub_pm_work). A device makes one transition at a time: power.lock is held to begin and to end it,
 * and dropped while the callback runs.
 */
#include <linux/pm_runtime.h>

#include <linux/errno.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(pm_runtime_resume);

#define IN_FLIGHT 1u

struct transition {
	enum rpm_status meanwhile, done, failed;
};

static const struct transition SUSPEND = { RPM_SUSPENDING, RPM_SUSPENDED, RPM_ACTIVE };
static const struct transition RESUME = { RPM_RESUMING, RPM_ACTIVE, RPM_SUSPENDED };

void pm_runtime_init(struct device *dev)
{
	spin_lock_init(&dev->power.lock);
	atomic_set(&dev->power.usage_count, 0);
	dev->power.runtime_auto = true;
	dev->power.request = RPM_REQ_NONE;
	dev->power.runtime_status = RPM_ACTIVE;
	dev->power.in_flight = 0;
}

/* Others look at the status without the lock, if only to check that they were right to come. */
static void set_status(struct device *dev, enum rpm_status status)
{
	__atomic_store_n(&dev->power.runtime_status, status, __ATOMIC_RELAXED);
}

bool stub_pm_is_active(const struct device *dev)
{
	return __atomic_load_n(&dev->power.runtime_status, __ATOMIC_RELAXED) == RPM_ACTIVE;
}

static const struct dev_pm_ops *ops_of(const struct device *dev)
{
	static const struct dev_pm_ops none;

	return dev->bus && dev->bus->pm ? dev->bus->pm : &none;
}

/* Called and returning with the lock held; a callback may sleep, so that it runs without. */
static int make(struct device *dev, const struct transition *what,
		int (*callback)(struct device *dev), unsigned long *flags)
{
	int ret = 0;

	set_status(dev, what->meanwhile);
	stub_acquire(&dev->power.in_flight, IN_FLIGHT, IN_FLIGHT);
	spin_unlock_irqrestore(&dev->power.lock, *flags);

	if (what == &RESUME && stub_should_fail(pm_runtime_resume))
		ret = -EIO;
	else if (callback)
		ret = callback(dev);

	spin_lock_irqsave(&dev->power.lock, *flags);
	set_status(dev, ret ? what->failed : what->done);
	stub_release(&dev->power.in_flight, IN_FLIGHT);
	return ret;
}

/* With the lock held. A device in use, or on its way somewhere, is not idle. */
static bool is_idle(const struct device *dev)
{
	return !atomic_read(&dev->power.usage_count) && stub_pm_is_active(dev);
}

static void queue_idle(struct device *dev)
{
	if (is_idle(dev))
		dev->power.request = RPM_REQ_IDLE;
}

/* Suspends the device if it is idle and its bus has no objection. */
static int suspend_if_idle(struct device *dev)
{
	const struct dev_pm_ops *ops = ops_of(dev);
	unsigned long flags;
	int ret = ops->runtime_idle ? ops->runtime_idle(dev) : 0;

	spin_lock_irqsave(&dev->power.lock, flags);
	dev->power.request = RPM_REQ_NONE;
	if (!ret)
		ret = is_idle(dev) ? make(dev, &SUSPEND, ops->runtime_suspend, &flags) : -EAGAIN;
	spin_unlock_irqrestore(&dev->power.lock, flags);
	return ret;
}

/* 1: it was active already. A request from before has no meaning any more. */
int pm_runtime_resume(struct device *dev)
{
	unsigned long flags;
	int ret = 1;

	if (!stub_pm_is_active(dev))
		stub_might_sleep(dev);
	spin_lock_irqsave(&dev->power.lock, flags);
	while (__atomic_load_n(&dev->power.in_flight, __ATOMIC_RELAXED) & IN_FLIGHT) {
		/* Another task's transition: where it ends decides what is left to do. */
		spin_unlock_irqrestore(&dev->power.lock, flags);
		stub_acquire(&dev->power.in_flight, IN_FLIGHT, 0);
		spin_lock_irqsave(&dev->power.lock, flags);
	}
	dev->power.request = RPM_REQ_NONE;
	if (!stub_pm_is_active(dev)) {
		ret = make(dev, &RESUME, ops_of(dev)->runtime_resume, &flags);
		/* Resuming without a count leaves an idle device behind. */
		queue_idle(dev);
	}
	spin_unlock_irqrestore(&dev->power.lock, flags);
	return ret;
}

bool stub_pm_work(struct device *dev)
{
	enum stub_context context = current_task->context;
	unsigned long flags;
	bool queued, suspended;

	current_task->context = STUB_WORKQUEUE;
	spin_lock_irqsave(&dev->power.lock, flags);
	queued = dev->power.request == RPM_REQ_IDLE;
	spin_unlock_irqrestore(&dev->power.lock, flags);
	suspended = queued && suspend_if_idle(dev) == 0;
	current_task->context = context;
	return suspended;
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

void pm_runtime_get_noresume(struct device *dev)
{
	atomic_inc(&dev->power.usage_count);
}

/* The one way down that stops at zero in silence. */
void pm_runtime_put_noidle(struct device *dev)
{
	atomic_add_unless(&dev->power.usage_count, -1, 0);
}

int pm_runtime_get_sync(struct device *dev)
{
	pm_runtime_get_noresume(dev);
	return pm_runtime_resume(dev);
}

int pm_runtime_resume_and_get(struct device *dev)
{
	int ret = pm_runtime_get_sync(dev);

	if (ret >= 0)
		return 0;
	pm_runtime_put_noidle(dev);
	return ret;
}

int pm_runtime_put(struct device *dev)
{
	int left = drop_usage(dev);
	unsigned long flags;

	if (left == 0) {
		spin_lock_irqsave(&dev->power.lock, flags);
		queue_idle(dev);
		spin_unlock_irqrestore(&dev->power.lock, flags);
	}
	return left < 0 ? left : 0;
}

int pm_runtime_put_sync(struct device *dev)
{
	int left = drop_usage(dev);

	if (left)
		return left < 0 ? left : 0;
	stub_might_sleep(dev);
	return suspend_if_idle(dev);
}

/* Writes power/control; returns whether that changed it. */
static bool set_auto(struct device *dev, bool on)
{
	unsigned long flags;
	bool changes;

	spin_lock_irqsave(&dev->power.lock, flags);
	changes = dev->power.runtime_auto != on;
	dev->power.runtime_auto = on;
	spin_unlock_irqrestore(&dev->power.lock, flags);
	return changes;
}

void pm_runtime_allow(struct device *dev)
{
	if (set_auto(dev, true))
		pm_runtime_put(dev);
}

void pm_runtime_forbid(struct device *dev)
{
	if (set_auto(dev, false))
		pm_runtime_get_sync(dev);
}
