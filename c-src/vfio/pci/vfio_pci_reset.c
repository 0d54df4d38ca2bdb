// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets that a user asks for, or that closing a device calls for. A bus takes all its functions with
 * it, so that this is a matter of device sets: of every device in the set, or of none.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

#define for_each_in_set(vdev, set) \
	list_for_each_entry(vdev, &(set)->device_list, vdev.dev_set_list)

/* VFIO_DEVICE_RESET: this function alone. */
int vfio_pci_ioctl_reset(struct vfio_pci_core_device *vdev)
{
	struct rw_semaphore *lock = &vdev->memory_lock;
	int ret = -EINVAL;

	if (vdev->reset_works) {
		vfio_pci_zap_and_down_write_memory_lock(vdev);
		/* The user may have left it in a state in which it would not hear of a reset. */
		vfio_pci_set_power_state(vdev, PCI_D0);
		ret = pci_try_reset_function(vdev->pdev);
		up_write(lock);
	}
	return ret;
}

/* ---- sets ---- */

static bool is_in_set(struct pci_dev *pdev, struct vfio_device_set *set)
{
	return vfio_find_device_in_devset(set, &pdev->dev);
}

/* Those that a reset of this one takes along: of its slot alone, where that can be reset. */
int vfio_pci_find_companions(struct pci_dev *pdev, struct vfio_pci_companions *all)
{
	*all = (struct vfio_pci_companions){ pdev, !pci_probe_reset_slot(pdev->slot) };
	return all->of_slot || !pci_probe_reset_bus(pdev->bus) ? 0 : -ENODEV;
}

u32 vfio_pci_count(const struct vfio_pci_companions *all)
{
	struct pci_dev *pdev;
	u32 count = 0;

	vfio_pci_for_each(pdev, all)
		count++;
	return count;
}

/* Any device of the set, if resetting its bus hits no device outside the set; else NULL. */
static struct pci_dev *vfio_pci_dev_set_resettable(struct vfio_device_set *set)
{
	struct vfio_pci_core_device *first;
	struct pci_dev *pdev;
	struct vfio_pci_companions all;

	lockdep_assert_held(&set->lock);

	first = list_entry(set->device_list.next, struct vfio_pci_core_device, vdev.dev_set_list);
	if (vfio_pci_find_companions(first->pdev, &all))
		return NULL;
	/* Who resets asks again. */
	all.of_slot = !pci_probe_reset_slot(first->pdev->slot);
	vfio_pci_for_each(pdev, &all)
		if (!is_in_set(pdev, set))
			return NULL;
	return first->pdev;
}

/* Gives back the counts of all devices before @end, the last one first. */
static void put_until(struct vfio_device_set *set, struct vfio_pci_core_device *end)
{
	struct list_head *at = end->vdev.dev_set_list.prev;

	for (; at != &set->device_list; at = at->prev) {
		struct vfio_pci_core_device *vdev =
			list_entry(at, struct vfio_pci_core_device, vdev.dev_set_list);

		pm_runtime_put(&vdev->pdev->dev);
	}
}

/* Wakes all of them, or none. */
static int vfio_pci_dev_set_pm_runtime_get(struct vfio_device_set *set)
{
	struct vfio_pci_core_device *vdev;

	for_each_in_set(vdev, set) {
		int ret = pm_runtime_resume_and_get(&vdev->pdev->dev);

		if (ret) {
			put_until(set, vdev);
			return ret;
		}
	}
	return 0;
}

/* ---- on the last close ---- */

static bool vfio_pci_dev_set_needs_reset(struct vfio_device_set *set)
{
	struct vfio_pci_core_device *vdev;
	bool needed = false;

	/* The device that is being closed still counts. */
	if (vfio_device_set_open_count(set) > 1)
		return false;
	for_each_in_set(vdev, set)
		needed |= vdev->needs_reset;
	return needed;
}

void vfio_pci_dev_set_try_reset(struct vfio_device_set *set)
{
	struct vfio_pci_core_device *vdev;
	struct pci_dev *pdev;
	bool done;

	if (!vfio_pci_dev_set_needs_reset(set))
		return;
	pdev = vfio_pci_dev_set_resettable(set);
	if (!pdev)
		return;

	/* Idle devices sleep, and must not when their bus is reset. */
	if (!vfio_pci_policy()->disable_idle_d3 && vfio_pci_dev_set_pm_runtime_get(set))
		return;

	done = pci_reset_bus(pdev) == 0;
	for_each_in_set(vdev, set) {
		if (done)
			vdev->needs_reset = false;
		if (!vfio_pci_policy()->disable_idle_d3)
			pm_runtime_put(&vdev->pdev->dev);
	}
}

/* ---- VFIO_DEVICE_PCI_HOT_RESET ---- */

/* Groups that the user has shown to be its own. */
struct owned {
	struct file **files;
	u32 count;
};

static bool owns(const struct owned *owned, struct vfio_pci_core_device *vdev)
{
	for (u32 i = 0; i < owned->count; i++)
		if (vfio_file_has_dev(owned->files[i], &vdev->vdev))
			return true;
	return false;
}

/* With all of them awake, and memory_lock of those before @end held when it returns. */
static int lock_memory(struct vfio_device_set *set, const struct owned *owned,
		       struct vfio_pci_core_device **end)
{
	struct vfio_pci_core_device *vdev;

	for_each_in_set(vdev, set) {
		*end = vdev;
		if (!owns(owned, vdev))
			return -EINVAL;
		/* Users of the others may hold theirs, and wait for this device's: no waiting here. */
		if (!down_write_trylock(&vdev->memory_lock))
			return -EBUSY;
		vfio_pci_zap_bars(vdev);
	}
	*end = NULL;
	return 0;
}

static void unlock_memory(struct vfio_device_set *set, const struct vfio_pci_core_device *end)
{
	struct list_head *last = end ? end->vdev.dev_set_list.prev : set->device_list.prev;

	for (struct list_head *at = last; at != &set->device_list; at = at->prev)
		up_write(&list_entry(at, struct vfio_pci_core_device, vdev.dev_set_list)->memory_lock);
}

static int reset_awake(struct vfio_device_set *set, struct pci_dev *pdev, const struct owned *owned)
{
	struct vfio_pci_core_device *vdev, *end;
	int ret = lock_memory(set, owned, &end);

	if (!ret) {
		for_each_in_set(vdev, set)
			vfio_pci_set_power_state(vdev, PCI_D0);
		ret = pci_reset_bus(pdev);
	}
	unlock_memory(set, end);
	return ret;
}

static int vfio_pci_dev_set_hot_reset(struct vfio_device_set *set, const struct owned *owned)
{
	struct vfio_pci_core_device *vdev;
	struct pci_dev *pdev;
	int ret = -EINVAL;

	mutex_lock(&set->lock);
	pdev = vfio_pci_dev_set_resettable(set);
	if (pdev)
		ret = vfio_pci_dev_set_pm_runtime_get(set);
	if (!ret) {
		ret = reset_awake(set, pdev, owned);
		for_each_in_set(vdev, set)
			pm_runtime_put(&vdev->pdev->dev);
	}
	mutex_unlock(&set->lock);
	return ret;
}

/* The files of the user's groups, each with a reference: of those that @owned counts, however far that got. */
static int take_files(struct owned *owned, const s32 *fds, u32 count)
{
	for (owned->count = 0; owned->count < count; owned->count++) {
		struct file *file = fget(fds[owned->count]);

		if (!file)
			return -EBADF;
		if (!vfio_file_is_group(file)) {
			fput(file);
			return -EINVAL;
		}
		owned->files[owned->count] = file;
	}
	return 0;
}

static void put_files(const struct owned *owned)
{
	for (u32 i = owned->count; i; i--)
		fput(owned->files[i - 1]);
}

/* The descriptors are needed no more when their files are there. */
static int reset_with_groups(struct vfio_pci_core_device *vdev, s32 *fds, u32 count, struct owned *owned)
{
	int ret = take_files(owned, fds, count);

	kfree(fds);
	if (!ret)
		ret = vfio_pci_dev_set_hot_reset(vdev->vdev.dev_set, owned);
	put_files(owned);
	return ret;
}

int vfio_pci_ioctl_pci_hot_reset(struct vfio_pci_core_device *vdev,
				 struct vfio_pci_hot_reset __user *user)
{
	struct vfio_pci_companions all;
	struct vfio_pci_hot_reset hdr;
	struct owned owned;
	s32 *fds;
	int ret;

	if (copy_from_user(&hdr, user, sizeof(hdr)))
		return -EFAULT;
	if (hdr.argsz < sizeof(hdr) || hdr.flags)
		return -EINVAL;
	ret = vfio_pci_find_companions(vdev->pdev, &all);
	if (ret)
		return ret;
	/* There are not more groups than functions. */
	if (!hdr.count || hdr.count > vfio_pci_count(&all))
		return -EINVAL;

	fds = kcalloc(hdr.count, sizeof(*fds), GFP_KERNEL);
	owned.files = kcalloc(hdr.count, sizeof(*owned.files), GFP_KERNEL);
	ret = fds && owned.files ? 0 : -ENOMEM;
	if (!ret && copy_from_user(fds, user->group_fds, hdr.count * sizeof(*fds)))
		ret = -EFAULT;
	if (ret)
		kfree(fds);
	else
		ret = reset_with_groups(vdev, fds, hdr.count, &owned);
	kfree(owned.files);
	return ret;
}
