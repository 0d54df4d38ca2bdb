/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Marks for readers; there is one address space and nothing is discarded after init. */
#define __user
#define __iomem
#define __rcu
#define __percpu
#define __force
#define __bitwise
#define __init
#define __exit
#define __initdata
#define __exitdata
#define __initconst
#define __read_mostly
#define __ro_after_init
#define __cold
#define __must_hold(lock)
#define __acquires(lock)
#define __releases(lock)
#define __guarded_by(lock)
#define __counted_by(member)

#define __aligned(n) __attribute__((__aligned__(n)))
#define ____cacheline_aligned __aligned(64)
#define ____cacheline_aligned_in_smp __aligned(64)
#define __packed __attribute__((__packed__))
#define __printf(string, first) __attribute__((__format__(__printf__, string, first)))
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __must_check __attribute__((__warn_unused_result__))
#define __pure __attribute__((__pure__))
#define __attribute_const__ __attribute__((__const__))
#define __noreturn __attribute__((__noreturn__))
#define __weak __attribute__((__weak__))
#define __cleanup(func) __attribute__((__cleanup__(func)))
#define fallthrough __attribute__((__fallthrough__))
#define unreachable() __builtin_unreachable()

/* What only the compiler must not move accesses across. */
#define barrier() __asm__ __volatile__("" : : : "memory")

/*
 * One access of exactly this width, where the compiler put it and not twice; of a scalar. It is atomic because
 * that is what WebAssembly has: in its code a volatile access looks like any other.
 */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

/* The author knows that it races. It is the same plain access all the same, and reported as one. */
#define data_race(expression) (expression)

#endif
