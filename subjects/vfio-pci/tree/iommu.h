/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_IOMMU_H
#define VFIO_PCI_IOMMU_H

#include <linux/module.h>

extern struct module module_stub_iommu;
int stub_iommu_init(void);
void stub_iommu_exit(void);

#endif
