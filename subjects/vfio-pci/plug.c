// SPDX-License-Identifier: GPL-2.0-only
/* What a slot's specification becomes on a new machine: a function on its bus, which it may share with others, and its user's two eventfds. */
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lab/op.h"
#include "model/mlx5.h"
#include "model/vgaarb.h"
#include "slots.h"
#include "vfio/vfio.h"

#define VENDOR 0x1b36
#define DEVICE 0x1057
/* An accelerator that vfio-pci keeps from users. */
#define DENIED_VENDOR 0x8086
#define DENIED_DEVICE 0x0435
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

/* A virtual function's memory lies where its parent has it. */
static void set_bar(struct pci_dev *pdev, int bar, u32 start, u32 bytes)
{
	pdev->resource[bar] = (struct resource){ start, start + bytes - 1, IORESOURCE_MEM };
	if (!pdev->is_virtfn)
		memcpy(&pdev->config[PCI_BASE_ADDRESS_0 + 4 * bar], &start, sizeof(start));
}

static void set_word(struct pci_dev *pdev, int where, u16 val)
{
	memcpy(&pdev->config[where], &val, sizeof(val));
}

/* Puts a capability in front of those that are there. */
static void link_cap(struct pci_dev *pdev, int at, u8 id)
{
	pdev->config[at + PCI_CAP_LIST_ID] = id;
	pdev->config[at + PCI_CAP_LIST_NEXT] = pdev->config[PCI_CAPABILITY_LIST];
	pdev->config[PCI_CAPABILITY_LIST] = (u8)at;
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
		pdev->resource[PCI_ROM_RESOURCE] = (struct resource){
			0xc0090000u + slot * 0x100000, 0xc009ffffu + slot * 0x100000, IORESOURCE_MEM,
		};
	pdev->config[PCI_INTERRUPT_PIN] = pdev->pin;

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
		set_word(pdev, EXP_CAP + PCI_EXP_FLAGS, 2);
		if (pdev->has_flr)
			set_word(pdev, EXP_CAP + PCI_EXP_DEVCAP + 2, PCI_EXP_DEVCAP_FLR >> 16);
	}
}

/* The larger config space, with a capability at its start: of which kind makes no difference. */
static void extend_config(struct pci_dev *pdev)
{
	u32 first = 0x00010001;

	pdev->extended = kzalloc(PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE, GFP_KERNEL);
	if (!pdev->extended)
		return;
	memcpy(pdev->extended, &first, sizeof(first));
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
		bus->busn_max = (u8)number;
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
	struct pci_dev *bridge = kzalloc(sizeof(*bridge), GFP_KERNEL);

	if (!bridge)
		return;
	bridge->bus = bus->parent;
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

static void plug(u32 slot, const struct slot_spec *spec)
{
	struct pci_dev *pdev = kzalloc(sizeof(*pdev), GFP_KERNEL);
	struct slot_user *user = kzalloc(sizeof(*user), GFP_KERNEL);

	/* An arena without room has been reported; the slot stays empty. */
	if (!pdev || !user)
		return;

	pdev->bus = bus_for(slot, spec);
	if (!pdev->bus)
		return;
	list_add_tail(&pdev->bus_list, &pdev->bus->devices);
	pdev->devfn = slot << 3;
	pdev->vendor = spec->mlx5 ? MLX5_VENDOR : spec->denylisted ? DENIED_VENDOR : VENDOR;
	pdev->device = spec->mlx5 ? MLX5_VF_DEVICE : spec->denylisted ? DENIED_DEVICE : DEVICE;
	pdev->class = spec->vga ? PCI_CLASS_DISPLAY_VGA << 8 : DEVICE_CLASS;
	pdev->hdr_type = PCI_HEADER_TYPE_NORMAL;
	pdev->cfg_size = PCI_CFG_SPACE_SIZE;
	pdev->pm_cap = PM_CAP;
	pdev->is_physfn = spec->vfs != 0;
	pdev->total_vfs = spec->vfs;
	pdev->is_virtfn = spec->virtfn || spec->mlx5;
	pdev->no_command_memory = pdev->is_virtfn;
	pdev->has_flr = spec->flr || spec->mlx5;
	pdev->msi_cap = spec->msi ? MSI_CAP : 0;
	pdev->msix_cap = spec->msix ? MSIX_CAP : 0;
	pdev->pcie_cap = spec->express || spec->extended || pdev->has_flr ? EXP_CAP : 0;
	if (spec->msi || spec->msix)
		stub_pci_add_messages(pdev, spec->msi ? 1u << msi_order(spec) : 0, spec->msix,
				      spec->dyn_msix);
	if (spec->intx && !pdev->is_virtfn) {
		pdev->pin = 1;
		pdev->irq = stub_irq_alloc();
	}
	pdev->broken_intx = spec->broken_intx;
	if (spec->extended)
		extend_config(pdev);
	build_config(pdev, slot, spec);

	name_device(&pdev->dev, names[slot]);
	/* Until its user or its driver allows it, a function does not suspend. */
	pm_runtime_forbid(&pdev->dev);

	device_add(&pdev->dev);

	if (spec->mlx5)
		stub_mlx5_add_vf(pdev);
	if (spec->vga)
		slots[slot].vga = stub_vga_add(pdev);

	stub_file_init(&user->group, &vfio_group_fops, &pdev->dev);
	user->group_fd = stub_file_install(&user->group);
	user->intx_eventfd = stub_eventfd_create();
	user->wake_eventfd = stub_eventfd_create();
	user->usage = atomic_read(&pdev->dev.power.usage_count);
	slots[slot].user = user;
	slots[slot].pdev = pdev;
}

LAB_INIT
{
	vfio_virqfd_init();
	for (u32 i = 0; i < SLOTS; i++)
		if (specs[i].present)
			plug(i, &specs[i]);
}
