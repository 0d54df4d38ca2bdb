// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/pci and drivers/nvme/host/pci.c: a device is added while its driver goes on
 * probing in a worker. Left out: everything but the flags.
 */
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct pci_dev {
	unsigned int transparent:1;
	unsigned int multifunction:1;
	unsigned int is_added:1;
	unsigned int is_busmaster:1;
	unsigned int no_msi:1;
	unsigned int no_64bit_msi:1;
	unsigned int block_cfg_access:1;
	unsigned int broken_parity_status:1;
	unsigned int irq_reroute_variant:2;
	unsigned int msi_enabled:1;
	unsigned int msix_enabled:1;
	unsigned int ari_enabled:1;
};

struct nvme_dev {
	struct pci_dev *pdev;
	struct work_struct reset_work;
};

static struct pci_dev pdev;
static struct nvme_dev nvme = { .pdev = &pdev };

void pci_set_master(struct pci_dev *dev)
{
	dev->is_busmaster = 1;
}

/* pci_alloc_irq_vectors() comes here. */
void msi_capability_init(struct pci_dev *dev)
{
	dev->msi_enabled = 1;
}

static void nvme_reset_work(struct work_struct *work)
{
	pci_set_master(container_of(work, struct nvme_dev, reset_work)->pdev);
}

void nvme_probe(struct nvme_dev *dev)
{
	INIT_WORK(&dev->reset_work, nvme_reset_work);
	schedule_work(&dev->reset_work);
}

/* The driver has been probed by now. */
void pci_bus_add_device(struct pci_dev *dev)
{
	dev->is_added = 1;
}

bool pci_dev_is_added(const struct pci_dev *dev)
{
	return dev->is_added;
}
