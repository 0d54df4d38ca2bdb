// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU as far as vfio's containers want one: it takes every group, and maps nothing. No device here reads or writes
 * memory by itself.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "../../../drivers/vfio/vfio.h"
#include "iommu.h"

struct module module_stub_iommu = { .state = MODULE_STATE_UNFORMED, .name = "stub_iommu" };

struct domain {
	u32 groups;
};

static void *open_domain(unsigned long type)
{
	struct domain *domain;

	if (type != VFIO_TYPE1v2_IOMMU)
		return ERR_PTR(-EINVAL);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	return domain ? domain : ERR_PTR(-ENOMEM);
}

static void release_domain(void *data)
{
	kfree(data);
}

static long domain_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	return cmd == VFIO_CHECK_EXTENSION ? arg == VFIO_TYPE1v2_IOMMU : -ENOTTY;
}

static int attach_group(void *data, struct iommu_group *group, enum vfio_group_type type)
{
	struct domain *domain = data;

	domain->groups++;
	return 0;
}

static void detach_group(void *data, struct iommu_group *group)
{
	struct domain *domain = data;

	domain->groups--;
}

static const struct vfio_iommu_driver_ops ops = {
	.name = "stub-iommu",
	.owner = &module_stub_iommu,
	.open = open_domain,
	.release = release_domain,
	.ioctl = domain_ioctl,
	.attach_group = attach_group,
	.detach_group = detach_group,
};

int stub_iommu_init(void)
{
	return vfio_register_iommu_driver(&ops);
}

void stub_iommu_exit(void)
{
	vfio_unregister_iommu_driver(&ops);
}
