/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of 4 KiB, of which nothing maps one at another address. */
#ifndef _ASM_PAGE_H
#define _ASM_PAGE_H

#include <linux/const.h>

/* Since 6.13 one header has them for all architectures. */
#if __has_include(<vdso/page.h>)
#include <vdso/page.h>
#else
#define PAGE_SHIFT CONFIG_PAGE_SHIFT
#define PAGE_SIZE (_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#endif

#include <linux/pfn.h>
#include <linux/types.h>

#include <asm/string.h>

/* Each a type of its own, so that they are not taken for one another. */
#define STUB_TABLE_WORD(name) typedef struct { unsigned long name; } name##_t

STUB_TABLE_WORD(pte);
STUB_TABLE_WORD(pgd);
STUB_TABLE_WORD(pgprot);

struct page;
typedef struct page *pgtable_t;

#define pte_val(x) ((x).pte)
#define pgd_val(x) ((x).pgd)
#define pgprot_val(x) ((x).pgprot)
#define __pte(x) ((pte_t) { (x) })
#define __pgd(x) ((pgd_t) { (x) })
#define __pgprot(x) ((pgprot_t) { (x) })

/* Memory has one address: a physical one is a virtual one. */
#define PAGE_OFFSET 0ul
#define __pa(x) ((unsigned long)(x))
#define __va(x) ((void *)(unsigned long)(x))

#define virt_to_pfn(address) PFN_DOWN(__pa(address))
#define pfn_to_virt(pfn) __va(PFN_PHYS(pfn))
#define virt_to_page(address) pfn_to_page(virt_to_pfn(address))
#define page_to_virt(page) __va(PFN_PHYS(page_to_pfn(page)))
#define virt_addr_valid(address) pfn_valid(virt_to_pfn(address))

/* Before 6.14 an architecture had to say so; from then on it is asm-generic/memory_model.h's. */
#ifndef page_to_phys
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#endif

#define clear_page(page) memset((page), 0, PAGE_SIZE)
#define copy_page(to, from) memcpy((to), (from), PAGE_SIZE)
#define clear_user_page(page, address, pg) ((void)(address), (void)(pg), clear_page(page))
#define copy_user_page(to, from, address, pg) ((void)(address), (void)(pg), copy_page(to, from))

#define VM_DATA_DEFAULT_FLAGS VM_DATA_FLAGS_NON_EXEC

#include <asm-generic/memory_model.h>
#include <asm-generic/getorder.h>

#endif
