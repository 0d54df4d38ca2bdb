/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_VARIANT_H
#define VFIO_PCI_VARIANT_H

#include <linux/module.h>

extern struct module module_variant_vfio_pci;
int variant_init(void);
void variant_exit(void);

#endif
