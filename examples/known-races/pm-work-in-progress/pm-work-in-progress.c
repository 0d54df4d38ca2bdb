// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/base/power/main.c: what devices that suspend asynchronously do to their parent.
 * Left out: waiting for one another, and the callbacks.
 */
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct dev_pm_info {
	spinlock_t lock;
	bool wakeup_path:1;
	bool syscore:1;
	bool no_pm_callbacks:1;
	bool work_in_progress:1;
	bool smart_suspend:1;
	bool must_resume:1;
	bool may_skip_resume:1;
};

struct device {
	struct device *parent;
	bool may_wakeup;
	struct dev_pm_info power;
};

static struct mutex async_wip_mtx;
static struct device hub;
static struct device keyboard = { .parent = &hub, .may_wakeup = true };
static struct device disk = { .parent = &hub };

static void dpm_propagate_wakeup_to_parent(struct device *dev)
{
	struct device *parent = dev->parent;

	spin_lock_irq(&parent->power.lock);
	if (dev->may_wakeup)
		parent->power.wakeup_path = true;
	spin_unlock_irq(&parent->power.lock);
}

static void dpm_async_suspend_parent(struct device *dev)
{
	mutex_lock(&async_wip_mtx);
	if (!dev->parent->power.work_in_progress)
		dev->parent->power.work_in_progress = true;
	mutex_unlock(&async_wip_mtx);
}

void async_suspend(struct device *dev)
{
	dpm_propagate_wakeup_to_parent(dev);
	dpm_async_suspend_parent(dev);
}
