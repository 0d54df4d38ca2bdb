/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_SPINLOCK_TYPES_H
#define _ASM_SPINLOCK_TYPES_H

#include <linux/types.h>

/* The stub kernel's word. */
typedef struct {
	u32 word;
} arch_spinlock_t;

typedef struct {
	u32 word;
} arch_rwlock_t;

#define __ARCH_SPIN_LOCK_UNLOCKED { 0 }
#define __ARCH_RW_LOCK_UNLOCKED { 0 }

#endif
