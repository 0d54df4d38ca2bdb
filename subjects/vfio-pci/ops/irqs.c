// SPDX-License-Identifier: GPL-2.0-only
/* A user's eventfds, what it asks the kernel to do with them, and what the device sends. */
#include <linux/errno.h>
#include <linux/eventfd.h>
#include <linux/pci.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <uapi/linux/vfio.h>

#include "kernel/function.h"
#include "lab/op.h"
#include "slots.h"

/* Vectors, from the first, that a user has an eventfd for. */
#define VECTORS 32

/* What few users need: the eventfds that go by these addresses are made at first use. */
static const struct fds {
	char vector[VECTORS];
	char error, request, doorbell, unmask;
} fds[SLOTS];

static const struct fds *fds_of(const struct slot *slot)
{
	return &fds[slot - slots];
}

/* The user's end of a vector; NULL where it has none. */
static struct eventfd_ctx *eventfd_for(const struct slot *slot, u32 index, u32 vector)
{
	const struct fds *own = fds_of(slot);

	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return vector ? NULL : slot->user->intx_eventfd;
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return vector < VECTORS ? stub_eventfd_of(&own->vector[vector]) : NULL;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return vector ? NULL : stub_eventfd_of(&own->error);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return vector ? NULL : stub_eventfd_of(&own->request);
	default:
		return NULL;
	}
}

static s64 signals(const struct slot *slot, u32 index, u32 vector)
{
	const struct eventfd_ctx *ctx = eventfd_for(slot, index, vector);

	return ctx ? (s64)stub_eventfd_count(ctx) : -EINVAL;
}

/* -> signals so far to the user's eventfd for a vector */
LAB_OP(signals, u32 device, u32 index, u32 vector)
{
	struct slot *slot = slot_of(device);

	return slot ? signals(slot, index, vector) : -ENODEV;
}

/* ---- VFIO_DEVICE_SET_IRQS ---- */

/* struct vfio_irq_set, with room for its data. */
struct irq_set {
	u32 argsz, flags, index, start, count;
	s32 data[VECTORS];
};

/* The user's own descriptor for a vector; -1 where it has none. */
static s32 own_fd(const struct slot *slot, const struct irq_set *set, u32 vector)
{
	const struct eventfd_ctx *ctx;

	if (set->index == VFIO_PCI_INTX_IRQ_INDEX && !(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		ctx = stub_eventfd_of(&fds_of(slot)->unmask);
	else
		ctx = eventfd_for(slot, set->index, vector);
	return ctx ? stub_eventfd_fd(ctx) : -1;
}

/* Returns how many bytes of data there are. */
static u32 fill(const struct slot *slot, struct irq_set *set, s32 fd)
{
	u32 count = set->count < VECTORS ? set->count : VECTORS;

	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		for (u32 i = 0; i < count; i++)
			set->data[i] = fd ? fd : own_fd(slot, set, set->start + i);
		return count * sizeof(s32);
	}
	if (set->flags & VFIO_IRQ_SET_DATA_BOOL) {
		__builtin_memset(set->data, 1, count);
		return count;
	}
	return 0;
}

/* What was left to a worker runs as the user's next step, so that it is over when an op is. */
static s64 when_worked(s64 ret)
{
	stub_flush_system();
	return ret;
}

/* @argsz of 0: what it should be. No more is promised than is there to be read. */
static s64 set_irqs(struct slot *slot, struct irq_set *set, s32 fd)
{
	u32 bytes;

	if (!slot)
		return -ENODEV;
	bytes = offsetof(struct irq_set, data) + fill(slot, set, fd);
	if (!set->argsz || set->argsz > sizeof(*set))
		set->argsz = bytes;
	return when_worked(slot_ioctl(slot, VFIO_DEVICE_SET_IRQS, set));
}

static s64 set_intx(struct slot *slot, u32 data, u32 count)
{
	struct irq_set set;

	set.argsz = 0;
	set.flags = data | VFIO_IRQ_SET_ACTION_TRIGGER;
	set.index = VFIO_PCI_INTX_IRQ_INDEX;
	set.start = 0;
	set.count = count;
	return set_irqs(slot, &set, 0);
}

/* With an eventfd of the user's. */
LAB_OP(intx_enable, u32 device)
{
	return set_intx(slot_of(device), VFIO_IRQ_SET_DATA_EVENTFD, 1);
}

LAB_OP(intx_disable, u32 device)
{
	return set_intx(slot_of(device), VFIO_IRQ_SET_DATA_NONE, 0);
}

/* @start: first vector; @fd 0: the user's own for each; @argsz 0: what it should be. */
LAB_OP(set_irqs, u32 device, u32 index, u32 flags, u32 start, u32 count, s32 fd, u32 argsz)
{
	struct irq_set set;

	set.argsz = argsz;
	set.flags = flags;
	set.index = index;
	set.start = start;
	set.count = count;
	return set_irqs(slot_of(device), &set, fd);
}

/* ---- what the device sends ---- */

/* The function sends it; -> signals so far to its eventfd. */
LAB_OP(message, u32 device, u32 vector)
{
	struct slot *slot = slot_of(device);

	if (!slot || !stub_function_of(slot->pdev)->messages)
		return -ENODEV;
	stub_pci_send_message(slot->pdev, vector);
	return signals(slot, VFIO_PCI_MSI_IRQ_INDEX, vector);
}

/* Its link reports an error; -> signals so far to the eventfd for that. */
LAB_OP(pci_error, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot || !pci_is_pcie(slot->pdev))
		return -ENODEV;
	stub_pci_report_error(slot->pdev);
	return signals(slot, VFIO_PCI_ERR_IRQ_INDEX, 0);
}

/* ---- what the user sends ---- */

static void signal_once(struct eventfd_ctx *ctx)
{
	/* Before 6.8, any number of signals could be said to have come. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/* @fd 0: the user's own; @argsz 0: what it should be. */
LAB_OP(ioeventfd, u32 device, u32 region, u32 offset, u32 data, u32 flags, s32 fd, u32 argsz)
{
	struct slot *slot = slot_of(device);
	struct vfio_device_ioeventfd what = {
		.argsz = argsz ? argsz : sizeof(what),
		.flags = flags,
		.offset = ((u64)region << 40) + offset,
		.data = data,
		.fd = fd,
	};

	if (!slot)
		return -ENODEV;
	if (!what.fd)
		what.fd = stub_eventfd_fd(stub_eventfd_of(&fds_of(slot)->doorbell));
	return when_worked(slot_ioctl(slot, VFIO_DEVICE_IOEVENTFD, &what));
}

/* The user signals that eventfd. */
LAB_OP(doorbell, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot)
		return -ENODEV;
	signal_once(stub_eventfd_of(&fds_of(slot)->doorbell));
	return when_worked(0);
}

/* The user signals the eventfd that unmasks INTx. */
LAB_OP(unmask, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot)
		return -ENODEV;
	signal_once(stub_eventfd_of(&fds_of(slot)->unmask));
	return when_worked(0);
}
