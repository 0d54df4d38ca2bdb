// SPDX-License-Identifier: GPL-2.0-only
/* The excerpt: modules by the names that its files give them, and a device that is opened by what an ioctl of its group calls. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "../ops/entry.h"
#include "../ops/variant.h"
#include "mlx5.h"
#include "vfio/vfio.h"

extern struct module module_vfio_pci_core, module_vfio_pci, module_mlx5_vfio_pci;
int vfio_pci_init_module(void);
void vfio_pci_cleanup_module(void);
int mlx5vf_init_module(void);
void mlx5vf_exit_module(void);

extern const struct kernel_param vfio_pci_param_nointxmask, vfio_pci_param_disable_idle_d3,
	vfio_pci_param_enable_sriov, vfio_pci_param_disable_denylist;
#ifdef CONFIG_VFIO_PCI_VGA
extern const struct kernel_param vfio_pci_param_disable_vga;
#endif

static const struct entry_module modules[SLOT_MODULES] = {
	[SLOT_VFIO_PCI] = { &module_vfio_pci, "vfio-pci", vfio_pci_init_module, vfio_pci_cleanup_module },
	[SLOT_VARIANT] = { &module_variant_vfio_pci, "variant-vfio-pci", variant_init, variant_exit },
	[SLOT_MLX5] = { &module_mlx5_vfio_pci, "mlx5-vfio-pci", mlx5vf_init_module, mlx5vf_exit_module },
};

static const struct kernel_param *const params[SLOT_PARAMS] = {
	[SLOT_NOINTXMASK] = &vfio_pci_param_nointxmask,
#ifdef CONFIG_VFIO_PCI_VGA
	[SLOT_DISABLE_VGA] = &vfio_pci_param_disable_vga,
#endif
	[SLOT_DISABLE_IDLE_D3] = &vfio_pci_param_disable_idle_d3,
	[SLOT_ENABLE_SRIOV] = &vfio_pci_param_enable_sriov,
	[SLOT_DISABLE_DENYLIST] = &vfio_pci_param_disable_denylist,
};

struct entry_module entry_module(enum slot_module which)
{
	return which < SLOT_MODULES ? modules[which] : (struct entry_module){ 0 };
}

struct entry_module entry_needed(u32 nr)
{
	return nr ? (struct entry_module){ 0 } : (struct entry_module){ .module = &module_vfio_pci_core };
}

const struct kernel_param *entry_param(enum slot_param which)
{
	return which < SLOT_PARAMS ? params[which] : NULL;
}

struct module *entry_core(void)
{
	return &module_vfio_pci_core;
}

/* What the user has: the device, and the group that it is alone in. */
struct entry_user {
	struct file file;
	struct file group;
	int group_fd;
};

void entry_begin(void)
{
	vfio_virqfd_init();
}

int entry_plug(struct slot *slot, const struct slot_spec *spec)
{
	struct entry_user *user = kzalloc(sizeof(*user), GFP_KERNEL);

	if (!user)
		return -ENOMEM;
	if (spec->mlx5)
		stub_mlx5_add_vf(slot->pdev);
	stub_file_init(&user->group, &vfio_group_fops, &slot->pdev->dev);
	user->group_fd = stub_file_install(&user->group);
	slot->user->entry = user;
	return 0;
}

void entry_join(struct slot *slot)
{
	(void)slot;
}

void entry_leave(struct slot *slot)
{
	(void)slot;
}

int entry_group(const struct slot *slot)
{
	return slot->user->entry->group_fd;
}

/* The registered device with a reference on that, or NULL. */
static struct vfio_device *get_registered(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev;
	struct vfio_device *device = NULL;

	device_lock(&pdev->dev);
	vdev = dev_get_drvdata(&pdev->dev);
	if (vdev && vfio_device_try_get_registration(&vdev->vdev))
		device = &vdev->vdev;
	device_unlock(&pdev->dev);
	return device;
}

int entry_open(struct slot *slot)
{
	struct vfio_device *device = get_registered(slot->pdev);
	struct vfio_device_file *df;
	int ret;

	if (!device)
		return -ENODEV;

	df = vfio_allocate_device_file(device);
	ret = (int)(IS_ERR(df) ? PTR_ERR(df) : 0);
	if (!ret) {
		mutex_lock(&device->dev_set->lock);
		ret = vfio_df_open(df);
		mutex_unlock(&device->dev_set->lock);
		if (ret)
			kfree(df);
	}
	if (ret) {
		vfio_device_put_registration(device);
		return ret;
	}
	slot->user->file = &slot->user->entry->file;
	stub_file_init(slot->user->file, &vfio_device_fops, df);
	return 0;
}

void entry_release(struct slot *slot)
{
	vfio_device_fops.release(NULL, slot->user->file);
}
