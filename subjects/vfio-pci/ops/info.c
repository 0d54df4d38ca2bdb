// SPDX-License-Identifier: GPL-2.0-only
/* What a user asks of a device, and its accesses of regions. */
#include <linux/errno.h>
#include <uapi/linux/vfio.h>

#include "lab/op.h"
#include "slots.h"

/* Up to 4 @bytes; -> the value read. */
LAB_OP(region_read, u32 device, u32 region, u32 offset, u32 bytes)
{
	u32 val = 0;
	s64 ret = slot_region_rw(slot_of(device), region, offset, bytes, &val, false);

	return ret ? ret : val;
}

LAB_OP(region_write, u32 device, u32 region, u32 offset, u32 bytes, u32 value)
{
	return slot_region_rw(slot_of(device), region, offset, bytes, &value, true);
}

/* ---- ioctls; @argsz 0: what it should be ---- */

/* -> the flags, above bit 8 regions, and above bit 16 interrupts */
LAB_OP(device_info, u32 device, u32 argsz)
{
	struct vfio_device_info info = { .argsz = argsz ? argsz : sizeof(info) };
	s64 ret = slot_ioctl(slot_of(device), VFIO_DEVICE_GET_INFO, &info);

	return ret ? ret : (s64)(info.num_irqs << 16 | info.num_regions << 8 | info.flags);
}

/* -> the flags, and above bit 8 the region's size */
LAB_OP(region_info, u32 device, u32 index, u32 argsz)
{
	struct vfio_region_info info = { .argsz = argsz ? argsz : sizeof(info), .index = index };
	s64 ret = slot_ioctl(slot_of(device), VFIO_DEVICE_GET_REGION_INFO, &info);

	return ret ? ret : (s64)(info.size << 8 | info.flags);
}

/* -> the flags, and above bit 8 its vectors */
LAB_OP(irq_info, u32 device, u32 index, u32 argsz)
{
	struct vfio_irq_info info = { .argsz = argsz ? argsz : sizeof(info), .index = index };
	s64 ret = slot_ioctl(slot_of(device), VFIO_DEVICE_GET_IRQ_INFO, &info);

	return ret ? ret : (s64)(info.count << 8 | info.flags);
}

/* -> slots that are on its bus: a bit each */
LAB_OP(hot_reset_info, u32 device, u32 argsz)
{
	/* struct vfio_pci_hot_reset_info, with room for all devices */
	struct {
		u32 argsz, flags, count;
		struct vfio_pci_dependent_device devices[SLOTS];
	} info = { .argsz = argsz };
	u32 on_bus = 0;
	s64 ret;

	if (!info.argsz || info.argsz > sizeof(info))
		info.argsz = sizeof(info);
	ret = slot_ioctl(slot_of(device), VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info);
	if (ret)
		return ret;
	for (u32 i = 0; i < info.count; i++)
		on_bus |= 1u << (info.devices[i].devfn >> 3);
	return on_bus;
}
