/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that make up the PCI core share. */
#ifndef LOSTBIT_KERNEL_PCI_H
#define LOSTBIT_KERNEL_PCI_H

#include "kernel/function.h"

/* The bus's: they go around those of the function's driver. */
extern const struct dev_pm_ops stub_pci_pm_ops;

#endif
