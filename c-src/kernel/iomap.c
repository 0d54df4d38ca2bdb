// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function's memory: a few registers, behind every BAR, over and over again. The legacy ranges have as many for
 * memory and as many for ports, whoever answers to them.
 */
#include <linux/io.h>
#include <linux/pci.h>

#include <linux/bug.h>
#include <linux/errno.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(pci_request_selected_regions);
STUB_FAULT(pci_iomap);
STUB_FAULT(ioremap);
STUB_FAULT(ioport_map);

/* A driver requests the function's BARs first: all of @bars are free, or none is given. */
int pci_request_selected_regions(struct pci_dev *pdev, int bars, const char *name)
{
	(void)name;
	if (stub_should_fail(pci_request_selected_regions))
		return -EBUSY;
	if (__atomic_fetch_or(&pdev->claimed, (u32)bars, __ATOMIC_SEQ_CST) & (u32)bars)
		return -EBUSY;
	return 0;
}

void pci_release_selected_regions(struct pci_dev *pdev, int bars)
{
	u32 before = __atomic_fetch_and(&pdev->claimed, ~(u32)bars, __ATOMIC_SEQ_CST);

	WARN_ON(((u32)bars & before) != (u32)bars);
}

void __iomem *pci_iomap(struct pci_dev *pdev, int bar, unsigned long most)
{
	(void)most;
	if (stub_should_fail(pci_iomap))
		return NULL;
	return pci_resource_len(pdev, bar) ? pdev->registers : NULL;
}

void pci_iounmap(struct pci_dev *pdev, void __iomem *map)
{
	(void)pdev;
	(void)map;
}

/* The legacy ranges, of memory and of ports. */
static __machine u32 legacy[2][__STUB_PCI_REGISTERS];

void __iomem *ioremap(resource_size_t start, size_t bytes)
{
	(void)start;
	(void)bytes;
	return stub_should_fail(ioremap) ? NULL : legacy[0];
}

void iounmap(void __iomem *map)
{
	(void)map;
}

void __iomem *ioport_map(unsigned long first, unsigned int count)
{
	(void)first;
	(void)count;
	return stub_should_fail(ioport_map) ? NULL : legacy[1];
}

void ioport_unmap(void __iomem *map)
{
	(void)map;
}

static inline u32 mask_of(int bytes)
{
	return bytes == 4 ? ~0u : (1u << (bytes * 8)) - 1;
}

u32 __stub_io_read(const void __iomem *map, unsigned long offset, int bytes)
{
	const u32 *all = map;
	u32 at = offset / 4 % __STUB_PCI_REGISTERS;

	return __atomic_load_n(&all[at], __ATOMIC_SEQ_CST) >> ((offset & 3) * 8) & mask_of(bytes);
}

/* One transaction, whatever its width. */
void __stub_io_write(void __iomem *map, unsigned long offset, int bytes, u32 val)
{
	u32 *at = (u32 *)map + offset / 4 % __STUB_PCI_REGISTERS;
	u32 shift = (offset & 3) * 8, mask = mask_of(bytes) << shift;
	u32 seen = __atomic_load_n(at, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(at, &seen, (seen & ~mask) | (val << shift & mask), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}
