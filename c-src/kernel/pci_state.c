// SPDX-License-Identifier: GPL-2.0-only
/* Config space saved and restored: in the device itself, and as a blob that a driver keeps. */
#include <linux/pci.h>

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/fault.h"

STUB_FAULT(pci_store_saved_state);
STUB_FAULT(pci_load_saved_state);

struct pci_saved_state {
	u32 header[PCI_STD_HEADER_SIZEOF / 4];
};

int pci_save_state(struct pci_dev *pdev)
{
	for (int i = 0; i < PCI_STD_HEADER_SIZEOF / 4; i++)
		pci_read_config_dword(pdev, i * 4, &pdev->saved_config_space[i]);
	pdev->state_saved = true;
	return 0;
}

/* From the end, so that the command register comes when all that it enables is in place. */
void pci_restore_state(struct pci_dev *pdev)
{
	if (!pdev->state_saved)
		return;
	for (int i = PCI_STD_HEADER_SIZEOF / 4; i--;)
		pci_write_config_dword(pdev, i * 4, pdev->saved_config_space[i]);
	pdev->state_saved = false;
}

struct pci_saved_state *pci_store_saved_state(struct pci_dev *pdev)
{
	if (!pdev->state_saved || stub_should_fail(pci_store_saved_state))
		return NULL;
	return kmemdup(pdev->saved_config_space, sizeof(pdev->saved_config_space), GFP_KERNEL);
}

int pci_load_saved_state(struct pci_dev *pdev, struct pci_saved_state *state)
{
	pdev->state_saved = false;
	if (!state)
		return 0;
	if (stub_should_fail(pci_load_saved_state))
		return -EINVAL;
	memcpy(pdev->saved_config_space, state->header, sizeof(state->header));
	pdev->state_saved = true;
	return 0;
}

int pci_load_and_free_saved_state(struct pci_dev *pdev, struct pci_saved_state **state)
{
	int ret = pci_load_saved_state(pdev, *state);

	kfree(*state);
	*state = NULL;
	return ret;
}
