/* SPDX-License-Identifier: GPL-2.0-only */
/* Barriers between processors. WebAssembly has one fence, a full one, and all of its atomics are in one order. */
#ifndef _ASM_BARRIER_H
#define _ASM_BARRIER_H

#include <linux/compiler.h>

#include <asm/processor.h>

#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/* Devices see memory as processors do. */
#define mb() smp_mb()
#define rmb() smp_rmb()
#define wmb() smp_wmb()
#define dma_rmb() smp_rmb()
#define dma_wmb() smp_wmb()

#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_atomic() smp_mb()
#define smp_mb__after_spinlock() smp_mb()

#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
/* The store, and a full barrier behind it. */
#define smp_store_mb(variable, v) __atomic_store_n(&(variable), (v), __ATOMIC_SEQ_CST)

/* Looks at *@p, as VAL, until the condition holds; returns what it was then. */
#define smp_cond_load_relaxed(p, condition) ({			\
	__typeof__(p) __where = (p);				\
	__typeof__(*__where) VAL;				\
	while (VAL = READ_ONCE(*__where), !(condition))		\
		cpu_relax();					\
	VAL;							\
})

#define smp_cond_load_acquire(p, condition) ({			\
	__typeof__(*(p)) __seen = smp_cond_load_relaxed(p, condition); \
	smp_rmb();						\
	__seen;							\
})

#endif
