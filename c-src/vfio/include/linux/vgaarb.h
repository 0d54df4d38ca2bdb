/* SPDX-License-Identifier: GPL-2.0-only */
/* The VGA arbiter: which of several VGA adapters the legacy ranges belong to. */
#ifndef _LINUX_VGAARB_H
#define _LINUX_VGAARB_H

#include <linux/types.h>

struct pci_dev;

#define VGA_RSRC_NONE 0x00
#define VGA_RSRC_LEGACY_IO 0x01
#define VGA_RSRC_LEGACY_MEM 0x02
#define VGA_RSRC_LEGACY_MASK (VGA_RSRC_LEGACY_IO | VGA_RSRC_LEGACY_MEM)
#define VGA_RSRC_NORMAL_IO 0x04
#define VGA_RSRC_NORMAL_MEM 0x08

/*
 * The callback says what the adapter decodes, if @single or not; it is called under the arbiter's spinlock. -ENODEV where the
 * arbiter does not know the device. NULL takes the callback away again.
 */
int vga_client_register(struct pci_dev *pdev, unsigned int (*set_decode)(struct pci_dev *pdev, bool single));

static inline void vga_client_unregister(struct pci_dev *pdev)
{
	vga_client_register(pdev, NULL);
}

/* The adapter's legacy ranges, for as long as it takes. */
int vga_get(struct pci_dev *pdev, unsigned int rsrc, int interruptible);

static inline int vga_get_interruptible(struct pci_dev *pdev, unsigned int rsrc)
{
	return vga_get(pdev, rsrc, 1);
}

static inline int vga_get_uninterruptible(struct pci_dev *pdev, unsigned int rsrc)
{
	return vga_get(pdev, rsrc, 0);
}

void vga_put(struct pci_dev *pdev, unsigned int rsrc);

void vga_set_legacy_decoding(struct pci_dev *pdev, unsigned int decodes);

#endif
