/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PM_RUNTIME_H
#define _LINUX_PM_RUNTIME_H

#include <linux/device.h>

/* How a request is made. */
#define RPM_ASYNC 0x01			/* pm_wq is to see to it */
#define RPM_NOWAIT 0x02			/* not if a transition is under way */
#define RPM_GET_PUT 0x04		/* the count goes up or down with it */
#define RPM_AUTO 0x08			/* when the device has been idle for long enough */

int __pm_runtime_idle(struct device *dev, int rpmflags);
int __pm_runtime_suspend(struct device *dev, int rpmflags);
int __pm_runtime_resume(struct device *dev, int rpmflags);
/* Adds a count where the device is active; 1: it has, 0: it is not, or an errno. */
int pm_runtime_get_if_active(struct device *dev);
/* ... and others have one already. */
int pm_runtime_get_if_in_use(struct device *dev);
/* Of a device whose runtime PM is disabled, or has failed; what was wrong is forgotten. */
int __pm_runtime_set_status(struct device *dev, unsigned int status);
void pm_runtime_barrier(struct device *dev);
void pm_runtime_enable(struct device *dev);
void __pm_runtime_disable(struct device *dev, bool check_resume);
void pm_runtime_allow(struct device *dev);
void pm_runtime_forbid(struct device *dev);

static inline bool pm_runtime_enabled(struct device *dev)
{
	return !dev->power.disable_depth;
}

static inline bool pm_runtime_active(struct device *dev)
{
	return dev->power.runtime_status == RPM_ACTIVE || dev->power.disable_depth;
}

static inline bool pm_runtime_suspended(struct device *dev)
{
	return dev->power.runtime_status == RPM_SUSPENDED && !dev->power.disable_depth;
}

static inline bool pm_runtime_status_suspended(struct device *dev)
{
	return dev->power.runtime_status == RPM_SUSPENDED;
}

static inline void pm_runtime_get_noresume(struct device *dev)
{
	atomic_inc(&dev->power.usage_count);
}

/* The one way down that stops at zero in silence. */
static inline void pm_runtime_put_noidle(struct device *dev)
{
	atomic_add_unless(&dev->power.usage_count, -1, 0);
}

/* A request, by its name for drivers. */
#define __STUB_PM_REQUEST(name, what, how)		\
	static inline int name(struct device *dev)	\
	{						\
		return __pm_runtime_##what(dev, (how));	\
	}

__STUB_PM_REQUEST(pm_runtime_resume, resume, 0)
__STUB_PM_REQUEST(pm_runtime_suspend, suspend, 0)
__STUB_PM_REQUEST(pm_runtime_idle, idle, 0)
__STUB_PM_REQUEST(pm_request_resume, resume, RPM_ASYNC)
__STUB_PM_REQUEST(pm_request_idle, idle, RPM_ASYNC)
__STUB_PM_REQUEST(pm_runtime_get, resume, RPM_GET_PUT | RPM_ASYNC)
/* The count stays, also where resuming fails. */
__STUB_PM_REQUEST(pm_runtime_get_sync, resume, RPM_GET_PUT)
__STUB_PM_REQUEST(pm_runtime_put_sync, idle, RPM_GET_PUT)
__STUB_PM_REQUEST(pm_runtime_put_sync_suspend, suspend, RPM_GET_PUT)
__STUB_PM_REQUEST(pm_runtime_set_active, set_status, RPM_ACTIVE)
__STUB_PM_REQUEST(pm_runtime_set_suspended, set_status, RPM_SUSPENDED)
#undef __STUB_PM_REQUEST

static inline void pm_runtime_put(struct device *dev)
{
	__pm_runtime_idle(dev, RPM_GET_PUT | RPM_ASYNC);
}

static inline int pm_runtime_resume_and_get(struct device *dev)
{
	int ret = pm_runtime_get_sync(dev);

	if (ret >= 0)
		return 0;
	pm_runtime_put_noidle(dev);
	return ret;
}

/* What was asked of pm_wq is done first, if it was to resume. */
static inline void pm_runtime_disable(struct device *dev)
{
	__pm_runtime_disable(dev, true);
}

#endif
