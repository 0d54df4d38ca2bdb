/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function: what a kernel has of it, and around that the function itself, as the wires see it. */
#ifndef LOSTBIT_KERNEL_FUNCTION_H
#define LOSTBIT_KERNEL_FUNCTION_H

#include <linux/pci.h>

#define STUB_REGISTERS 4

/* How a function can be reset without those beside it, the first way that it has first; see pci_reset.c. */
#define STUB_RESET_FLR 1u		/* by itself */
#define STUB_RESET_PM 2u		/* by D3hot and back */
#define STUB_RESET_BUS 4u		/* with its bus, where it is alone there */

struct stub_messages;

/* What a physical function has of others: how many there can be, and are. */
struct pci_sriov {
	u16 total_VFs;
	u16 num_VFs;
};

/* Whoever makes a pci_dev makes one of these. */
struct stub_function {
	struct pci_dev pdev;
	u32 cfg_access;			/* word: who uses config space for a user, or blocks them */
	u32 claimed;			/* BARs that a driver has asked for: a bit each */
	u32 resets;			/* STUB_RESET_ */
	struct pci_sriov sriov;		/* where the kernel's part has it, if it is a physical function */
	int vf_id;			/* which of its parent's virtual functions it is */
	struct stub_messages *messages;	/* what it interrupts with besides its pin; NULL: nothing */
	u8 *extended;			/* what of PCI Express comes behind config space; NULL: nothing */
	_Alignas(8) u32 registers[STUB_REGISTERS]; /* all that is behind its BARs, over and over again */
	_Alignas(4) u8 config[PCI_CFG_SPACE_SIZE];
};

static inline struct stub_function *stub_function_of(const struct pci_dev *pdev)
{
	return container_of((struct pci_dev *)(uintptr_t)pdev, struct stub_function, pdev);
}

#endif
