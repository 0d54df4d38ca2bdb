/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to a function's memory, a register at a time. It repeats every __STUB_PCI_REGISTERS of them. */
#ifndef _LINUX_IO_H
#define _LINUX_IO_H

#include <linux/types.h>

/* A range of memory, or of ports, that belongs to no BAR. */
void __iomem *ioremap(resource_size_t start, size_t bytes);
void iounmap(void __iomem *map);
void __iomem *ioport_map(unsigned long first, unsigned int count);
void ioport_unmap(void __iomem *map);

u32 __stub_io_read(const void __iomem *map, unsigned long offset, int bytes);
void __stub_io_write(void __iomem *map, unsigned long offset, int bytes, u32 val);

#endif
