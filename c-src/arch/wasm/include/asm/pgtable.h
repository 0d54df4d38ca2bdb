/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of two levels, so that mappings and faults have types; there is no table that anything walks. */
#ifndef _ASM_PGTABLE_H
#define _ASM_PGTABLE_H

#include <linux/mm_types.h>
#include <linux/version.h>

#include <asm/page.h>
#include <asm-generic/pgtable-nopmd.h>

#define PGDIR_SHIFT 22
#define PGDIR_SIZE (1ul << PGDIR_SHIFT)
#define PGDIR_MASK (~(PGDIR_SIZE - 1))
#define PTRS_PER_PGD 1024
#define PTRS_PER_PTE 1024
#define MAX_POSSIBLE_PHYSMEM_BITS 32

#define _PAGE_PRESENT 0x001
#define _PAGE_WRITE 0x002
#define _PAGE_EXEC 0x004
#define _PAGE_UNCACHED 0x008
#define _PAGE_ACCESSED 0x010
#define _PAGE_DIRTY 0x020
#define _PAGE_SWP_EXCLUSIVE 0x040

#define PAGE_NONE __pgprot(0)
#define PAGE_READONLY __pgprot(_PAGE_PRESENT)
#define PAGE_READONLY_EXEC __pgprot(_PAGE_PRESENT | _PAGE_EXEC)
#define PAGE_COPY PAGE_READONLY
#define PAGE_COPY_EXEC PAGE_READONLY_EXEC
#define PAGE_SHARED __pgprot(_PAGE_PRESENT | _PAGE_WRITE)
#define PAGE_SHARED_EXEC __pgprot(_PAGE_PRESENT | _PAGE_WRITE | _PAGE_EXEC)
#define PAGE_KERNEL __pgprot(_PAGE_PRESENT | _PAGE_WRITE | _PAGE_EXEC)

#define pgprot_noncached(prot) __pgprot(pgprot_val(prot) | _PAGE_UNCACHED)
#define pgprot_writecombine(prot) pgprot_noncached(prot)

#define VMALLOC_START 0xe0000000ul
#define VMALLOC_END 0xf0000000ul

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];

#define pgd_ERROR(pgd) BUG()

/* ---- an entry of a table, and a table's of tables ---- */

#define PFN_PTE_SHIFT PAGE_SHIFT
#define pfn_pte(pfn, prot) __pte(((unsigned long)(pfn) << PAGE_SHIFT) | pgprot_val(prot))
#define pte_pfn(pte) (pte_val(pte) >> PAGE_SHIFT)
#define pte_page(pte) pfn_to_page(pte_pfn(pte))
/* In linux/mm.h since 6.16, as a function. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), (prot))
#endif

#define pte_none(pte) (!pte_val(pte))
#define pte_present(pte) (pte_val(pte) & _PAGE_PRESENT)
#define pte_write(pte) (!!(pte_val(pte) & _PAGE_WRITE))
#define pte_dirty(pte) (!!(pte_val(pte) & _PAGE_DIRTY))
#define pte_young(pte) (!!(pte_val(pte) & _PAGE_ACCESSED))

#define STUB_PTE_WITH(name, bits)			\
	static inline pte_t name(pte_t pte)		\
	{						\
		return __pte(pte_val(pte) | (bits));	\
	}
#define STUB_PTE_WITHOUT(name, bits)			\
	static inline pte_t name(pte_t pte)		\
	{						\
		return __pte(pte_val(pte) & ~(bits));	\
	}

/* Since 6.6 the kernel's header has these, and makes the first of one that knows no mapping. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
STUB_PTE_WITH(pte_mkwrite, _PAGE_WRITE)
#define set_pte_at(mm, address, where, pte) set_pte((where), (pte))
#else
STUB_PTE_WITH(pte_mkwrite_novma, _PAGE_WRITE)
#endif
STUB_PTE_WITHOUT(pte_wrprotect, _PAGE_WRITE)
STUB_PTE_WITH(pte_mkdirty, _PAGE_DIRTY)
STUB_PTE_WITHOUT(pte_mkclean, _PAGE_DIRTY)
STUB_PTE_WITH(pte_mkyoung, _PAGE_ACCESSED)
STUB_PTE_WITHOUT(pte_mkold, _PAGE_ACCESSED)

#define __HAVE_ARCH_PTE_SWP_EXCLUSIVE
#define pte_swp_exclusive(pte) (!!(pte_val(pte) & _PAGE_SWP_EXCLUSIVE))
STUB_PTE_WITH(pte_swp_mkexclusive, _PAGE_SWP_EXCLUSIVE)
STUB_PTE_WITHOUT(pte_swp_clear_exclusive, _PAGE_SWP_EXCLUSIVE)

static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	return __pte((pte_val(pte) & PAGE_MASK) | pgprot_val(prot));
}

static inline void set_pte(pte_t *where, pte_t pte)
{
	*where = pte;
}

static inline void pte_clear(struct mm_struct *mm, unsigned long address, pte_t *where)
{
	set_pte(where, __pte(0));
}

#define pmd_none(pmd) (!pmd_val(pmd))
#define pmd_bad(pmd) 0
#define pmd_present(pmd) (!!pmd_val(pmd))
#define pmd_pfn(pmd) (pmd_val(pmd) >> PAGE_SHIFT)
#define pmd_page(pmd) pfn_to_page(pmd_pfn(pmd))
#define pmd_page_vaddr(pmd) ((unsigned long)__va(pmd_val(pmd) & PAGE_MASK))

static inline void set_pmd(pmd_t *where, pmd_t pmd)
{
	*where = pmd;
}

static inline void pmd_clear(pmd_t *where)
{
	set_pmd(where, __pmd(0));
}

/* ---- and of what is swapped out, which nothing is ---- */

#define __swp_type(entry) ((entry).val >> 7 & 31)
#define __swp_offset(entry) ((entry).val >> 12)
#define __swp_entry(type, offset) ((swp_entry_t) { ((type) & 31) << 7 | (offset) << 12 })
#define __pte_to_swp_entry(pte) ((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(entry) __pte((entry).val)

#define update_mmu_cache(vma, address, pte) do { } while (0)
#define update_mmu_cache_range(fault, vma, address, pte, count) do { } while (0)

#endif
