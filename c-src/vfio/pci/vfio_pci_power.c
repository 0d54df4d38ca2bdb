// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power: what state a function is in, and who may reach its memory meanwhile. memory_lock is held for
 * writing whenever a function's memory may be about to go away.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "vfio/pci/vfio_pci_priv.h"

/* ---- the memory lock ---- */

void vfio_pci_zap_bars(struct vfio_pci_core_device *vdev)
{
	loff_t first = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t end = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);

	unmap_mapping_range(vdev->vdev.inode.i_mapping, first, end - first, true);
}

void vfio_pci_zap_and_down_write_memory_lock(struct vfio_pci_core_device *vdev)
{
	down_write(&vdev->memory_lock);
	vfio_pci_zap_bars(vdev);
}

/* With the function's memory on, whatever its user has made of it: interrupt messages are set up there. */
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 before;

	down_write(&vdev->memory_lock);
	pci_read_config_word(pdev, PCI_COMMAND, &before);
	if (!(before & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND, before | PCI_COMMAND_MEMORY);
	return before;
}

void vfio_pci_memory_unlock_and_restore(struct vfio_pci_core_device *vdev, u16 cmd)
{
	struct rw_semaphore *lock = &vdev->memory_lock;

	pci_write_config_word(vdev->pdev, PCI_COMMAND, cmd);
	up_write(lock);
}

/* ---- power ---- */

/*
 * A function that forgets its state on the way back from D3hot has it saved on the way down and
 * given back on the way up. Leaving D0 is refused while VFs are in use.
 */
int vfio_pci_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state)
{
	struct pci_dev *pdev = vdev->pdev;
	bool save = false, restore = false;
	int ret;

	if (state != PCI_D0)
		lockdep_assert_held_write(&vdev->memory_lock);
	if (state != PCI_D0 && vdev->sriov_active)
		return -EBUSY;

	if (vdev->needs_pm_restore) {
		bool from_d3 = pdev->current_state >= PCI_D3hot;
		bool to_d3 = state >= PCI_D3hot;

		save = to_d3 && !from_d3;
		restore = from_d3 && !to_d3;
		if (save)
			pci_save_state(pdev);
	}

	ret = pci_set_power_state(pdev, state);
	if (ret)
		return ret;

	if (save) {
		/* One of an earlier trip to D3hot may still be there. */
		kfree(vdev->pm_save);
		vdev->pm_save = pci_store_saved_state(pdev);
	} else if (restore) {
		pci_load_and_free_saved_state(pdev, &vdev->pm_save);
		pci_restore_state(pdev);
	}
	return 0;
}

void vfio_lock_and_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state)
{
	if (state < PCI_D3hot)
		down_write(&vdev->memory_lock);
	else
		vfio_pci_zap_and_down_write_memory_lock(vdev);
	vfio_pci_set_power_state(vdev, state);
	up_write(&vdev->memory_lock);
}

void vfio_pci_probe_power_state(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 ctrl;

	if (!pdev->pm_cap)
		return;
	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &ctrl);
	vdev->needs_pm_restore = !(ctrl & PCI_PM_CTRL_NO_SOFT_RESET);
}

/* LOW_POWER_ENTRY gives up the count that keeps an open device awake; the exit takes it back. */
int vfio_pci_runtime_pm_entry(struct vfio_pci_core_device *vdev, struct eventfd_ctx *wake)
{
	int ret = -EINVAL;

	vfio_pci_zap_and_down_write_memory_lock(vdev);
	if (!vdev->pm_runtime_engaged) {
		vdev->pm_runtime_engaged = true;
		vdev->pm_wake_eventfd_ctx = wake;
		pm_runtime_put_noidle(&vdev->pdev->dev);
		ret = 0;
	}
	up_write(&vdev->memory_lock);
	return ret;
}

static void __vfio_pci_runtime_pm_exit(struct vfio_pci_core_device *vdev)
{
	struct eventfd_ctx *wake;

	lockdep_assert_held_write(&vdev->memory_lock);

	if (vdev->pm_runtime_engaged) {
		vdev->pm_runtime_engaged = false;
		pm_runtime_get_noresume(&vdev->pdev->dev);

		wake = vdev->pm_wake_eventfd_ctx;
		if (wake) {
			eventfd_ctx_put(wake);
			vdev->pm_wake_eventfd_ctx = NULL;
		}
	}
}

void vfio_pci_runtime_pm_exit(struct vfio_pci_core_device *vdev)
{
	struct rw_semaphore *lock = &vdev->memory_lock;

	down_write(lock);
	__vfio_pci_runtime_pm_exit(vdev);
	up_write(lock);
}

/* The PCI core saves the state of a function in D0 only, and the user may have moved this one. */
static int vfio_pci_core_runtime_suspend(struct device *dev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(dev);
	bool masked = false;

	vfio_lock_and_set_power_state(vdev, PCI_D0);

	if (vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX)
		masked = vfio_pci_intx_mask(vdev);
	vdev->pm_intx_masked = masked;
	return 0;
}

/* A user who wants to hear of it has the device awake from here on. */
static int vfio_pci_core_runtime_resume(struct device *dev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(dev);
	struct rw_semaphore *lock = &vdev->memory_lock;

	down_write(lock);
	if (vdev->pm_wake_eventfd_ctx) {
		eventfd_signal(vdev->pm_wake_eventfd_ctx);
		__vfio_pci_runtime_pm_exit(vdev);
	}
	up_write(lock);

	if (vdev->pm_intx_masked)
		vfio_pci_intx_unmask(vdev);
	return 0;
}

const struct dev_pm_ops vfio_pci_core_pm_ops = {
	.runtime_suspend = vfio_pci_core_runtime_suspend,
	.runtime_resume = vfio_pci_core_runtime_resume,
};
