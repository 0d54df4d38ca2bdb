// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's own sources, by the way that a user takes: a container, the file of the group that the device is alone in, and an
 * ioctl of that for the device.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <uapi/linux/vfio.h>

#include "kernel/stub.h"
#include "../ops/entry.h"
#include "../ops/variant.h"
#include "iommu.h"

/* The sources' own, in the order in which they are loaded: the last one is vfio-pci, and the one before that its core. */
extern struct module *const stub_modules[];

extern const struct kernel_param stub_param_vfio_pci_nointxmask, stub_param_vfio_pci_disable_idle_d3,
	stub_param_vfio_pci_enable_sriov, stub_param_vfio_pci_disable_denylist;
#ifdef CONFIG_VFIO_PCI_VGA
extern const struct kernel_param stub_param_vfio_pci_disable_vga;
#endif

static const struct kernel_param *const params[SLOT_PARAMS] = {
	[SLOT_NOINTXMASK] = &stub_param_vfio_pci_nointxmask,
#ifdef CONFIG_VFIO_PCI_VGA
	[SLOT_DISABLE_VGA] = &stub_param_vfio_pci_disable_vga,
#endif
	[SLOT_DISABLE_IDLE_D3] = &stub_param_vfio_pci_disable_idle_d3,
	[SLOT_ENABLE_SRIOV] = &stub_param_vfio_pci_enable_sriov,
	[SLOT_DISABLE_DENYLIST] = &stub_param_vfio_pci_disable_denylist,
};

static u32 count_modules(void)
{
	u32 count = 0;

	while (stub_modules[count])
		count++;
	return count;
}

static struct entry_module of(struct module *module, const char *driver)
{
	return (struct entry_module){ module, driver, module->init, module->exit };
}

struct entry_module entry_module(enum slot_module which)
{
	switch (which) {
	case SLOT_VFIO_PCI:
		return of(stub_modules[count_modules() - 1], "vfio-pci");
	case SLOT_VARIANT:
		return (struct entry_module){ &module_variant_vfio_pci, "variant-vfio-pci", variant_init, variant_exit };
	default:
		return (struct entry_module){ 0 };
	}
}

struct entry_module entry_needed(u32 nr)
{
	u32 own = count_modules() - 1;

	if (nr < own)
		return of(stub_modules[nr], NULL);
	if (nr == own)
		return (struct entry_module){ &module_stub_iommu, NULL, stub_iommu_init, stub_iommu_exit };
	return (struct entry_module){ 0 };
}

struct module *entry_core(void)
{
	return stub_modules[count_modules() - 2];
}

const struct kernel_param *entry_param(enum slot_param which)
{
	return which < SLOT_PARAMS ? params[which] : NULL;
}

/* What the excerpt does here, a module's own init function does. */
void entry_begin(void)
{
}

/* ---- the user ---- */

struct entry_user {
	int container_fd;	/* negative: it has none */
	int group_fd;
	int device_fd;
};

/* Each function is in a group of its own. */
int entry_plug(struct slot *slot, const struct slot_spec *spec)
{
	struct entry_user *user = kzalloc(sizeof(*user), GFP_KERNEL);
	struct iommu_group *group = iommu_group_alloc();
	int ret;

	if (!user || IS_ERR(group))
		return -ENOMEM;
	*user = (struct entry_user){ -EBADF, -EBADF, -EBADF };
	slot->user->entry = user;
	ret = iommu_group_add_device(group, &slot->pdev->dev);
	iommu_group_put(group);
	return ret;
}

/* The descriptor of a file, or an errno. */
static int install(struct file *file)
{
	return IS_ERR(file) ? (int)PTR_ERR(file) : stub_file_install(file);
}

static long ioctl(int fd, unsigned int cmd, const void *arg)
{
	struct file *file = stub_file_of((unsigned int)fd);
	long ret;

	if (!file)
		return -EBADF;
	ret = file->f_op->unlocked_ioctl(file, cmd, (unsigned long)arg);
	fput(file);
	return ret;
}

static void close(int *fd)
{
	if (*fd >= 0)
		stub_close(*fd);
	*fd = -EBADF;
}

/* By the name that vfio gives a group's device: its number. */
static struct file *open_group(struct pci_dev *pdev)
{
	struct iommu_group *group = iommu_group_get(&pdev->dev);
	char name[12];

	if (!group)
		return ERR_PTR(-ENODEV);
	scnprintf(name, sizeof(name), "%d", iommu_group_id(group));
	iommu_group_put(group);
	return stub_open_device(name);
}

static long join(struct slot *slot)
{
	struct entry_user *user = slot->user->entry;
	long ret;

	user->container_fd = install(stub_open_misc("vfio"));
	if (user->container_fd < 0)
		return user->container_fd;
	user->group_fd = install(open_group(slot->pdev));
	if (user->group_fd < 0)
		return user->group_fd;
	ret = ioctl(user->group_fd, VFIO_GROUP_SET_CONTAINER, &user->container_fd);
	return ret ? ret : ioctl(user->container_fd, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
}

static int join_or_leave(struct slot *slot)
{
	long ret = join(slot);

	if (ret)
		entry_leave(slot);
	return (int)ret;
}

/* One who cannot tries again with each device that he opens. */
void entry_join(struct slot *slot)
{
	join_or_leave(slot);
}

void entry_leave(struct slot *slot)
{
	struct entry_user *user = slot->user->entry;

	close(&user->group_fd);
	close(&user->container_fd);
}

int entry_group(const struct slot *slot)
{
	return slot->user->entry->group_fd;
}

int entry_open(struct slot *slot)
{
	struct entry_user *user = slot->user->entry;
	struct file *file;
	long fd = user->group_fd < 0 ? join_or_leave(slot) : 0;

	if (fd)
		return (int)fd;
	fd = ioctl(user->group_fd, VFIO_GROUP_GET_DEVICE_FD, pci_name(slot->pdev));
	if (fd < 0)
		return (int)fd;
	file = stub_file_of((unsigned int)fd);
	user->device_fd = (int)fd;
	slot->user->file = file;
	fput(file);
	return 0;
}

void entry_release(struct slot *slot)
{
	close(&slot->user->entry->device_fd);
}
