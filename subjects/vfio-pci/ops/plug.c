// SPDX-License-Identifier: GPL-2.0-only
/* What a slot's specification becomes on a new machine: a function on its bus, which it may share with others, and its user's two eventfds. */
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/function.h"
#include "entry.h"
#include "lab/op.h"
#include "../model/vgaarb.h"
#include "slots.h"

#define VENDOR 0x1b36
#define DEVICE 0x1057
/* An accelerator that vfio-pci keeps from users. */
#define DENIED_VENDOR 0x8086
#define DENIED_DEVICE 0x0435
/* An adapter that is known to have no way of masking its pin. */
#define NOINTX_VENDOR 0x8086
#define NOINTX_DEVICE 0x1572
#define MLX5_VENDOR 0x15b3
#define MLX5_VF_DEVICE 0x101e
#define DEVICE_CLASS 0x028000u		/* network controller, other */
#define PM_CAP 0x40
#define MSIX_CAP 0x50
#define EXP_CAP 0x60
#define MSI_CAP 0xa0
#define BRIDGE_CLASS 0x060400u

struct slot_spec specs[SLOTS];
struct slot slots[SLOTS];

static const char *const names[SLOTS] = { "A", "B", "C", "D", "E", "F", "G", "H" };

static u8 *config_of(struct pci_dev *pdev)
{
	return stub_function_of(pdev)->config;
}

static void set_resource(struct pci_dev *pdev, int bar, u32 start, u32 bytes)
{
	struct resource *resource = &pdev->resource[bar];

	resource->start = start;
	resource->end = start + bytes - 1;
	resource->flags = IORESOURCE_MEM;
}

/* A virtual function's memory lies where its parent has it. */
static void set_bar(struct pci_dev *pdev, int bar, u32 start, u32 bytes)
{
	set_resource(pdev, bar, start, bytes);
	if (!pdev->is_virtfn)
		memcpy(config_of(pdev) + PCI_BASE_ADDRESS_0 + 4 * bar, &start, sizeof(start));
}

static void set_word(struct pci_dev *pdev, int where, u16 val)
{
	memcpy(config_of(pdev) + where, &val, sizeof(val));
}

/* Puts a capability in front of those that are there. */
static void link_cap(struct pci_dev *pdev, int at, u8 id)
{
	u8 *config = config_of(pdev);

	config[at + PCI_CAP_LIST_ID] = id;
	config[at + PCI_CAP_LIST_NEXT] = config[PCI_CAPABILITY_LIST];
	config[PCI_CAPABILITY_LIST] = (u8)at;
}

/* Vectors of MSI come in powers of two. */
static u32 msi_order(const struct slot_spec *spec)
{
	u32 order = 0;

	while (1u << order < spec->msi)
		order++;
	return order;
}

/* The wires' side: what config space holds after power-on and enumeration. */
static void build_config(struct pci_dev *pdev, u32 slot, const struct slot_spec *spec)
{
	set_word(pdev, PCI_VENDOR_ID, pdev->is_virtfn ? 0xffff : pdev->vendor);
	set_word(pdev, PCI_DEVICE_ID, pdev->is_virtfn ? 0xffff : pdev->device);
	set_word(pdev, PCI_STATUS, PCI_STATUS_CAP_LIST);
	set_word(pdev, PCI_CLASS_REVISION + 2, (u16)(pdev->class >> 8));
	set_bar(pdev, 0, 0xc0000000u + slot * 0x100000, 0x10000);
	set_bar(pdev, 1, 0xc0080000u + slot * 0x100000, 0x1000);
	if (spec->vga)
		set_resource(pdev, PCI_ROM_RESOURCE, 0xc0090000u + slot * 0x100000, 0x10000);
	config_of(pdev)[PCI_INTERRUPT_PIN] = pdev->pin;

	link_cap(pdev, PM_CAP, PCI_CAP_ID_PM);
	set_word(pdev, PM_CAP + PCI_PM_PMC, PCI_PM_CAP_PME_MASK | 3);
	if (spec->no_soft_reset)
		set_word(pdev, PM_CAP + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);

	if (pdev->msi_cap) {
		link_cap(pdev, MSI_CAP, PCI_CAP_ID_MSI);
		set_word(pdev, MSI_CAP + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT | (u16)(msi_order(spec) << 1));
	}
	if (pdev->msix_cap) {
		link_cap(pdev, MSIX_CAP, PCI_CAP_ID_MSIX);
		set_word(pdev, MSIX_CAP + PCI_MSIX_FLAGS, (u16)(spec->msix - 1));
		set_word(pdev, MSIX_CAP + PCI_MSIX_TABLE, 1);
	}
	if (pdev->pcie_cap) {
		link_cap(pdev, EXP_CAP, PCI_CAP_ID_EXP);
		pdev->pcie_flags_reg = 2;
		set_word(pdev, EXP_CAP + PCI_EXP_FLAGS, pdev->pcie_flags_reg);
		if (stub_function_of(pdev)->resets & STUB_RESET_FLR)
			set_word(pdev, EXP_CAP + PCI_EXP_DEVCAP + 2, PCI_EXP_DEVCAP_FLR >> 16);
	}
}

/* The larger config space, with a capability at its start that is of root ports alone: users are not shown it. */
static void extend_config(struct pci_dev *pdev)
{
	u8 *extended = kzalloc(PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE, GFP_KERNEL);
	u32 first = 0x00010005;

	if (!extended)
		return;
	memcpy(extended, &first, sizeof(first));
	stub_function_of(pdev)->extended = extended;
	pdev->cfg_size = PCI_CFG_SPACE_EXP_SIZE;
}

static void name_device(struct device *dev, const char *name)
{
	device_initialize(dev);
	dev->init_name = name;
	dev->bus = &pci_bus_type;
}

/* ---- buses ---- */

static struct pci_bus *new_bus(struct pci_bus *parent, u32 number)
{
	struct pci_bus *bus = kzalloc(sizeof(*bus), GFP_KERNEL);

	if (bus) {
		bus->parent = parent;
		bus->number = (u8)number;
		bus->busn_res.start = number;
		bus->busn_res.end = number;
		INIT_LIST_HEAD(&bus->devices);
	}
	return bus;
}

/* All others lead there. */
static struct pci_bus *root_bus(void)
{
	static struct pci_bus *root;

	if (!root)
		root = new_bus(NULL, 0);
	return root;
}

/* A bridge is there to be locked, and to reset what is below it. */
static void add_bridge(struct pci_bus *bus)
{
	struct stub_function *function = kzalloc(sizeof(*function), GFP_KERNEL);
	struct pci_dev *bridge = function ? &function->pdev : NULL;

	if (!bridge)
		return;
	bridge->bus = bus->parent;
	bridge->subordinate = bus;
	bridge->class = BRIDGE_CLASS;
	name_device(&bridge->dev, "bridge");
	bus->self = bridge;
}

/* The bus of the first device with the same number, or a new one. */
static struct pci_bus *bus_for(u32 slot, const struct slot_spec *spec)
{
	struct pci_bus *bus;

	if (spec->vga && !spec->below_bridge && !spec->bus)
		return root_bus();
	for (u32 i = 0; spec->bus && i < slot; i++)
		if (specs[i].bus == spec->bus && slots[i].pdev)
			return slots[i].pdev->bus;

	bus = new_bus(root_bus(), slot + 1);
	if (bus && spec->bus)
		add_bridge(bus);
	return bus;
}

static u16 vendor_of(const struct slot_spec *spec)
{
	return is_mlx5(spec) ? MLX5_VENDOR : spec->denylisted ? DENIED_VENDOR : spec->broken_intx ? NOINTX_VENDOR : VENDOR;
}

static u16 device_of(const struct slot_spec *spec)
{
	return is_mlx5(spec) ? MLX5_VF_DEVICE : spec->denylisted ? DENIED_DEVICE : spec->broken_intx ? NOINTX_DEVICE : DEVICE;
}

/* Awake, until its user or its driver allows it to suspend. */
static void keep_awake(struct device *dev)
{
	pm_runtime_forbid(dev);
	pm_runtime_set_active(dev);
	pm_runtime_enable(dev);
}

static void plug(u32 slot, const struct slot_spec *spec)
{
	struct stub_function *function = kzalloc(sizeof(*function), GFP_KERNEL);
	struct slot_user *user = kzalloc(sizeof(*user), GFP_KERNEL);
	struct pci_dev *pdev;

	/* An arena without room has been reported; the slot stays empty. */
	if (!function || !user)
		return;
	pdev = &function->pdev;

	pdev->bus = bus_for(slot, spec);
	if (!pdev->bus)
		return;
	list_add_tail(&pdev->bus_list, &pdev->bus->devices);
	pdev->devfn = slot << 3;
	pdev->vendor = vendor_of(spec);
	pdev->device = device_of(spec);
	pdev->class = spec->vga ? PCI_CLASS_DISPLAY_VGA << 8 : DEVICE_CLASS;
	pdev->hdr_type = PCI_HEADER_TYPE_NORMAL;
	pdev->cfg_size = PCI_CFG_SPACE_SIZE;
	pdev->pm_cap = PM_CAP;
	pdev->is_virtfn = spec->virtfn || is_mlx5(spec);
	if (spec->vfs && !pdev->is_virtfn) {
		pdev->is_physfn = true;
		pdev->sriov = &function->sriov;
		function->sriov.total_VFs = spec->vfs;
	}
	pdev->no_command_memory = pdev->is_virtfn;
	function->resets = spec->flr || is_mlx5(spec) ? STUB_RESET_FLR : 0;
	pdev->msi_cap = spec->msi ? MSI_CAP : 0;
	pdev->msix_cap = spec->msix ? MSIX_CAP : 0;
	pdev->error_state = pci_channel_io_normal;
	pdev->pcie_cap = spec->express || spec->extended || function->resets ? EXP_CAP : 0;
	if (spec->msi || spec->msix)
		stub_pci_add_messages(pdev, spec->msi ? 1u << msi_order(spec) : 0, spec->msix,
				      spec->dyn_msix);
	if (spec->intx && !pdev->is_virtfn) {
		pdev->pin = 1;
		pdev->irq = stub_irq_alloc();
	}
	if (spec->extended)
		extend_config(pdev);
	build_config(pdev, slot, spec);

	name_device(&pdev->dev, names[slot]);
	keep_awake(&pdev->dev);
	if (device_add(&pdev->dev))
		return;

	if (spec->vga)
		slots[slot].vga = stub_vga_add(pdev);

	user->intx_eventfd = stub_eventfd_create();
	user->wake_eventfd = stub_eventfd_create();
	user->usage = atomic_read(&pdev->dev.power.usage_count);
	slots[slot].user = user;
	slots[slot].pdev = pdev;
	entry_plug(&slots[slot], spec);
}

LAB_INIT
{
	entry_begin();
	for (u32 i = 0; i < SLOTS; i++)
		if (specs[i].present)
			plug(i, &specs[i]);
}
