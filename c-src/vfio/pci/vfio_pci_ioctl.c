// SPDX-License-Identifier: GPL-2.0-only
/* What a user asks of a device by ioctl, and where it is done. */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

static long vfio_pci_ioctl_set_irqs(struct vfio_pci_core_device *vdev,
				    struct vfio_irq_set __user *user)
{
	struct vfio_irq_set hdr;
	size_t data_size;
	void *data = NULL;
	int vectors, ret;

	if (copy_from_user(&hdr, user, offsetof(struct vfio_irq_set, data)))
		return -EFAULT;

	vectors = vfio_pci_get_irq_count(vdev, hdr.index);
	ret = vfio_set_irqs_validate_and_prepare(&hdr, vectors, VFIO_PCI_NUM_IRQS, &data_size);
	if (ret)
		return ret;

	if (data_size) {
		data = kmemdup(user->data, data_size, GFP_KERNEL);
		if (!data)
			return -ENOMEM;
	}

	mutex_lock(&vdev->igate);
	ret = vfio_pci_set_irqs_ioctl(vdev, hdr.flags, hdr.index, hdr.start, hdr.count, data);
	mutex_unlock(&vdev->igate);

	kfree(data);
	return ret;
}

long vfio_pci_core_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vfio_pci_ioctl_get_info(vdev, (void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_pci_ioctl_get_region_info(vdev, (void __user *)arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vfio_pci_ioctl_get_irq_info(vdev, (void __user *)arg);
	case VFIO_DEVICE_SET_IRQS:
		return vfio_pci_ioctl_set_irqs(vdev, (struct vfio_irq_set __user *)arg);
	case VFIO_DEVICE_RESET:
		return vfio_pci_ioctl_reset(vdev);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return vfio_pci_ioctl_get_pci_hot_reset_info(vdev, (void __user *)arg);
	case VFIO_DEVICE_IOEVENTFD:
		return vfio_pci_ioctl_ioeventfd(vdev, (struct vfio_device_ioeventfd __user *)arg);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return vfio_pci_ioctl_pci_hot_reset(vdev, (struct vfio_pci_hot_reset __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int pm_entry_with_wakeup(struct vfio_pci_core_device *vdev, void __user *arg)
{
	struct vfio_device_low_power_entry_with_wakeup entry;
	struct eventfd_ctx *wake;
	int ret;

	if (copy_from_user(&entry, arg, sizeof(entry)))
		return -EFAULT;
	if (entry.wakeup_eventfd < 0)
		return -EINVAL;
	wake = eventfd_ctx_fdget(entry.wakeup_eventfd);
	if (IS_ERR(wake))
		return (int)PTR_ERR(wake);

	ret = vfio_pci_runtime_pm_entry(vdev, wake);
	if (ret)
		eventfd_ctx_put(wake);
	return ret;
}

int vfio_pci_core_ioctl_feature(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				size_t argsz)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	u32 feature = flags & VFIO_DEVICE_FEATURE_MASK;
	size_t minsz = 0;
	int ret;

	if (feature < VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY ||
	    feature > VFIO_DEVICE_FEATURE_LOW_POWER_EXIT)
		return -ENOTTY;

	if (feature == VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP)
		minsz = sizeof(struct vfio_device_low_power_entry_with_wakeup);
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, minsz);
	if (ret != 1)
		return ret;

	switch (feature) {
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
		return vfio_pci_runtime_pm_entry(vdev, NULL);
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
		return pm_entry_with_wakeup(vdev, arg);
	default:
		vfio_pci_runtime_pm_exit(vdev);
		return 0;
	}
}
