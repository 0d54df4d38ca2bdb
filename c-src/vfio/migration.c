// SPDX-License-Identifier: GPL-2.0-only
/* Features for moving a device to another machine: its migration state, and which pages it writes meanwhile. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "vfio/vfio.h"

/* ---- the migration state ---- */

/* How far a state is from a running device. Both ends of a copy are as far as it gets. */
static const u8 distance[VFIO_DEVICE_STATE_NR] = {
	[VFIO_DEVICE_STATE_RUNNING] = 0,
	[VFIO_DEVICE_STATE_RUNNING_P2P] = 1,
	[VFIO_DEVICE_STATE_STOP] = 2,
	[VFIO_DEVICE_STATE_STOP_COPY] = 3,
	[VFIO_DEVICE_STATE_RESUMING] = 3,
};

static const enum vfio_device_mig_state at_distance[] = {
	VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_STOP,
};

int vfio_mig_get_next_state(struct vfio_device *device, enum vfio_device_mig_state cur_fsm,
			    enum vfio_device_mig_state new_fsm, enum vfio_device_mig_state *next_fsm)
{
	(void)device;
	if (cur_fsm >= VFIO_DEVICE_STATE_NR || new_fsm >= VFIO_DEVICE_STATE_NR ||
	    cur_fsm == VFIO_DEVICE_STATE_ERROR || new_fsm == VFIO_DEVICE_STATE_ERROR)
		return -EINVAL;

	if (distance[new_fsm] > distance[cur_fsm])
		*next_fsm = distance[cur_fsm] == 2 ? new_fsm : at_distance[distance[cur_fsm] + 1];
	else if (new_fsm != cur_fsm)
		*next_fsm = at_distance[distance[cur_fsm] - 1];
	else
		*next_fsm = new_fsm;
	return 0;
}

/* The descriptor is the user's from here on, and with it the reference. */
static int return_file(struct file *filp, struct vfio_device_feature_mig_state *mig)
{
	int fd;

	mig->data_fd = -1;
	if (IS_ERR_OR_NULL(filp))
		return PTR_ERR_OR_ZERO(filp);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(filp);
		return fd;
	}
	fd_install((unsigned int)fd, filp);
	mig->data_fd = fd;
	return 0;
}

int vfio_ioctl_device_feature_mig_device_state(struct vfio_device *device, u32 flags, void __user *arg,
					       size_t argsz)
{
	struct vfio_device_feature_mig_state mig;
	enum vfio_device_mig_state curr;
	int ret;

	if (!device->mig_ops)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET, sizeof(mig));
	if (ret != 1)
		return ret;
	if (copy_from_user(&mig, arg, sizeof(mig)))
		return -EFAULT;

	if (flags & VFIO_DEVICE_FEATURE_GET) {
		ret = device->mig_ops->migration_get_state(device, &curr);
		if (ret)
			return ret;
		mig.device_state = curr;
		mig.data_fd = -1;
	} else {
		curr = (enum vfio_device_mig_state)mig.device_state;
		ret = return_file(device->mig_ops->migration_set_state(device, curr), &mig);
	}
	if (copy_to_user(arg, &mig, sizeof(mig)))
		return -EFAULT;
	return ret;
}

/* ---- dirty pages ---- */

/* More than any user has memory for. */
#define LOG_MAX_RANGES 4096

static bool is_aligned(u64 iova, u64 length, u64 page_size)
{
	return page_size && length && !((iova | length) & (page_size - 1)) && iova + length > iova;
}

/* One that overlaps with another would be reported twice. */
static int check_ranges(const struct vfio_device_feature_dma_logging_range __user *ranges, u32 count,
			u64 page_size)
{
	for (u32 i = 0; i < count; i++) {
		if (!is_aligned(ranges[i].iova, ranges[i].length, page_size))
			return -EINVAL;
		for (u32 j = 0; j < i; j++)
			if (ranges[i].iova < ranges[j].iova + ranges[j].length &&
			    ranges[j].iova < ranges[i].iova + ranges[i].length)
				return -EINVAL;
	}
	return 0;
}

int vfio_ioctl_device_feature_logging_start(struct vfio_device *device, u32 flags, void __user *arg,
					    size_t argsz)
{
	const struct vfio_device_feature_dma_logging_range __user *ranges;
	struct vfio_device_feature_dma_logging_control control;
	int ret;

	if (!device->log_ops)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, sizeof(control));
	if (ret != 1)
		return ret;
	if (copy_from_user(&control, arg, sizeof(control)))
		return -EFAULT;
	if (!control.num_ranges)
		return -EINVAL;
	if (control.num_ranges > LOG_MAX_RANGES)
		return -E2BIG;

	ranges = (const void __user *)(uintptr_t)control.ranges;
	ret = check_ranges(ranges, control.num_ranges, control.page_size);
	if (!ret)
		ret = device->log_ops->log_start(device, ranges, control.num_ranges, &control.page_size);
	if (ret)
		return ret;
	/* What the device tracks may be coarser than what was asked for. */
	if (copy_to_user(arg, &control, sizeof(control))) {
		device->log_ops->log_stop(device);
		return -EFAULT;
	}
	return 0;
}

int vfio_ioctl_device_feature_logging_stop(struct vfio_device *device, u32 flags, size_t argsz)
{
	int ret;

	if (!device->log_ops)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, 0);
	return ret == 1 ? device->log_ops->log_stop(device) : ret;
}

/* Whether pages are dirty is nobody's concern here: the report ends, and the user's bitmap stays as it is. */
int vfio_ioctl_device_feature_logging_report(struct vfio_device *device, u32 flags, void __user *arg,
					     size_t argsz)
{
	struct vfio_device_feature_dma_logging_report report;
	int ret;

	if (!device->log_ops)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(report));
	if (ret != 1)
		return ret;
	if (copy_from_user(&report, arg, sizeof(report)))
		return -EFAULT;
	if (!is_aligned(report.iova, report.length, report.page_size))
		return -EINVAL;
	return device->log_ops->log_read_and_clear(device, report.iova, report.length);
}
