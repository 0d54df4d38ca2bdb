// SPDX-License-Identifier: GPL-2.0-only
/* A user's eventfds, what it asks the kernel to do with them, and what the device sends. */
#include <linux/errno.h>
#include <linux/eventfd.h>
#include <linux/pci.h>
#include <uapi/linux/vfio.h>

#include "lab/lab.h"

/* What few users need is kept beside them, so that a race need not put it back: each one's address names an eventfd. */
struct lab_fds {
	char vector[LAB_VECTORS];
	char error, request, doorbell, unmask;
};

static struct lab_fds *fds_of(const struct lab_device *device)
{
	return stub_static_of(NULL, device->user, sizeof(struct lab_fds));
}

/* The user's end of a vector; NULL where it has none. */
static struct eventfd_ctx *eventfd_for(const struct lab_device *device, u32 index, u32 vector)
{
	const struct lab_fds *fds;

	if (index == VFIO_PCI_INTX_IRQ_INDEX && !vector)
		return device->user->intx_eventfd;
	fds = fds_of(device);
	if (!fds)
		return NULL;

	switch (index) {
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return vector < LAB_VECTORS ? stub_eventfd_of(&fds->vector[vector]) : NULL;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return vector ? NULL : stub_eventfd_of(&fds->error);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return vector ? NULL : stub_eventfd_of(&fds->request);
	default:
		return NULL;
	}
}

static s64 signals(const struct lab_device *device, u32 index, u32 vector)
{
	const struct eventfd_ctx *ctx = eventfd_for(device, index, vector);

	return ctx ? (s64)stub_eventfd_count(ctx) : -EINVAL;
}

s64 lab_signals(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	return device ? signals(device, step->arg[0], step->arg[1]) : -ENODEV;
}

/* ---- VFIO_DEVICE_SET_IRQS ---- */

/* struct vfio_irq_set, with room for its data. */
struct irq_set {
	u32 argsz, flags, index, start, count;
	s32 data[LAB_VECTORS];
};

/* The user's own descriptor for a vector; -1 where it has none. */
static s32 own_fd(const struct lab_device *device, const struct irq_set *set, u32 vector)
{
	const struct eventfd_ctx *ctx;

	if (set->index == VFIO_PCI_INTX_IRQ_INDEX && !(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		ctx = stub_eventfd_of(&fds_of(device)->unmask);
	else
		ctx = eventfd_for(device, set->index, vector);
	return ctx ? (s32)stub_number(ctx) : -1;
}

/* Returns how many bytes of data there are. */
static u32 fill(const struct lab_device *device, struct irq_set *set, s32 fd)
{
	u32 count = set->count < LAB_VECTORS ? set->count : LAB_VECTORS;

	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		for (u32 i = 0; i < count; i++)
			set->data[i] = fd ? fd : own_fd(device, set, set->start + i);
		return count * sizeof(s32);
	}
	if (set->flags & VFIO_IRQ_SET_DATA_BOOL) {
		__builtin_memset(set->data, 1, count);
		return count;
	}
	return 0;
}

/* @argsz of 0: what it should be. No more is promised than is there to be read. */
static s64 set_irqs(struct lab_device *device, struct irq_set *set, s32 fd)
{
	u32 bytes;

	if (!device)
		return -ENODEV;
	bytes = offsetof(struct irq_set, data) + fill(device, set, fd);
	if (!set->argsz || set->argsz > sizeof(*set))
		set->argsz = bytes;
	return lab_ioctl(device, VFIO_DEVICE_SET_IRQS, set);
}

static s64 set_intx(struct lab_device *device, u32 data, u32 count)
{
	struct irq_set set;

	set.argsz = 0;
	set.flags = data | VFIO_IRQ_SET_ACTION_TRIGGER;
	set.index = VFIO_PCI_INTX_IRQ_INDEX;
	set.start = 0;
	set.count = count;
	return set_irqs(device, &set, 0);
}

s64 lab_intx_enable(struct lab_instance *instance, const struct lab_step *step)
{
	return set_intx(lab_device_of(instance, step), VFIO_IRQ_SET_DATA_EVENTFD, 1);
}

s64 lab_intx_disable(struct lab_instance *instance, const struct lab_step *step)
{
	return set_intx(lab_device_of(instance, step), VFIO_IRQ_SET_DATA_NONE, 0);
}

s64 lab_set_irqs(struct lab_instance *instance, const struct lab_step *step)
{
	struct irq_set set;

	set.index = step->arg[0];
	set.flags = step->arg[1];
	set.start = step->arg[2];
	set.count = step->arg[3];
	set.argsz = step->arg[5];
	return set_irqs(lab_device_of(instance, step), &set, (s32)step->arg[4]);
}

/* ---- what the device sends ---- */

s64 lab_message(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device || !device->pdev->messages)
		return -ENODEV;
	stub_pci_send_message(device->pdev, step->arg[0]);
	return signals(device, VFIO_PCI_MSI_IRQ_INDEX, step->arg[0]);
}

s64 lab_pci_error(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device || !pci_is_pcie(device->pdev))
		return -ENODEV;
	stub_pci_report_error(device->pdev);
	return signals(device, VFIO_PCI_ERR_IRQ_INDEX, 0);
}

/* ---- what the user sends ---- */

s64 lab_ioeventfd(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);
	struct vfio_device_ioeventfd what = {
		.argsz = step->arg[5] ? step->arg[5] : sizeof(what),
		.flags = step->arg[3],
		.offset = ((u64)step->arg[0] << 40) + step->arg[1],
		.data = step->arg[2],
		.fd = (s32)step->arg[4],
	};

	if (!device)
		return -ENODEV;
	if (!what.fd)
		what.fd = (s32)stub_number(stub_eventfd_of(&fds_of(device)->doorbell));
	return lab_ioctl(device, VFIO_DEVICE_IOEVENTFD, &what);
}

s64 lab_doorbell(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device)
		return -ENODEV;
	eventfd_signal(stub_eventfd_of(&fds_of(device)->doorbell));
	return 0;
}

s64 lab_unmask(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device)
		return -ENODEV;
	eventfd_signal(stub_eventfd_of(&fds_of(device)->unmask));
	return 0;
}
