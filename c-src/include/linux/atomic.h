/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomic counters of 32 and 64 bits, and of a long's. As in the kernel, what returns nothing orders nothing, what
 * returns a value is a full barrier, and _relaxed, _acquire and _release say less.
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/types.h>

#include <asm/barrier.h>
#include <asm/cmpxchg.h>

#define ATOMIC_INIT(value) { (value) }
#define ATOMIC64_INIT(value) { (value) }
#define ATOMIC_LONG_INIT(value) { (value) }

#define ATOMIC_PREFIX atomic
#define ATOMIC_TYPE atomic_t
#define ATOMIC_VALUE int
#include <linux/atomic/atomic-family.h>

#define ATOMIC_PREFIX atomic64
#define ATOMIC_TYPE atomic64_t
#define ATOMIC_VALUE s64
#include <linux/atomic/atomic-family.h>

#if __SIZEOF_LONG__ == 8
typedef atomic64_t atomic_long_t;
#else
typedef atomic_t atomic_long_t;
#endif

#define ATOMIC_PREFIX atomic_long
#define ATOMIC_TYPE atomic_long_t
#define ATOMIC_VALUE long
#include <linux/atomic/atomic-family.h>

#endif
