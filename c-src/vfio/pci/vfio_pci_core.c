// SPDX-License-Identifier: GPL-2.0-only
/* What vfio-pci and its variants have in common: bringing devices up and down. */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "vfio/pci/vfio_pci_priv.h"

static struct vfio_pci_policy policy;

struct vfio_pci_policy *vfio_pci_policy(void)
{
	return &policy;
}

void vfio_pci_core_set_params(bool is_nointxmask, bool is_disable_vga, bool is_disable_idle_d3)
{
	struct vfio_pci_policy *all = vfio_pci_policy();

	all->nointxmask = is_nointxmask;
	all->disable_vga = is_disable_vga;
	all->disable_idle_d3 = is_disable_idle_d3;
}

/*
 * Devices are left to idle, unless policy is that they stay awake. Every step that takes or gives up
 * a count for that asks for the policy again.
 */
static int wake_for_use(struct vfio_pci_core_device *vdev)
{
	return vfio_pci_policy()->disable_idle_d3 ? 0 : pm_runtime_resume_and_get(&vdev->pdev->dev);
}

static void let_idle(struct vfio_pci_core_device *vdev)
{
	if (!vfio_pci_policy()->disable_idle_d3)
		pm_runtime_put(&vdev->pdev->dev);
}

/* Undoes the registration's let_idle(), and what the PCI core was allowed. */
static void keep_from_idling(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;

	if (!vfio_pci_policy()->disable_idle_d3)
		pm_runtime_get_noresume(dev);
	pm_runtime_forbid(dev);
}

/* ---- opening ---- */

static void probe_intx(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 cmd;

	if (!vfio_pci_policy()->nointxmask) {
		if (vfio_pci_nointx(pdev)) {
			vdev->nointx = true;
			pci_intx(pdev, 0);
		} else {
			vdev->pci_2_3 = pci_intx_mask_supported(pdev);
		}
	}

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (vdev->pci_2_3 && cmd & PCI_COMMAND_INTX_DISABLE)
		pci_write_config_word(pdev, PCI_COMMAND, cmd & ~PCI_COMMAND_INTX_DISABLE);
}

static void probe_msix(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 flags;
	u32 table;

	if (!pdev->msix_cap) {
		vdev->msix_bar = 0xff;
		vdev->has_dyn_msix = false;
		return;
	}
	pci_read_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, &flags);
	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_TABLE, &table);
	vdev->msix_bar = table & PCI_MSIX_TABLE_BIR;
	vdev->msix_offset = table & PCI_MSIX_TABLE_OFFSET;
	vdev->msix_size = ((flags & PCI_MSIX_FLAGS_QSIZE) + 1) * 16;
	vdev->has_dyn_msix = pci_msix_can_alloc_dyn(pdev);
}

/* What the enabled function is like, and the user's view of it. */
static int examine(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret = pci_try_reset_function(pdev);

	/* A function that cannot be reset is usable all the same; one that is busy is not. */
	if (ret == -EAGAIN)
		return ret;
	vdev->reset_works = ret == 0;

	pci_save_state(pdev);
	vdev->pci_saved_state = pci_store_saved_state(pdev);
	probe_intx(vdev);

	ret = vfio_config_init(vdev);
	if (ret) {
		kfree_and_forget(vdev->pci_saved_state);
		return ret;
	}

	probe_msix(vdev);
	if (vfio_pci_passes_vga(vdev))
		vdev->has_vga = true;
	return 0;
}

static int bring_up(struct vfio_pci_core_device *vdev)
{
	int ret;

	/* No DMA before the user asks for it. */
	pci_clear_master(vdev->pdev);

	ret = pci_enable_device(vdev->pdev);
	if (ret)
		return ret;
	ret = examine(vdev);
	if (ret)
		pci_disable_device(vdev->pdev);
	return ret;
}

int vfio_pci_core_enable(struct vfio_pci_core_device *vdev)
{
	int ret = wake_for_use(vdev);

	if (ret)
		return ret;
	ret = bring_up(vdev);
	if (ret)
		let_idle(vdev);
	return ret;
}

/* A BAR that fills its pages can be mapped without giving away what lies beside it. */
void vfio_pci_core_finish_enable(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		vdev->bar_mmap_supported[bar] =
			pci_resource_flags(pdev, bar) & IORESOURCE_MEM &&
			pci_resource_len(pdev, bar) >= PAGE_SIZE;
}

/* ---- closing ---- */

/* Resets the function alone, if both it and the bridge above are free at this moment. */
static void reset_now(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	struct pci_dev *bridge = pci_upstream_bridge(pdev);

	if (bridge && !pci_dev_trylock(bridge))
		return;
	if (pci_dev_trylock(pdev)) {
		if (__pci_reset_function_locked(pdev) == 0)
			vdev->needs_reset = false;
		pci_dev_unlock(pdev);
	}
	if (bridge)
		pci_dev_unlock(bridge);
}

/* Gives the function the state it had before it was opened, by way of a reset where there is one. */
static void restore_function(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	if (pci_load_and_free_saved_state(pdev, &vdev->pci_saved_state)) {
		if (!vdev->reset_works)
			return;
		pci_save_state(pdev);
	}

	/* Quiet while all that is going on: no decoding, no DMA, no INTx. */
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);

	if (vdev->reset_works)
		reset_now(vdev);
	pci_restore_state(pdev);
}

/* Takes away what the user has set up. */
static void tear_down(struct vfio_pci_core_device *vdev)
{
	const u32 no_trigger = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE;

	vfio_pci_set_irqs_ioctl(vdev, no_trigger, vdev->irq_type, 0, 0, NULL);
	vfio_pci_free_ioeventfds(vdev);
	vdev->virq_disabled = false;

	vdev->num_regions = 0;
	kfree_and_forget(vdev->region);
	vfio_config_free(vdev);
	vfio_pci_free_barmaps(vdev);
}

void vfio_pci_core_disable(struct vfio_pci_core_device *vdev)
{
	lockdep_assert_held(&vdev->vdev.dev_set->lock);

	/* Awake, in D0, and with the count that a user in low power had given up. */
	vfio_pci_runtime_pm_exit(vdev);
	pm_runtime_resume(&vdev->pdev->dev);
	vfio_pci_set_power_state(vdev, PCI_D0);
	pci_clear_master(vdev->pdev);

	tear_down(vdev);

	/* Whatever the user did to the function is still there. */
	vdev->needs_reset = true;
	restore_function(vdev);
	pci_disable_device(vdev->pdev);

	vfio_pci_dev_set_try_reset(vdev->vdev.dev_set);
	let_idle(vdev);
}

void vfio_pci_core_close_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	vfio_pci_core_disable(vdev);
	vfio_pci_forget_eventfds(vdev);
}

/* ---- devices ---- */

int vfio_pci_core_init_dev(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	struct list_head *lists[] = {
		&vdev->dummy_resources_list, &vdev->ioeventfds_list, &vdev->sriov_pfs_item,
	};

	vdev->pdev = to_pci_dev(core_vdev->dev);
	vdev->irq_type = VFIO_PCI_NUM_IRQS;

	mutex_init(&vdev->igate);
	mutex_init(&vdev->ioeventfds_lock);
	init_rwsem(&vdev->memory_lock);
	spin_lock_init(&vdev->irqlock);
	xa_init(&vdev->ctx);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		INIT_LIST_HEAD(lists[i]);
	return 0;
}

void vfio_pci_core_release_dev(struct vfio_device *core_vdev)
{
	kfree(to_vfio_pci_core(core_vdev)->region);
	kfree(to_vfio_pci_core(core_vdev)->pm_save);
}

/*
 * Devices that one reset takes down together form a set. On a root bus every device is its own, and so is every virtual
 * function, whose bus is none.
 */
static int assign_set(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	void *id = pdev->bus;

	if (pci_is_root_bus(pdev->bus) || pdev->is_virtfn)
		id = vdev;
	else if (!pci_probe_reset_slot(pdev->slot))
		id = pdev->slot;
	return vfio_assign_device_set(&vdev->vdev, id);
}

/* Runtime PM takes the function for active, in whatever state it comes. */
static void begin_runtime_pm(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;

	vfio_pci_probe_power_state(vdev);
	vfio_pci_set_power_state(vdev, PCI_D0);

	dev->driver->pm = &vfio_pci_core_pm_ops;
	pm_runtime_allow(dev);
	let_idle(vdev);
}

static int check_function(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	/* The PM callbacks find the device by the driver's data. */
	if (WARN_ON(dev_get_drvdata(&pdev->dev) != vdev))
		return -EINVAL;
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return -EINVAL;
	if (!vfio_mig_ops_are_complete(&vdev->vdev))
		return -EINVAL;
	/* VFs that somebody made before would be out of anyone's control. */
	return pci_num_vf(pdev) ? -EBUSY : 0;
}

int vfio_pci_core_register_device(struct vfio_pci_core_device *vdev)
{
	int ret = check_function(vdev);

	if (!ret)
		ret = assign_set(vdev);
	if (!ret)
		ret = vfio_pci_vf_init(vdev);
	if (ret)
		return ret;
	ret = vfio_pci_vga_init(vdev);
	if (ret)
		goto out_vf;

	begin_runtime_pm(vdev);
	ret = vfio_register_group_dev(&vdev->vdev);
	if (ret)
		goto out_power;
	return 0;

out_power:
	keep_from_idling(vdev);
out_vf:
	vfio_pci_vf_uninit(vdev);
	return ret;
}

void vfio_pci_core_unregister_device(struct vfio_pci_core_device *vdev)
{
	struct vfio_device *device = &vdev->vdev;

	vfio_pci_core_sriov_configure(vdev, 0);
	vfio_unregister_group_dev(device);

	vfio_pci_vf_uninit(vdev);
	vfio_pci_vga_uninit(vdev);
	keep_from_idling(vdev);
}

MODULE_LICENSE("GPL v2");
