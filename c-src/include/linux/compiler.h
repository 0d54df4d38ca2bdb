/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Marks for readers; there is one address space and nothing is discarded after init. */
#define __user
#define __iomem
#define __rcu
#define __init
#define __exit
#define __aligned(n) __attribute__((aligned(n)))

/*
 * One access of exactly this width, where the compiler put it and not twice; of a scalar. It is atomic because
 * that is what WebAssembly has: in its code a volatile access looks like any other.
 */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#endif
