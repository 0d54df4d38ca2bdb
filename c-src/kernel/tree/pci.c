// SPDX-License-Identifier: GPL-2.0-only
/* Of the PCI core: what is found out about a function, and its ROM. */
#include <linux/pci.h>

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/io.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"

STUB_FAULT(pci_map_rom);

/* ---- which driver, and which function ---- */

struct pci_driver *pci_dev_driver(const struct pci_dev *pdev)
{
	return pdev->driver;
}

static bool is_or_any(u32 wanted, u32 is)
{
	return wanted == PCI_ANY_ID || wanted == is;
}

static bool matches(const struct pci_device_id *id, const struct pci_dev *pdev)
{
	return is_or_any(id->vendor, pdev->vendor) && is_or_any(id->device, pdev->device) &&
	       is_or_any(id->subvendor, pdev->subsystem_vendor) &&
	       is_or_any(id->subdevice, pdev->subsystem_device) && !((id->class ^ pdev->class) & id->class_mask);
}

const struct pci_device_id *pci_match_id(const struct pci_device_id *ids, struct pci_dev *pdev)
{
	for (; ids && (ids->vendor || ids->subvendor || ids->class_mask); ids++)
		if (matches(ids, pdev))
			return ids;
	return NULL;
}

static int walk(struct pci_bus *bus, int (*call)(struct pci_dev *pdev, void *data), void *data)
{
	struct pci_dev *pdev;
	int ret = 0;

	list_for_each_entry(pdev, &bus->devices, bus_list) {
		ret = call(pdev, data);
		if (!ret && pdev->subordinate)
			ret = walk(pdev->subordinate, call, data);
		if (ret)
			break;
	}
	return ret;
}

/* Until a call returns something. Functions come and go with their slots alone, so that there is no lock to be held. */
void pci_walk_bus(struct pci_bus *top, int (*call)(struct pci_dev *pdev, void *data), void *data)
{
	stub_might_sleep(top);
	walk(top, call, data);
}

/* ---- the ROM: as a BAR ---- */

void __iomem *pci_map_rom(struct pci_dev *pdev, size_t *size)
{
	if (stub_should_fail(pci_map_rom) || !pci_resource_len(pdev, PCI_ROM_RESOURCE))
		return NULL;
	*size = (size_t)pci_resource_len(pdev, PCI_ROM_RESOURCE);
	return pci_iomap(pdev, PCI_ROM_RESOURCE, 0);
}

void pci_unmap_rom(struct pci_dev *pdev, void __iomem *rom)
{
	pci_iounmap(pdev, rom);
}

/* ---- capabilities ---- */

/* A register of PCI Express; one that the function does not have reads as 0. */
int pcie_capability_read_word(struct pci_dev *pdev, int pos, u16 *val)
{
	*val = 0;
	if (pos & 1)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	return pci_is_pcie(pdev) ? pci_read_config_word(pdev, pci_pcie_cap(pdev) + pos, val) : 0;
}

int pcie_capability_read_dword(struct pci_dev *pdev, int pos, u32 *val)
{
	*val = 0;
	if (pos & 3)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	return pci_is_pcie(pdev) ? pci_read_config_dword(pdev, pci_pcie_cap(pdev) + pos, val) : 0;
}

int pcie_capability_write_word(struct pci_dev *pdev, int pos, u16 val)
{
	if (pos & 1)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	return pci_is_pcie(pdev) ? pci_write_config_word(pdev, pci_pcie_cap(pdev) + pos, val) : 0;
}

int pcie_capability_write_dword(struct pci_dev *pdev, int pos, u32 val)
{
	if (pos & 3)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	return pci_is_pcie(pdev) ? pci_write_config_dword(pdev, pci_pcie_cap(pdev) + pos, val) : 0;
}

int pcie_capability_clear_and_set_word_unlocked(struct pci_dev *pdev, int pos, u16 clear, u16 set)
{
	u16 val;
	int ret = pcie_capability_read_word(pdev, pos, &val);

	return ret ? ret : pcie_capability_write_word(pdev, pos, (u16)((val & ~clear) | set));
}

int pcie_capability_clear_and_set_word_locked(struct pci_dev *pdev, int pos, u16 clear, u16 set)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&pdev->pcie_cap_lock, flags);
	ret = pcie_capability_clear_and_set_word_unlocked(pdev, pos, clear, set);
	spin_unlock_irqrestore(&pdev->pcie_cap_lock, flags);
	return ret;
}

int pcie_capability_clear_and_set_dword(struct pci_dev *pdev, int pos, u32 clear, u32 set)
{
	u32 val;
	int ret = pcie_capability_read_dword(pdev, pos, &val);

	return ret ? ret : pcie_capability_write_dword(pdev, pos, (val & ~clear) | set);
}

/* Both sizes are 128 bytes, and twice that for each step of their fields. */

int pcie_get_mps(struct pci_dev *pdev)
{
	u16 control;

	pcie_capability_read_word(pdev, PCI_EXP_DEVCTL, &control);
	return 128 << ((control & PCI_EXP_DEVCTL_PAYLOAD) >> 5);
}

int pcie_get_readrq(struct pci_dev *pdev)
{
	u16 control;

	pcie_capability_read_word(pdev, PCI_EXP_DEVCTL, &control);
	return 128 << ((control & PCI_EXP_DEVCTL_READRQ) >> 12);
}

int pcie_set_readrq(struct pci_dev *pdev, int bytes)
{
	if (bytes < 128 || bytes > 4096 || bytes & (bytes - 1))
		return -EINVAL;
	return pcie_capability_clear_and_set_word(pdev, PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_READRQ,
						  (u16)((ffs(bytes) - 8) << 12));
}

/* No root port here completes any. */
int pci_enable_atomic_ops_to_root(struct pci_dev *pdev, u32 cap_mask)
{
	return -EINVAL;
}

/* No function here has any vital product data. */
ssize_t pci_read_vpd(struct pci_dev *pdev, loff_t pos, size_t count, void *buf)
{
	return -ENODEV;
}

ssize_t pci_write_vpd(struct pci_dev *pdev, loff_t pos, size_t count, const void *buf)
{
	return -ENODEV;
}
