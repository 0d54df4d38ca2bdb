/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Barriers between processors. WebAssembly has one fence, a full one, and all of its atomics are in one order. Devices see
 * memory as processors do.
 */
#ifndef _ASM_BARRIER_H
#define _ASM_BARRIER_H

#include <linux/compiler.h>

#define nop() barrier()

#define __mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define __wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/* The store, and a full barrier behind it. */
#define __smp_store_mb(variable, val) do {				\
	__typeof_unqual__(variable) __store_mb = (val);		\
	__atomic_store((__typeof__(__store_mb) *)(void *)&(variable),	\
		       &__store_mb, __ATOMIC_SEQ_CST);			\
} while (0)

#define __smp_store_release(p, val) do {				\
	__typeof_unqual__(*(p)) __store_release = (val);		\
	compiletime_assert_atomic_type(*(p));				\
	__atomic_store((__typeof__(__store_release) *)(void *)(p),	\
		       &__store_release, __ATOMIC_RELEASE);		\
} while (0)

#define __smp_load_acquire(p) ({					\
	__typeof_unqual__(*(p)) __load_acquire;			\
	compiletime_assert_atomic_type(*(p));				\
	__atomic_load((__typeof__(__load_acquire) *)(void *)(p),	\
		      &__load_acquire, __ATOMIC_ACQUIRE);		\
	(__typeof__(*(p)))__load_acquire;				\
})

#include <asm-generic/barrier.h>

#endif
