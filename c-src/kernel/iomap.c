// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function's memory: a few registers, behind every BAR, over and over again. The legacy ranges have as many for
 * memory and as many for ports, whoever answers to them.
 *
 * What drivers get is an address beyond all memory, so that an access that does not go through these functions is none: a
 * window, which says whose registers these are, and an offset.
 */
#include <linux/io.h>
#include <linux/pci.h>

#include <linux/bug.h>
#include <linux/errno.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"

STUB_FAULT(pci_request_selected_regions);
STUB_FAULT(pci_iomap);
STUB_FAULT(ioremap);
STUB_FAULT(ioport_map);

#define FIRST_WINDOW 0x80000000u
#define WINDOW_SHIFT 20
#define WINDOW_MASK ((1u << WINDOW_SHIFT) - 1)
#define WINDOWS 64

/* Whose registers: those of functions come when one is mapped first. */
static __machine u32 *windows[WINDOWS];

/* The legacy ranges, of memory and of ports. */
static __machine _Alignas(8) u32 legacy[2][STUB_REGISTERS];

/* NULL: there are too many. */
static void __iomem *window_of(u32 *registers, unsigned long offset)
{
	for (u32 i = 0; i < WINDOWS; i++) {
		u32 *seen = NULL;

		if (__atomic_compare_exchange_n(&windows[i], &seen, registers, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST) || seen == registers)
			return (void __iomem *)(uintptr_t)(FIRST_WINDOW | i << WINDOW_SHIFT | (offset & WINDOW_MASK));
	}
	return NULL;
}

/* ---- mapping ---- */

/* A driver requests the function's BARs first: all of @bars are free, or none is given. */
int pci_request_selected_regions(struct pci_dev *pdev, int bars, const char *name)
{
	(void)name;
	if (stub_should_fail(pci_request_selected_regions))
		return -EBUSY;
	if (__atomic_fetch_or(&stub_function_of(pdev)->claimed, (u32)bars, __ATOMIC_SEQ_CST) & (u32)bars)
		return -EBUSY;
	return 0;
}

void pci_release_selected_regions(struct pci_dev *pdev, int bars)
{
	u32 before = __atomic_fetch_and(&stub_function_of(pdev)->claimed, ~(u32)bars, __ATOMIC_SEQ_CST);

	WARN_ON(((u32)bars & before) != (u32)bars);
}

void __iomem *pci_iomap(struct pci_dev *pdev, int bar, unsigned long most)
{
	(void)most;
	if (stub_should_fail(pci_iomap) || !pci_resource_len(pdev, bar))
		return NULL;
	return window_of(stub_function_of(pdev)->registers, 0);
}

void pci_iounmap(struct pci_dev *pdev, void __iomem *map)
{
	(void)pdev;
	(void)map;
}

/* Of a function on some bus, if one answers there. */
static u32 *registers_at(phys_addr_t start, unsigned long *offset)
{
	for (struct device *dev = stub_devices(); dev; dev = stub_next_device(dev)) {
		struct pci_dev *pdev = dev->bus == &pci_bus_type ? to_pci_dev(dev) : NULL;

		for (int bar = 0; pdev && bar <= PCI_ROM_RESOURCE; bar++)
			if (start >= pci_resource_start(pdev, bar) && start < pci_resource_start(pdev, bar) +
			    pci_resource_len(pdev, bar)) {
				*offset = (unsigned long)(start - pci_resource_start(pdev, bar));
				return stub_function_of(pdev)->registers;
			}
	}
	*offset = (unsigned long)start;
	return legacy[0];
}

void __iomem *ioremap(phys_addr_t start, size_t bytes)
{
	unsigned long offset;
	u32 *registers;

	(void)bytes;
	if (stub_should_fail(ioremap))
		return NULL;
	registers = registers_at(start, &offset);
	return window_of(registers, offset);
}

void iounmap(volatile void __iomem *map)
{
	(void)map;
}

void __iomem *ioport_map(unsigned long first, unsigned int count)
{
	(void)count;
	return stub_should_fail(ioport_map) ? NULL : window_of(legacy[1], first);
}

void ioport_unmap(void __iomem *map)
{
	(void)map;
}

/* ---- access: one transaction, whatever its width ---- */

static inline void *register_at(const volatile void __iomem *where)
{
	u32 address = (u32)(uintptr_t)where;
	u32 *registers = windows[(address - FIRST_WINDOW) >> WINDOW_SHIFT & (WINDOWS - 1)];

	/* That no device answers to: a machine check. */
	if (address < FIRST_WINDOW || !registers)
		__builtin_trap();
	return (u8 *)registers + address % (STUB_REGISTERS * sizeof(u32));
}

#define ACCESSORS(bits, name)								\
	static u##bits read_##name(const volatile void __iomem *where)			\
	{										\
		return __atomic_load_n((u##bits *)register_at(where), __ATOMIC_SEQ_CST);	\
	}										\
	static void write_##name(u##bits value, volatile void __iomem *where)		\
	{										\
		__atomic_store_n((u##bits *)register_at(where), value, __ATOMIC_SEQ_CST);	\
	}										\
	u##bits __raw_read##name(const volatile void __iomem *where)			\
	{										\
		return read_##name(where);						\
	}										\
	void __raw_write##name(u##bits value, volatile void __iomem *where)		\
	{										\
		write_##name(value, where);						\
	}

ACCESSORS(8, b)
ACCESSORS(16, w)
ACCESSORS(32, l)
ACCESSORS(64, q)

unsigned int ioread8(const void __iomem *where)
{
	return read_b(where);
}

unsigned int ioread16(const void __iomem *where)
{
	return read_w(where);
}

unsigned int ioread32(const void __iomem *where)
{
	return read_l(where);
}

u64 ioread64(const void __iomem *where)
{
	return read_q(where);
}

void iowrite8(u8 value, void __iomem *where)
{
	write_b(value, where);
}

void iowrite16(u16 value, void __iomem *where)
{
	write_w(value, where);
}

void iowrite32(u32 value, void __iomem *where)
{
	write_l(value, where);
}

void iowrite64(u64 value, void __iomem *where)
{
	write_q(value, where);
}
