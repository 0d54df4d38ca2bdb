/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the architecture or the kernel's own header has the page of zeroes, depends on the release. */
#ifndef _STUB_LINUX_PGTABLE_H
#define _STUB_LINUX_PGTABLE_H

#include_next <linux/pgtable.h>

#ifndef ZERO_PAGE
extern unsigned char empty_zero_page[PAGE_SIZE];
#define ZERO_PAGE(address) virt_to_page(empty_zero_page)
#endif

#endif
