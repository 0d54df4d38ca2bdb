// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes of a device's regions: config space, and what is behind the BARs. */
#include <linux/errno.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

/* Under memory_lock: does the function answer to its memory ranges, as far as its user is concerned? */
bool __vfio_pci_memory_enabled(const struct vfio_pci_core_device *vdev)
{
	u16 cmd = *(const u16 *)&vdev->vconfig[PCI_COMMAND];

	return vdev->pdev->current_state < PCI_D3hot &&
	       (vdev->pdev->no_command_memory || cmd & PCI_COMMAND_MEMORY);
}

/* One access; a BAR that it finds must not go away meanwhile, while other ranges are not the function's. */
static int one_access(struct vfio_pci_core_device *vdev, bool test_mem, void __iomem *io, u64 pos,
		      int bytes, u32 *val, bool iswrite)
{
	int ret = -EIO;

	if (test_mem)
		down_read(&vdev->memory_lock);
	if (!test_mem || __vfio_pci_memory_enabled(vdev)) {
		if (iswrite)
			vfio_pci_io_write(io + pos, bytes, *val);
		else
			*val = vfio_pci_io_read(io + pos, bytes);
		ret = 0;
	}
	if (test_mem)
		up_read(&vdev->memory_lock);
	return ret;
}

/* Bytes of the access at @pos: as many as are left, aligned to their number, and on one side of both ends. */
static int width_at(u64 pos, size_t left, size_t x_start, size_t x_end)
{
	if (pos < x_start && left > x_start - pos)
		left = x_start - (size_t)pos;
	if (pos >= x_start && pos < x_end && left > x_end - pos)
		left = x_end - (size_t)pos;
	if (left >= 4 && !(pos & 3))
		return 4;
	return left >= 2 && !(pos & 1) ? 2 : 1;
}

/* What lies between @x_start and @x_end is not for the user: it reads as ones and swallows writes. */
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem, void __iomem *io,
			       char __user *buf, u64 pos, size_t count, size_t x_start, size_t x_end,
			       bool iswrite)
{
	size_t done = 0;

	while (done < count) {
		u64 at = pos + done;
		int bytes = width_at(at, count - done, x_start, x_end);
		bool hidden = at >= x_start && at < x_end;
		u32 val = hidden ? ~0u : 0;
		int ret = 0;

		if (iswrite && copy_from_user(&val, buf + done, bytes))
			return -EFAULT;
		if (!hidden)
			ret = one_access(vdev, test_mem, io, at, bytes, &val, iswrite);
		if (ret)
			return ret;
		if (!iswrite && copy_to_user(buf + done, &val, bytes))
			return -EFAULT;
		done += bytes;
	}
	return done;
}

/* ---- BARs ---- */

/* Asked for and mapped at first use, for as long as the device is open. */
int vfio_pci_core_setup_barmap(struct vfio_pci_core_device *vdev, int bar)
{
	struct pci_dev *pdev = vdev->pdev;
	int bit = 1 << bar;
	int ret = 0;

	if (!vdev->barmap[bar])
		ret = pci_request_selected_regions(pdev, bit, "vfio");
	if (ret || vdev->barmap[bar])
		return ret;

	vdev->barmap[bar] = pci_iomap(pdev, bar, 0);
	if (vdev->barmap[bar])
		return 0;
	pci_release_selected_regions(pdev, bit);
	return -ENOMEM;
}

void vfio_pci_free_barmaps(struct vfio_pci_core_device *vdev)
{
	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!vdev->barmap[bar])
			continue;
		pci_iounmap(vdev->pdev, vdev->barmap[bar]);
		pci_release_selected_regions(vdev->pdev, 1 << bar);
		vdev->barmap[bar] = NULL;
	}
}

static ssize_t rw_rom(struct vfio_pci_core_device *vdev, char __user *buf, u64 pos, size_t count)
{
	void __iomem *rom = pci_iomap(vdev->pdev, PCI_ROM_RESOURCE, 0);
	ssize_t done;

	if (!rom)
		return -ENOMEM;
	done = vfio_pci_core_do_io_rw(vdev, true, rom, buf, pos, count, 0, 0, false);
	pci_iounmap(vdev->pdev, rom);
	return done;
}

static ssize_t rw_bar(struct vfio_pci_core_device *vdev, int bar, char __user *buf, u64 pos,
		      size_t count, bool iswrite)
{
	bool has_table = bar == vdev->msix_bar;
	size_t x_start = has_table ? vdev->msix_offset : 0;
	size_t x_end = has_table ? vdev->msix_offset + vdev->msix_size : 0;
	int ret = vfio_pci_core_setup_barmap(vdev, bar);

	if (ret)
		return ret;
	return vfio_pci_core_do_io_rw(vdev, true, vdev->barmap[bar], buf, pos, count, x_start, x_end,
				      iswrite);
}

static ssize_t vfio_pci_bar_rw(struct vfio_pci_core_device *vdev, unsigned int bar, char __user *buf,
			       size_t count, loff_t *ppos, bool iswrite)
{
	bool rom = bar == PCI_ROM_RESOURCE;
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 end = vfio_pci_region_size(vdev, bar);
	ssize_t done;

	if (pos >= end || (rom && iswrite))
		return -EINVAL;
	if (count > end - pos)
		count = (size_t)(end - pos);

	done = rom ? rw_rom(vdev, buf, pos, count) : rw_bar(vdev, (int)bar, buf, pos, count, iswrite);
	if (done > 0)
		*ppos += done;
	return done;
}

/* ---- all regions ---- */

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
	else if (region == VFIO_PCI_VGA_REGION_INDEX)
		ret = vfio_pci_vga_rw(vdev, buf, count, ppos, iswrite);
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
