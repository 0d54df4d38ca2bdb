/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/fs.h>

#define PAGE_SIZE 4096ul

void unmap_mapping_range(struct address_space *mapping, loff_t const start, loff_t const length,
			 int even_cows);

#endif
