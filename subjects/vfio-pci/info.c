// SPDX-License-Identifier: GPL-2.0-only
/* What a user asks of a device, and its accesses of regions. */
#include <linux/errno.h>
#include <uapi/linux/vfio.h>

#include "lab/lab.h"

s64 lab_region_read(struct lab_instance *instance, const struct lab_step *step)
{
	u32 val = 0;
	s64 ret = lab_region_rw(lab_device_of(instance, step), step->arg[0], step->arg[1],
				step->arg[2], &val, false);

	return ret ? ret : val;
}

s64 lab_region_write(struct lab_instance *instance, const struct lab_step *step)
{
	u32 val = step->arg[3];

	return lab_region_rw(lab_device_of(instance, step), step->arg[0], step->arg[1],
			     step->arg[2], &val, true);
}

s64 lab_device_info(struct lab_instance *instance, const struct lab_step *step)
{
	struct vfio_device_info info = { .argsz = step->arg[0] ? step->arg[0] : sizeof(info) };
	s64 ret = lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_GET_INFO, &info);

	return ret ? ret : (s64)(info.num_irqs << 16 | info.num_regions << 8 | info.flags);
}

s64 lab_region_info(struct lab_instance *instance, const struct lab_step *step)
{
	struct vfio_region_info info = {
		.argsz = step->arg[1] ? step->arg[1] : sizeof(info), .index = step->arg[0],
	};
	s64 ret = lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_GET_REGION_INFO, &info);

	return ret ? ret : (s64)(info.size << 8 | info.flags);
}

s64 lab_irq_info(struct lab_instance *instance, const struct lab_step *step)
{
	struct vfio_irq_info info = {
		.argsz = step->arg[1] ? step->arg[1] : sizeof(info), .index = step->arg[0],
	};
	s64 ret = lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_GET_IRQ_INFO, &info);

	return ret ? ret : (s64)(info.count << 8 | info.flags);
}

s64 lab_hot_reset_info(struct lab_instance *instance, const struct lab_step *step)
{
	/* struct vfio_pci_hot_reset_info, with room for all devices */
	struct {
		u32 argsz, flags, count;
		struct vfio_pci_dependent_device devices[LAB_DEVICES];
	} info = { .argsz = step->arg[0] };
	u32 slots = 0;
	s64 ret;

	if (!info.argsz || info.argsz > sizeof(info))
		info.argsz = sizeof(info);
	ret = lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info);
	if (ret)
		return ret;
	for (u32 i = 0; i < info.count; i++)
		slots |= 1u << (info.devices[i].devfn >> 3);
	return slots;
}
