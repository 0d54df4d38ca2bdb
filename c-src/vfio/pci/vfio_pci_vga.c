// SPDX-License-Identifier: GPL-2.0-only
/*
 * VGA adapters that a user has: what the arbiter is told of them, mostly that the legacy ranges are not for
 * them, and how the user gets at those ranges where it may.
 */
#include <linux/aperture.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kernel.h>

#include "vfio/pci/vfio_pci_priv.h"

#include <linux/vgaarb.h>

static bool is_vga(const struct pci_dev *pdev)
{
	return pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA;
}

static bool vfio_vga_disabled(void)
{
#ifdef CONFIG_VFIO_PCI_VGA
	return vfio_pci_policy()->disable_vga;
#else
	return true;
#endif
}

/* VGA ranges are for adapters, unless all are told to do without. */
bool vfio_pci_passes_vga(struct vfio_pci_core_device *vdev)
{
	return is_vga(vdev->pdev) && !vfio_vga_disabled();
}

/* Is there another adapter below the bridge that leads to this one? */
static bool has_sibling(struct pci_dev *pdev)
{
	u8 first = pdev->bus->number, last = pci_bus_max_busnr(pdev->bus);
	struct pci_dev *other = NULL;
	bool found = false;

	while (!found && (other = pci_get_class(PCI_CLASS_DISPLAY_VGA << 8, other))) {
		struct pci_bus *bus = other->bus;

		found = other != pdev && pci_domain_nr(bus) == pci_domain_nr(pdev->bus) &&
			!pci_is_root_bus(bus) && bus->number >= first && bus->number <= last;
	}
	if (found)
		pci_dev_put(other);
	return found;
}

/*
 * A user's adapter leaves the legacy ranges to others. It cannot where it is the only adapter, or where
 * no bridge keeps those ranges from it; and if another one is below the same bridge, the bridge has to
 * be asked for them.
 */
static unsigned int vfio_pci_set_decode(struct pci_dev *pdev, bool single_vga)
{
	const unsigned int normal = VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM;
	const unsigned int all = normal | VGA_RSRC_LEGACY_MASK;

	if (single_vga || !vfio_vga_disabled() || pci_is_root_bus(pdev->bus))
		return all;
	return has_sibling(pdev) ? all : normal;
}

int vfio_pci_vga_init(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int err;

	if (!is_vga(pdev))
		return 0;

	err = aperture_remove_conflicting_pci_devices(pdev, "vfio-pci");
	if (!err)
		err = vga_client_register(pdev, vfio_pci_set_decode);
	if (!err)
		vga_set_legacy_decoding(pdev, vfio_pci_set_decode(pdev, false));
	return err;
}

void vfio_pci_vga_uninit(struct vfio_pci_core_device *vdev)
{
	if (!is_vga(vdev->pdev))
		return;
	vga_client_unregister(vdev->pdev);
	vga_set_legacy_decoding(vdev->pdev, VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM |
						    VGA_RSRC_LEGACY_MASK);
}

/* ---- access to the legacy ranges ---- */

#ifdef CONFIG_VFIO_PCI_VGA

/* The ranges, which the region holds where they are in memory and among the ports. */
static const struct range {
	u32 first, last;
	bool ports;
} legacy_ranges[] = {
	{ 0x3b0, 0x3bb, true },
	{ 0x3c0, 0x3df, true },
	{ 0xa0000, 0xbffff, false },
};

static const struct range *range_at(u64 pos)
{
	for (size_t i = 0; i < ARRAY_SIZE(legacy_ranges); i++)
		if (pos >= legacy_ranges[i].first && pos <= legacy_ranges[i].last)
			return &legacy_ranges[i];
	return NULL;
}

static ssize_t rw_range(struct vfio_pci_core_device *vdev, const struct range *range, char __user *buf,
			u64 pos, size_t count, bool iswrite)
{
	unsigned int rsrc = range->ports ? VGA_RSRC_LEGACY_IO : VGA_RSRC_LEGACY_MEM;
	u32 bytes = range->last - range->first + 1;
	void __iomem *io = range->ports ? ioport_map(range->first, bytes) :
					  ioremap(range->first, bytes);
	ssize_t done;

	if (!io)
		return -ENOMEM;
	done = vga_get_interruptible(vdev->pdev, rsrc);
	if (!done) {
		done = vfio_pci_core_do_io_rw(vdev, false, io, buf, pos - range->first, count, 0, 0,
					      iswrite);
		vga_put(vdev->pdev, rsrc);
	}
	if (range->ports)
		ioport_unmap(io);
	else
		iounmap(io);
	return done;
}

ssize_t vfio_pci_vga_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos, bool iswrite)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	const struct range *range = range_at(pos);
	ssize_t done;

	if (!vdev->has_vga || !range)
		return -EINVAL;
	if (count > range->last + 1 - pos)
		count = (size_t)(range->last + 1 - pos);
	done = rw_range(vdev, range, buf, pos, count, iswrite);
	if (done > 0)
		*ppos += done;
	return done;
}

#else

ssize_t vfio_pci_vga_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos, bool iswrite)
{
	return -EINVAL;
}

#endif
