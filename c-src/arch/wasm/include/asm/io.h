/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to devices: functions of the stub kernel all, so that the lab's devices see each. */
#ifndef _ASM_IO_H
#define _ASM_IO_H

#include <linux/types.h>

#include <asm/page.h>

/* ---- of a device's memory ---- */

u8 __raw_readb(const volatile void __iomem *where);
u16 __raw_readw(const volatile void __iomem *where);
u32 __raw_readl(const volatile void __iomem *where);
u64 __raw_readq(const volatile void __iomem *where);
void __raw_writeb(u8 value, volatile void __iomem *where);
void __raw_writew(u16 value, volatile void __iomem *where);
void __raw_writel(u32 value, volatile void __iomem *where);
void __raw_writeq(u64 value, volatile void __iomem *where);

#define __raw_readb __raw_readb
#define __raw_readw __raw_readw
#define __raw_readl __raw_readl
#define __raw_readq __raw_readq
#define __raw_writeb __raw_writeb
#define __raw_writew __raw_writew
#define __raw_writel __raw_writel
#define __raw_writeq __raw_writeq

/* The kernel's headers have these for 64-bit machines alone. */
static inline u64 readq(const volatile void __iomem *where)
{
	return __raw_readq(where);
}

static inline void writeq(u64 value, volatile void __iomem *where)
{
	__raw_writeq(value, where);
}

#define readq readq
#define writeq writeq
#define readq_relaxed readq
#define writeq_relaxed writeq

void memcpy_fromio(void *to, const volatile void __iomem *from, size_t bytes);
void memcpy_toio(volatile void __iomem *to, const void *from, size_t bytes);
void memset_io(volatile void __iomem *to, int value, size_t bytes);

#define memcpy_fromio memcpy_fromio
#define memcpy_toio memcpy_toio
#define memset_io memset_io

/* ---- of a device's memory or of ports, whichever was mapped ---- */

u64 ioread64(const void __iomem *where);
u64 ioread64be(const void __iomem *where);
void iowrite64(u64 value, void __iomem *where);
void iowrite64be(u64 value, void __iomem *where);

#define ioread64 ioread64
#define ioread64be ioread64be
#define iowrite64 iowrite64
#define iowrite64be iowrite64be

/* ---- of ports ---- */

u8 inb(unsigned long port);
u16 inw(unsigned long port);
u32 inl(unsigned long port);
void outb(u8 value, unsigned long port);
void outw(u16 value, unsigned long port);
void outl(u32 value, unsigned long port);
void insb(unsigned long port, void *to, unsigned int count);
void insw(unsigned long port, void *to, unsigned int count);
void insl(unsigned long port, void *to, unsigned int count);
void outsb(unsigned long port, const void *from, unsigned int count);
void outsw(unsigned long port, const void *from, unsigned int count);
void outsl(unsigned long port, const void *from, unsigned int count);

#define inb inb
#define inw inw
#define inl inl
#define outb outb
#define outw outw
#define outl outl
#define insb insb
#define insw insw
#define insl insl
#define outsb outsb
#define outsw outsw
#define outsl outsl
#define inb_p inb
#define inw_p inw
#define inl_p inl
#define outb_p outb
#define outw_p outw
#define outl_p outl

#define IO_SPACE_LIMIT 0xffff

/* ---- mapping ---- */

void __iomem *ioremap(phys_addr_t start, size_t bytes);
void iounmap(volatile void __iomem *map);

#define ioremap ioremap
#define iounmap iounmap

#include <asm-generic/io.h>

#endif
