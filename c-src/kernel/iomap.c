// SPDX-License-Identifier: GPL-2.0-only
/* A function's memory: a few registers, behind every BAR, over and over again. */
#include <linux/io.h>
#include <linux/pci.h>

void __iomem *pci_iomap(struct pci_dev *pdev, int bar, unsigned long most)
{
	(void)most;
	return pci_resource_len(pdev, bar) ? pdev->registers : NULL;
}

void pci_iounmap(struct pci_dev *pdev, void __iomem *map)
{
	(void)pdev;
	(void)map;
}

static inline u32 mask_of(int bytes)
{
	return bytes == 4 ? ~0u : (1u << (bytes * 8)) - 1;
}

u32 io_read(const void __iomem *map, unsigned long offset, int bytes)
{
	const u32 *all = map;
	u32 at = offset / 4 % PCI_NUM_REGISTERS;

	return __atomic_load_n(&all[at], __ATOMIC_SEQ_CST) >> ((offset & 3) * 8) & mask_of(bytes);
}

/* One transaction, whatever its width. */
void io_write(void __iomem *map, unsigned long offset, int bytes, u32 val)
{
	u32 *at = (u32 *)map + offset / 4 % PCI_NUM_REGISTERS;
	u32 shift = (offset & 3) * 8, mask = mask_of(bytes) << shift;
	u32 seen = __atomic_load_n(at, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(at, &seen, (seen & ~mask) | (val << shift & mask), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}
