/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_CACHE_H
#define _ASM_CACHE_H

#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)

/* In no section of its own: what each machine has for itself, as jiffies, lies in that of machines. */
#define __cacheline_aligned __attribute__((__aligned__(L1_CACHE_BYTES)))

#endif
