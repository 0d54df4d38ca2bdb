// SPDX-License-Identifier: GPL-2.0-only
/* What a user is told of a device: what it can do, its regions, its interrupts. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

/*
 * A user says how much room it has; less than the whole is an error, and more is for what later
 * kernels tell.
 */
static int take(void *info, void __user *user, size_t bytes)
{
	if (copy_from_user(info, user, bytes))
		return -EFAULT;
	return *(const u32 *)info < bytes ? -EINVAL : 0;
}

static int give(void __user *user, const void *info, size_t bytes)
{
	return copy_to_user(user, info, bytes) ? -EFAULT : 0;
}

int vfio_pci_ioctl_get_info(struct vfio_pci_core_device *vdev, void __user *user)
{
	struct vfio_device_info info;
	int ret = take(&info, user, sizeof(info));

	if (ret)
		return ret;
	info.flags = VFIO_DEVICE_FLAGS_PCI | (vdev->reset_works ? VFIO_DEVICE_FLAGS_RESET : 0);
	info.num_regions = VFIO_PCI_NUM_REGIONS + vdev->num_regions;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return give(user, &info, sizeof(info));
}

/* ---- regions ---- */

u64 vfio_pci_region_size(struct vfio_pci_core_device *vdev, u32 index)
{
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return vdev->pdev->cfg_size;
	if (index == VFIO_PCI_VGA_REGION_INDEX)
		return 0xc0000;
	return pci_resource_len(vdev->pdev, index);
}

static u32 region_flags(const struct vfio_pci_core_device *vdev, u32 index)
{
	u32 flags = VFIO_REGION_INFO_FLAG_READ;

	if (index != VFIO_PCI_ROM_REGION_INDEX)
		flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (index <= VFIO_PCI_BAR5_REGION_INDEX && vdev->bar_mmap_supported[index])
		flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return flags;
}

int vfio_pci_ioctl_get_region_info(struct vfio_pci_core_device *vdev, void __user *user)
{
	struct vfio_region_info info;
	int ret = take(&info, user, sizeof(info));

	if (ret)
		return ret;
	if (info.index >= VFIO_PCI_NUM_REGIONS ||
	    (info.index == VFIO_PCI_VGA_REGION_INDEX && !vdev->has_vga))
		return -EINVAL;

	info.offset = VFIO_PCI_INDEX_TO_OFFSET(info.index);
	info.size = vfio_pci_region_size(vdev, info.index);
	info.flags = info.size ? region_flags(vdev, info.index) : 0;
	info.cap_offset = 0;
	return give(user, &info, sizeof(info));
}

/* ---- interrupts ---- */

static u32 irq_count(struct vfio_pci_core_device *vdev, u32 index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return vdev->vconfig[PCI_INTERRUPT_PIN] != 0;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return 0;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return vdev->pdev->msix_cap ? vdev->msix_size / 16 : 0;
	default:
		return 1;
	}
}

static u32 irq_flags(const struct vfio_pci_core_device *vdev, u32 index)
{
	/* A user of INTx finds it masked when it comes. */
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	if (index == VFIO_PCI_MSIX_IRQ_INDEX && vdev->has_dyn_msix)
		return VFIO_IRQ_INFO_EVENTFD;
	return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
}

int vfio_pci_ioctl_get_irq_info(struct vfio_pci_core_device *vdev, void __user *user)
{
	struct vfio_irq_info info;
	int ret = take(&info, user, sizeof(info));

	if (ret)
		return ret;
	/* Only PCI Express reports errors. */
	if (info.index >= VFIO_PCI_NUM_IRQS ||
	    (info.index == VFIO_PCI_ERR_IRQ_INDEX && !vdev->pdev->pcie_cap))
		return -EINVAL;
	info.flags = irq_flags(vdev, info.index);
	info.count = irq_count(vdev, info.index);
	return give(user, &info, sizeof(info));
}
