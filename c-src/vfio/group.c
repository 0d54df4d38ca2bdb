// SPDX-License-Identifier: GPL-2.0-only
/* IOMMU groups, a device in each: a user who has a group's file owns what is in it. */
#include <linux/errno.h>
#include <linux/pci.h>

#include "kernel/fault.h"
#include "vfio/vfio.h"

STUB_FAULT(vfio_register_group_dev);

/* A device without a group, or whose IOMMU does not keep caches coherent, is not for users. */
int vfio_device_set_group(struct vfio_device *device)
{
	(void)device;
	return stub_should_fail(vfio_register_group_dev) ? -EINVAL : 0;
}

/* There is a group for every function, and it goes by where that sits. */
u32 vfio_group_id(const struct device *dev)
{
	const struct pci_dev *pdev = to_pci_dev(dev);

	return (u32)pdev->bus->number << 8 | pdev->devfn;
}

/* Of a group's file nothing is called: what it is asked for, it is asked by its name. */
const struct file_operations vfio_group_fops;

bool vfio_file_is_group(struct file *file)
{
	return file->f_op == &vfio_group_fops;
}

bool vfio_file_has_dev(struct file *file, struct vfio_device *device)
{
	return file->private_data == device->dev;
}
