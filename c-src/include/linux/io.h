/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to what devices have, a register at a time: each access is a function, so that the lab's devices see it. */
#ifndef _LINUX_IO_H
#define _LINUX_IO_H

#include <linux/types.h>

/* A range of memory, or of ports. */
void __iomem *ioremap(phys_addr_t start, size_t bytes);
void iounmap(volatile void __iomem *map);
void __iomem *ioport_map(unsigned long first, unsigned int count);
void ioport_unmap(void __iomem *map);

/* Of memory or of ports, whichever was mapped. */
unsigned int ioread8(const void __iomem *where);
unsigned int ioread16(const void __iomem *where);
unsigned int ioread32(const void __iomem *where);
u64 ioread64(const void __iomem *where);
void iowrite8(u8 value, void __iomem *where);
void iowrite16(u16 value, void __iomem *where);
void iowrite32(u32 value, void __iomem *where);
void iowrite64(u64 value, void __iomem *where);

/* Of memory. */
u8 __raw_readb(const volatile void __iomem *where);
u16 __raw_readw(const volatile void __iomem *where);
u32 __raw_readl(const volatile void __iomem *where);
u64 __raw_readq(const volatile void __iomem *where);
void __raw_writeb(u8 value, volatile void __iomem *where);
void __raw_writew(u16 value, volatile void __iomem *where);
void __raw_writel(u32 value, volatile void __iomem *where);
void __raw_writeq(u64 value, volatile void __iomem *where);

#define readb(where) __raw_readb(where)
#define readw(where) __raw_readw(where)
#define readl(where) __raw_readl(where)
#define readq(where) __raw_readq(where)
#define writeb(value, where) __raw_writeb((value), (where))
#define writew(value, where) __raw_writew((value), (where))
#define writel(value, where) __raw_writel((value), (where))
#define writeq(value, where) __raw_writeq((value), (where))
#define readb_relaxed(where) readb(where)
#define readw_relaxed(where) readw(where)
#define readl_relaxed(where) readl(where)
#define readq_relaxed(where) readq(where)
#define writeb_relaxed(value, where) writeb((value), (where))
#define writew_relaxed(value, where) writew((value), (where))
#define writel_relaxed(value, where) writel((value), (where))
#define writeq_relaxed(value, where) writeq((value), (where))

#endif
