/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PM_H
#define _LINUX_PM_H

#include <linux/atomic.h>
#include <linux/spinlock.h>

struct device;

struct dev_pm_ops {
	int (*runtime_suspend)(struct device *dev);
	int (*runtime_resume)(struct device *dev);
	int (*runtime_idle)(struct device *dev);
};

enum rpm_status { RPM_ACTIVE, RPM_RESUMING, RPM_SUSPENDED, RPM_SUSPENDING };
enum rpm_request { RPM_REQ_NONE, RPM_REQ_IDLE };

struct dev_pm_info {
	spinlock_t lock;		/* of all below but the count */
	atomic_t usage_count;
	bool runtime_auto:1;
	enum rpm_request request;	/* what pm_wq has to do */
	enum rpm_status runtime_status;
	u32 in_flight;			/* word: a transition is under way */
};

#endif
