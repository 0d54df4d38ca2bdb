// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes of a device's regions: config space, and what is behind the BARs. */
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

/* Under memory_lock: does the function answer to its memory ranges, as far as its user is concerned? */
static bool __vfio_pci_memory_enabled(const struct vfio_pci_core_device *vdev)
{
	u16 cmd = *(const u16 *)&vdev->vconfig[PCI_COMMAND];

	return vdev->pdev->current_state < PCI_D3hot && cmd & PCI_COMMAND_MEMORY;
}

/* One access; what it finds must not go away meanwhile. */
static int one_access(struct vfio_pci_core_device *vdev, void __iomem *map, u64 pos, int bytes,
		      u32 *val, bool iswrite)
{
	int ret = -EIO;

	down_read(&vdev->memory_lock);
	if (__vfio_pci_memory_enabled(vdev)) {
		if (iswrite)
			io_write(map, (unsigned long)pos, bytes, *val);
		else
			*val = io_read(map, (unsigned long)pos, bytes);
		ret = 0;
	}
	up_read(&vdev->memory_lock);
	return ret;
}

/* In pieces as large as their alignment allows. */
static ssize_t move(struct vfio_pci_core_device *vdev, void __iomem *map, char __user *buf, u64 pos,
		    size_t count, bool iswrite)
{
	size_t done = 0;

	while (done < count) {
		u64 at = pos + done;
		size_t left = count - done;
		int bytes = left >= 4 && !(at & 3) ? 4 : left >= 2 && !(at & 1) ? 2 : 1;
		u32 val = 0;
		int ret;

		if (iswrite && copy_from_user(&val, buf + done, bytes))
			return -EFAULT;
		ret = one_access(vdev, map, at, bytes, &val, iswrite);
		if (ret)
			return ret;
		if (!iswrite && copy_to_user(buf + done, &val, bytes))
			return -EFAULT;
		done += bytes;
	}
	return done;
}

/* Mapped at first use, for as long as the device is open. */
static void __iomem *map_bar(struct vfio_pci_core_device *vdev, unsigned int bar)
{
	if (bar == PCI_ROM_RESOURCE)
		return pci_iomap(vdev->pdev, bar, 0);
	if (!vdev->barmap[bar])
		vdev->barmap[bar] = pci_iomap(vdev->pdev, bar, 0);
	return vdev->barmap[bar];
}

static ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, unsigned int bar, char __user *buf,
			       size_t count, loff_t *ppos, bool iswrite)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 end = vfio_pci_region_size(vdev, bar);
	void __iomem *map;
	ssize_t done;

	if (pos >= end || (bar == PCI_ROM_RESOURCE && iswrite))
		return -EINVAL;
	if (count > end - pos)
		count = (size_t)(end - pos);

	map = map_bar(vdev, bar);
	if (!map)
		return -ENOMEM;
	done = move(vdev, map, buf, pos, count, iswrite);
	if (done > 0)
		*ppos += done;
	return done;
}

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
	else if (region <= VFIO_PCI_ROM_REGION_INDEX)
		ret = vfio_pci_bar_rw(vdev, region, buf, count, ppos, iswrite);
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
