/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PM_H
#define _LINUX_PM_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct device;

struct dev_pm_ops {
	int (*runtime_suspend)(struct device *dev);
	int (*runtime_resume)(struct device *dev);
	int (*runtime_idle)(struct device *dev);
};

enum rpm_status { RPM_INVALID = -1, RPM_ACTIVE, RPM_RESUMING, RPM_SUSPENDED, RPM_SUSPENDING };
enum rpm_request { RPM_REQ_NONE, RPM_REQ_IDLE, RPM_REQ_SUSPEND, RPM_REQ_AUTOSUSPEND, RPM_REQ_RESUME };

struct dev_pm_info {
	spinlock_t lock;		/* of all below but the count */
	wait_queue_head_t wait_queue;	/* of those who wait for a transition to end */
	atomic_t usage_count;
	unsigned int disable_depth:3;
	bool runtime_auto:1;
	enum rpm_request request;	/* what pm_wq has to do */
	enum rpm_status runtime_status;
	enum rpm_status last_status;	/* when it was disabled */
	int runtime_error;		/* why the last transition failed: there is no other one before that is cleared */
};

#endif
