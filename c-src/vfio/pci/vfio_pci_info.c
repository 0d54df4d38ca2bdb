// SPDX-License-Identifier: GPL-2.0-only
/* What a user is told of a device: what it can do, its regions, its interrupts, its bus. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
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

/* 0 for what the function does not have. */
int vfio_pci_get_irq_count(struct vfio_pci_core_device *vdev, u32 index)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 flags;

	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return vdev->vconfig[PCI_INTERRUPT_PIN] != 0;
	case VFIO_PCI_MSI_IRQ_INDEX:
		if (!pdev->msi_cap)
			return 0;
		pci_read_config_word(pdev, pdev->msi_cap + PCI_MSI_FLAGS, &flags);
		return 1 << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
	case VFIO_PCI_MSIX_IRQ_INDEX:
		if (!pdev->msix_cap)
			return 0;
		pci_read_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, &flags);
		return (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return pci_is_pcie(pdev);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return 0;
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
	    (info.index == VFIO_PCI_ERR_IRQ_INDEX && !pci_is_pcie(vdev->pdev)))
		return -EINVAL;
	info.flags = irq_flags(vdev, info.index);
	info.count = (u32)vfio_pci_get_irq_count(vdev, info.index);
	return give(user, &info, sizeof(info));
}

/* ---- what a reset of the bus takes along ---- */

static struct vfio_pci_dependent_device facts_of(const struct pci_dev *pdev)
{
	return (struct vfio_pci_dependent_device){
		.group_id = vfio_group_id(&pdev->dev),
		.segment = (u16)pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.devfn = (u8)pdev->devfn,
	};
}

/* As long as the set is locked, none of them changes hands. */
static u32 list_devices(struct vfio_pci_core_device *vdev, const struct vfio_pci_companions *all,
			struct vfio_pci_dependent_device *devices, u32 room)
{
	struct mutex *lock = &vdev->vdev.dev_set->lock;
	struct pci_dev *pdev;
	u32 count = 0;

	mutex_lock(lock);
	vfio_pci_for_each(pdev, all) {
		if (count < room)
			devices[count] = facts_of(pdev);
		count++;
	}
	mutex_unlock(lock);
	return count;
}

/* A user that has left too little room learns how many there are. */
int vfio_pci_ioctl_get_pci_hot_reset_info(struct vfio_pci_core_device *vdev,
					  struct vfio_pci_hot_reset_info __user *user)
{
	struct vfio_pci_dependent_device *devices;
	struct vfio_pci_hot_reset_info info;
	struct vfio_pci_companions all;
	u32 room, left;
	int ret = take(&info, user, sizeof(info));

	if (ret)
		return ret;
	ret = vfio_pci_find_companions(vdev->pdev, &all);
	if (ret)
		return ret;

	room = vfio_pci_count(&all);
	left = (info.argsz - sizeof(info)) / sizeof(*devices);
	devices = kcalloc(room, sizeof(*devices), GFP_KERNEL);
	if (!devices)
		return -ENOMEM;
	info.flags = 0;
	info.count = list_devices(vdev, &all, devices, room);
	ret = give(user, &info, sizeof(info));
	if (!ret && left < info.count)
		ret = -ENOSPC;
	if (!ret)
		ret = give(user->devices, devices, info.count * sizeof(*devices));
	kfree(devices);
	return ret;
}
