/* SPDX-License-Identifier: GPL-2.0-only */
/* The VGA arbiter, as ops move it. */
#ifndef VFIO_PCI_VGAARB_H
#define VFIO_PCI_VGAARB_H

#include <linux/vgaarb.h>

/* What the arbiter knows of an adapter. */
struct vga_device {
	struct vga_device *next;
	struct pci_dev *pdev;
	unsigned int decodes;
	unsigned int (*set_decode)(struct pci_dev *pdev, bool single);
	u32 unregistered;		/* times that a callback was taken away */
};

struct vga_device *stub_vga_add(struct pci_dev *pdev);
/* Adapters come and go elsewhere in the machine, and are @elsewhere now; -> callbacks made. */
u32 stub_vga_notify(u32 elsewhere);
/* As a user's write to /dev/vga_arbiter; what the adapter decodes afterwards. */
u32 stub_vga_user_decodes(struct pci_dev *pdev, u32 decodes);
/* Reports callbacks that are left for adapters without a driver; -> how many. */
u32 stub_check_vga(void);

#endif
