// SPDX-License-Identifier: GPL-2.0-only
/* What a slot's specification becomes: a function, the bus it is alone on, and its user's eventfd. */
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lab/lab.h"

#define VENDOR 0x1b36
#define DEVICE 0x1057
#define CLASS 0x028000u		/* network controller, other */
#define PM_CAP 0x40

static const char *const names[LAB_DEVICES] = { "A", "B", "C", "D", "E", "F", "G", "H" };

/* All buses lead here; nothing is written to it. */
static struct pci_bus root_bus;

static void set_bar(struct pci_dev *pdev, int bar, u32 start, u32 bytes)
{
	pdev->resource[bar] = (struct resource){ start, start + bytes - 1, IORESOURCE_MEM };
	memcpy(&pdev->config[PCI_BASE_ADDRESS_0 + 4 * bar], &start, sizeof(start));
}

static void set_word(struct pci_dev *pdev, int where, u16 val)
{
	memcpy(&pdev->config[where], &val, sizeof(val));
}

/* The wires' side: what config space holds after power-on and enumeration. */
static void build_config(struct pci_dev *pdev, u32 slot)
{
	set_word(pdev, PCI_VENDOR_ID, pdev->vendor);
	set_word(pdev, PCI_DEVICE_ID, pdev->device);
	set_word(pdev, PCI_STATUS, PCI_STATUS_CAP_LIST);
	set_word(pdev, PCI_CLASS_REVISION + 2, (u16)(pdev->class >> 8));
	set_bar(pdev, 0, 0xc0000000u + slot * 0x100000, 0x10000);
	set_bar(pdev, 1, 0xc0080000u + slot * 0x100000, 0x1000);
	pdev->config[PCI_INTERRUPT_PIN] = pdev->pin;

	/* No NO_SOFT_RESET: coming back from D3hot resets it. */
	pdev->config[PCI_CAPABILITY_LIST] = PM_CAP;
	pdev->config[PM_CAP + PCI_CAP_LIST_ID] = PCI_CAP_ID_PM;
	set_word(pdev, PM_CAP + PCI_PM_PMC, PCI_PM_CAP_PME_MASK | 3);
}

static struct pci_bus *new_bus(u32 slot)
{
	struct pci_bus *bus = kzalloc(sizeof(*bus), GFP_KERNEL);

	if (bus) {
		bus->parent = &root_bus;
		bus->number = (u8)(slot + 1);
	}
	return bus;
}

void lab_plug(struct lab_instance *instance, u32 slot, const struct lab_spec *spec)
{
	struct pci_dev *pdev = kzalloc(sizeof(*pdev), GFP_KERNEL);
	struct lab_user *user = kzalloc(sizeof(*user), GFP_KERNEL);
	struct lab_device *device = &instance->device[slot];

	/* An arena without room has been reported; the slot stays empty. */
	if (!pdev || !user)
		return;

	pdev->bus = new_bus(slot);
	pdev->vendor = VENDOR;
	pdev->device = DEVICE;
	pdev->class = CLASS;
	pdev->hdr_type = PCI_HEADER_TYPE_NORMAL;
	pdev->cfg_size = PCI_CFG_SPACE_SIZE;
	pdev->pm_cap = PM_CAP;
	if (spec->intx) {
		pdev->pin = 1;
		pdev->irq = stub_irq_alloc();
	}
	build_config(pdev, slot);

	device_initialize(&pdev->dev);
	pdev->dev.init_name = names[slot];
	pdev->dev.bus = &pci_bus_type;
	/* Until its user or its driver says otherwise, a function stays awake. */
	pm_runtime_forbid(&pdev->dev);

	device_add(&pdev->dev);

	user->intx_eventfd = stub_eventfd_create();
	user->wake_eventfd = stub_eventfd_create();
	device->user = user;
	device->pdev = pdev;
}
