// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runtime power management: the usage count and what reaching zero asks for. A count of zero leaves a
 * request to idle in the device; nothing carries requests out yet, so a device never leaves
 * RPM_ACTIVE.
 */
#include <linux/errno.h>
#include <linux/pm_runtime.h>

#include "kernel/stub.h"

void pm_runtime_init(struct device *dev)
{
	spin_lock_init(&dev->power.lock);
	atomic_set(&dev->power.usage_count, 0);
	dev->power.runtime_auto = true;
	dev->power.request = RPM_REQ_NONE;
	dev->power.runtime_status = RPM_ACTIVE;
}

static void ask_for(struct device *dev, enum rpm_request request)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->power.lock, flags);
	dev->power.request = request;
	spin_unlock_irqrestore(&dev->power.lock, flags);
}

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

/* A resume cancels what was asked for before; 1: the device was active already. */
int pm_runtime_resume(struct device *dev)
{
	ask_for(dev, RPM_REQ_NONE);
	return 1;
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

	if (left == 0)
		ask_for(dev, RPM_REQ_IDLE);
	return left < 0 ? left : 0;
}

int pm_runtime_put_sync(struct device *dev)
{
	return pm_runtime_put(dev);
}

/* Writes power/control; says whether that changed it. */
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
