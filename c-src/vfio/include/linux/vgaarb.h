/* SPDX-License-Identifier: GPL-2.0-only */
/* The VGA arbiter: which of several VGA adapters the legacy ranges belong to. */
#ifndef _LINUX_VGAARB_H
#define _LINUX_VGAARB_H

#include <linux/types.h>

struct module;
struct pci_dev;

#define VGA_RSRC_NONE 0x00
#define VGA_RSRC_LEGACY_IO 0x01
#define VGA_RSRC_LEGACY_MEM 0x02
#define VGA_RSRC_LEGACY_MASK (VGA_RSRC_LEGACY_IO | VGA_RSRC_LEGACY_MEM)
#define VGA_RSRC_NORMAL_IO 0x04
#define VGA_RSRC_NORMAL_MEM 0x08

/* Says what the adapter decodes, if @single or not; called under the arbiter's spinlock. */
typedef unsigned int (*vga_decode_fn)(struct pci_dev *pdev, bool single);

/* -ENODEV where the arbiter does not know the device. NULL takes the callback away again. */
int __vga_client_register(struct pci_dev *pdev, vga_decode_fn set_decode, struct module *owner);
#define vga_client_register(pdev, set_decode) \
	__vga_client_register((pdev), (set_decode), THIS_MODULE)
#define vga_client_unregister(pdev) __vga_client_register((pdev), NULL, NULL)

/* The adapter's legacy ranges, for as long as it takes. */
int vga_get_interruptible(struct pci_dev *pdev, unsigned int rsrc);
void vga_put(struct pci_dev *pdev, unsigned int rsrc);

void vga_set_legacy_decoding(struct pci_dev *pdev, unsigned int decodes);

#endif
