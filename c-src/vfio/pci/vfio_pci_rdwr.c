// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes of a device's regions. */
#include <linux/errno.h>
#include <linux/pm_runtime.h>

#include "vfio/pci/vfio_pci_priv.h"

ssize_t vfio_pci_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos, bool iswrite)
{
	unsigned int region = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	struct device *dev = &vdev->pdev->dev;
	ssize_t ret = -EINVAL;

	if (region >= (unsigned int)(VFIO_PCI_NUM_REGIONS + vdev->num_regions))
		return ret;

	if (pm_runtime_resume_and_get(dev))
		return -EIO;
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		ret = vfio_pci_config_rw(vdev, buf, count, ppos, iswrite);
	pm_runtime_put(dev);
	return ret;
}

ssize_t vfio_pci_core_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			   loff_t *ppos)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	return count ? vfio_pci_rw(vdev, buf, count, ppos, false) : 0;
}

ssize_t vfio_pci_core_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			    loff_t *ppos)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	return count ? vfio_pci_rw(vdev, (char __user *)buf, count, ppos, true) : 0;
}
