// SPDX-License-Identifier: GPL-2.0-only
/* What users have mapped: nothing. */
#include <linux/mm.h>

/* As where no page of it is mapped: who maps or unmaps one meanwhile waits. */
void unmap_mapping_range(struct address_space *mapping, loff_t const start, loff_t const length, int even_cows)
{
	(void)start, (void)length, (void)even_cows;
	down_read(&mapping->i_mmap_rwsem);
	up_read(&mapping->i_mmap_rwsem);
}
