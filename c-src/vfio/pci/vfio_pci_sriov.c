// SPDX-License-Identifier: GPL-2.0-only
/* Virtual functions of a device that a user has: only with a token that both sides know. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "vfio/pci/vfio_pci_priv.h"

struct vfio_pci_vf_token {
	struct mutex lock;
	u8 uuid[16];
	int users;
};

/* Functions whose VFs are there, by the driver that has made them. */
static LIST_HEAD(vfio_pci_sriov_pfs);
static DEFINE_MUTEX(vfio_pci_sriov_pfs_mutex);

int vfio_pci_vf_init(struct vfio_pci_core_device *vdev)
{
	if (!vdev->pdev->is_physfn)
		return 0;
	vdev->vf_token = kzalloc(sizeof(*vdev->vf_token), GFP_KERNEL);
	if (!vdev->vf_token)
		return -ENOMEM;
	mutex_init(&vdev->vf_token->lock);
	return 0;
}

void vfio_pci_vf_uninit(struct vfio_pci_core_device *vdev)
{
	if (!vdev->vf_token)
		return;
	WARN_ON(vdev->vf_token->users);
	kfree(vdev->vf_token);
}

/* Once at a time: who configures holds the device's lock, but may find it configured. */
static bool list_pf(struct vfio_pci_core_device *vdev)
{
	bool fresh;

	mutex_lock(&vfio_pci_sriov_pfs_mutex);
	fresh = list_empty(&vdev->sriov_pfs_item);
	if (fresh)
		list_add_tail(&vdev->sriov_pfs_item, &vfio_pci_sriov_pfs);
	mutex_unlock(&vfio_pci_sriov_pfs_mutex);
	return fresh;
}

static void unlist_pf(struct vfio_pci_core_device *vdev)
{
	mutex_lock(&vfio_pci_sriov_pfs_mutex);
	list_del_init(&vdev->sriov_pfs_item);
	mutex_unlock(&vfio_pci_sriov_pfs_mutex);
}

/* From here on it stays in D0: that is so before any VF is there. */
static void enter_sriov(struct vfio_pci_core_device *vdev)
{
	struct rw_semaphore *lock = &vdev->memory_lock;

	down_write(lock);
	vfio_pci_set_power_state(vdev, PCI_D0);
	vdev->sriov_active = true;
	up_write(lock);
}

/* Late is harmless, so that memory_lock is not needed for the flag. */
static void leave_sriov(struct vfio_pci_core_device *vdev)
{
	vdev->sriov_active = false;
	unlist_pf(vdev);
}

/* A function with VFs stays awake, and in D0, where they are. */
static int enable_vfs(struct vfio_pci_core_device *vdev, int nr_virtfn)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	if (!list_pf(vdev))
		return -EINVAL;
	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (ret) {
		unlist_pf(vdev);
		return ret;
	}

	enter_sriov(vdev);
	ret = pci_enable_sriov(pdev, nr_virtfn);
	if (!ret)
		return nr_virtfn;
	pm_runtime_put(&pdev->dev);
	leave_sriov(vdev);
	return ret;
}

int vfio_pci_core_sriov_configure(struct vfio_pci_core_device *vdev, int nr_virtfn)
{
	struct pci_dev *pdev = vdev->pdev;

	lockdep_assert_held(&pdev->dev.mutex);

	if (nr_virtfn)
		return enable_vfs(vdev, nr_virtfn);
	if (pci_num_vf(pdev)) {
		pci_disable_sriov(pdev);
		pm_runtime_put(&pdev->dev);
	}
	leave_sriov(vdev);
	return 0;
}
