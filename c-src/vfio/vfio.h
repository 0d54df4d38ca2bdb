/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the vfio core: a user's handle on a device. */
#ifndef _VFIO_VFIO_H
#define _VFIO_VFIO_H

#include <linux/fs.h>
#include <linux/vfio.h>

struct vfio_device_file {
	struct vfio_device *device;
	bool access_granted;		/* set, once and for all, when the open has succeeded */
};

extern const struct file_operations vfio_device_fops;
extern const struct file_operations vfio_group_fops;

/* What stands for the device's IOMMU group: it is the only device in it. */
int vfio_device_set_group(struct vfio_device *device);

bool vfio_device_try_get_registration(struct vfio_device *device);
void vfio_device_put_registration(struct vfio_device *device);

struct vfio_device_file *vfio_allocate_device_file(struct vfio_device *device);
/* migration.c */
int vfio_ioctl_device_feature_mig_device_state(struct vfio_device *device, u32 flags, void __user *arg,
					       size_t argsz);
int vfio_ioctl_device_feature_logging_start(struct vfio_device *device, u32 flags, void __user *arg,
					    size_t argsz);
int vfio_ioctl_device_feature_logging_stop(struct vfio_device *device, u32 flags, size_t argsz);
int vfio_ioctl_device_feature_logging_report(struct vfio_device *device, u32 flags, void __user *arg,
					     size_t argsz);

int vfio_df_open(struct vfio_device_file *df);
void vfio_df_close(struct vfio_device_file *df);

#endif
