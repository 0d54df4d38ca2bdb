// SPDX-License-Identifier: GPL-2.0-only
/* What a step can do, one function an op: what a user, the system or the device does to the kernel. */
#include <linux/pm_runtime.h>
#include <linux/vfio_pci_core.h>
#include <uapi/linux/vfio.h>

#include "entry.h"
#include "lab/op.h"
#include "../model/vgaarb.h"
#include "slots.h"

struct slot *slot_of(u32 device)
{
	return device < SLOTS && slots[device].pdev ? &slots[device] : NULL;
}

/* ---- the system ---- */

/* The kernel holds config access, as around a reset; once at a time. */
LAB_OP(config_block, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot)
		return -ENODEV;
	if (__atomic_exchange_n(&slot->user->blocked, 1, __ATOMIC_SEQ_CST))
		return -EBUSY;
	pci_cfg_access_lock(slot->pdev);
	return 0;
}

LAB_OP(config_unblock, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot)
		return -ENODEV;
	if (!__atomic_exchange_n(&slot->user->blocked, 0, __ATOMIC_SEQ_CST))
		return -EINVAL;
	pci_cfg_access_unlock(slot->pdev);
	return 0;
}

/* pm_wq gets to it; -> 1 if that has suspended it. */
LAB_OP(pm_work, u32 device)
{
	struct slot *slot = slot_of(device);

	return slot ? stub_pm_work(&slot->pdev->dev) : -ENODEV;
}

/* ---- the user's descriptor ---- */

static bool change_fd(struct slot *slot, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&slot->user->fd, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* A task that uses a descriptor holds what it leads to, so that a close meanwhile takes effect when that is over. */
static struct file *use_file(struct slot *slot)
{
	if (!slot || __atomic_load_n(&slot->user->fd, __ATOMIC_SEQ_CST) != SLOT_FD_OPEN)
		return NULL;
	return atomic_add_unless(&slot->user->users, 1, 0) ? slot->user->file : NULL;
}

static void put_file(struct slot *slot)
{
	if (atomic_dec_return(&slot->user->users))
		return;
	entry_release(slot);
	change_fd(slot, SLOT_FD_BUSY, SLOT_FD_FREE);
}

LAB_OP(open, u32 device)
{
	struct slot *slot = slot_of(device);
	int ret;

	if (!slot)
		return -ENODEV;
	if (!change_fd(slot, SLOT_FD_FREE, SLOT_FD_BUSY))
		return -EBUSY;
	ret = entry_open(slot);
	if (!ret)
		atomic_set(&slot->user->users, 1);
	change_fd(slot, SLOT_FD_BUSY, ret ? SLOT_FD_FREE : SLOT_FD_OPEN);
	return ret;
}

LAB_OP(close, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot)
		return -ENODEV;
	if (!change_fd(slot, SLOT_FD_OPEN, SLOT_FD_BUSY))
		return -EBADF;
	put_file(slot);
	return 0;
}

/* ---- what goes through it ---- */

s64 slot_region_rw(struct slot *slot, u32 region, u32 offset, u32 bytes, u32 *val, bool write)
{
	loff_t pos = VFIO_PCI_INDEX_TO_OFFSET((u64)region) + offset;
	struct file *file;
	ssize_t done;

	if (!slot)
		return -ENODEV;
	/* What no file offset can hold, and what does not fit an op. */
	if (region >= 1u << 23 || bytes > sizeof(*val))
		return -EINVAL;
	file = use_file(slot);
	if (!file)
		return -EBADF;
	done = write ? file->f_op->write(file, (char *)val, bytes, &pos) :
		       file->f_op->read(file, (char *)val, bytes, &pos);
	put_file(slot);
	return done < 0 ? done : 0;
}

static s64 config_rw(struct slot *slot, u32 offset, u32 bytes, u32 *val, bool write)
{
	return slot_region_rw(slot, VFIO_PCI_CONFIG_REGION_INDEX, offset, bytes, val, write);
}

/* -> the value read */
LAB_OP(config_read, u32 device, u32 offset, u32 bytes)
{
	u32 val = 0;
	s64 ret = config_rw(slot_of(device), offset, bytes, &val, false);

	return ret ? ret : val;
}

LAB_OP(config_write, u32 device, u32 offset, u32 bytes, u32 value)
{
	return config_rw(slot_of(device), offset, bytes, &value, true);
}

s64 slot_ioctl(struct slot *slot, unsigned int cmd, const void *arg)
{
	struct file *file;
	long ret;

	if (!slot)
		return -ENODEV;
	file = use_file(slot);
	if (!file)
		return -EBADF;
	ret = file->f_op->unlocked_ioctl(file, cmd, (unsigned long)arg);
	put_file(slot);
	return ret;
}

/* @payload: what the feature takes behind its header. */
static s64 feature(struct slot *slot, u32 flags, u32 argsz, u32 payload)
{
	u32 arg[4] = { argsz ? argsz : sizeof(arg), flags, payload };

	return slot_ioctl(slot, VFIO_DEVICE_FEATURE, arg);
}

/* @argsz, @flags of the feature ioctl: 0 for what they should be. */
LAB_OP(low_power_entry, u32 device, u32 argsz, u32 flags)
{
	if (!flags)
		flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY;
	return feature(slot_of(device), flags, argsz, 0);
}

/* @argsz 0: what it should be; @fd 0: the user's own. */
LAB_OP(low_power_entry_with_wakeup, u32 device, u32 argsz, u32 fd)
{
	struct slot *slot = slot_of(device);

	if (!slot)
		return -ENODEV;
	if (!fd)
		fd = (u32)stub_eventfd_fd(slot->user->wake_eventfd);
	return feature(slot, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
		       argsz, fd);
}

/* -> signals so far to the eventfd of that */
LAB_OP(wakeups, u32 device)
{
	struct slot *slot = slot_of(device);

	return slot ? (s64)stub_eventfd_count(slot->user->wake_eventfd) : -ENODEV;
}

LAB_OP(low_power_exit, u32 device)
{
	return feature(slot_of(device),
		       VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, 0, 0);
}

LAB_OP(reset, u32 device)
{
	return slot_ioctl(slot_of(device), VFIO_DEVICE_RESET, NULL);
}

/* @groups: slots whose groups the user has, a bit each; 0: those of all on its bus. @argsz 0: what it should be. */
LAB_OP(hot_reset, u32 device, u32 groups, u32 argsz, u32 flags)
{
	u32 reset[3 + SLOTS] = { argsz ? argsz : sizeof(reset), flags };
	struct slot *slot = slot_of(device);

	for (u32 i = 0; i < SLOTS; i++) {
		struct pci_dev *pdev = slots[i].pdev;
		bool has = groups ? groups >> i & 1 : pdev && slot && slot->pdev && pdev->bus == slot->pdev->bus;

		if (has && pdev)
			reset[3 + reset[2]++] = (u32)entry_group(&slots[i]);
	}
	return slot_ioctl(slot, VFIO_DEVICE_PCI_HOT_RESET, reset);
}

/*
 * What a fault in a mapped BAR holds while it puts the page in: memory_lock, and through its mapping the
 * file. The task that faults is one of its own, so that neither counts as this one's. A user whose device is
 * in low power gets SIGBUS instead.
 */
LAB_OP(page_fault_begin, u32 device)
{
	struct slot *slot = slot_of(device);
	struct rw_semaphore *lock;
	struct file *file;

	if (!slot || slot->user->faulting)
		return -EINVAL;
	file = use_file(slot);
	if (!file)
		return -EBADF;

	lock = &slot->vdev->memory_lock;
	down_read(lock);
	if (slot->vdev->pm_runtime_engaged) {
		up_read(lock);
		put_file(slot);
		return -EFAULT;
	}
	stub_unhold(stub_word(lock), STUB_READ);
	slot->user->faulting = file;
	return 0;
}

LAB_OP(page_fault_end, u32 device)
{
	struct slot *slot = slot_of(device);
	struct rw_semaphore *lock;

	if (!slot || !slot->user->faulting)
		return -EINVAL;
	lock = &slot->vdev->memory_lock;
	stub_hold(stub_word(lock), STUB_READ);
	up_read(lock);
	slot->user->faulting = NULL;
	put_file(slot);
	return 0;
}

/* ---- the device ---- */

/* Its pin is asserted; -> eventfd signals so far. */
LAB_OP(interrupt, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot || !slot->pdev->pin)
		return -ENODEV;
	stub_pci_raise_intx(slot->pdev);
	return stub_eventfd_count(slot->user->intx_eventfd);
}

/* Its user has served it and its pin drops; -> signals so far. */
LAB_OP(interrupt_served, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot || !slot->pdev->pin)
		return -ENODEV;
	stub_pci_drop_intx(slot->pdev);
	return stub_eventfd_count(slot->user->intx_eventfd);
}

/* ---- the rest of the machine ---- */

/* Adapters @elsewhere: one has come or gone; -> callbacks made. */
LAB_OP(vga_notify, u32 elsewhere)
{
	return stub_vga_notify(elsewhere);
}

/* A user's write of VGA_RSRC_ bits; -> what it decodes now. */
LAB_OP(vga_decodes, u32 device, u32 decodes)
{
	struct slot *slot = slot_of(device);

	if (!slot || !slot->vga)
		return -ENODEV;
	return stub_vga_user_decodes(slot->pdev, decodes);
}

/* A write to sriov_numvfs. */
LAB_OP(sriov, u32 device, u32 vfs)
{
	struct slot *slot = slot_of(device);

	return slot ? stub_pci_write_numvfs(slot->pdev, vfs) : -ENODEV;
}
