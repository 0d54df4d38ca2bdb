// SPDX-License-Identifier: GPL-2.0-only
/* Virtual functions of a device that a user has: only with a token that both sides know. */
#include <linux/errno.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "vfio/pci/vfio_pci_priv.h"

struct vfio_pci_vf_token {
	struct mutex lock;
	u8 uuid[16];
	int users;
};

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
	kfree_and_forget(vdev->vf_token);
}

/* A function with VFs stays awake, and in D0, where they are. */
static int enable_vfs(struct vfio_pci_core_device *vdev, int nr_virtfn)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret = pm_runtime_resume_and_get(&pdev->dev);

	if (ret)
		return ret;

	down_write(&vdev->memory_lock);
	vfio_pci_set_power_state(vdev, PCI_D0);
	ret = pci_enable_sriov(pdev, nr_virtfn);
	if (!ret)
		vdev->sriov_active = true;
	up_write(&vdev->memory_lock);

	if (ret)
		pm_runtime_put(&pdev->dev);
	return ret ? ret : nr_virtfn;
}

int vfio_pci_core_sriov_configure(struct vfio_pci_core_device *vdev, int nr_virtfn)
{
	struct pci_dev *pdev = vdev->pdev;

	lockdep_assert_held(&pdev->dev.mutex);

	if (nr_virtfn)
		return pci_num_vf(pdev) ? -EINVAL : enable_vfs(vdev, nr_virtfn);
	if (pci_num_vf(pdev)) {
		pci_disable_sriov(pdev);
		/* Late is harmless, so that memory_lock is not needed for it. */
		vdev->sriov_active = false;
		pm_runtime_put(&pdev->dev);
	}
	return 0;
}
