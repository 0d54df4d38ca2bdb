/* SPDX-License-Identifier: GPL-2.0-only */
/* Exchanges of a scalar of one to eight bytes, fully ordered unless their name says less. */
#ifndef _ASM_CMPXCHG_H
#define _ASM_CMPXCHG_H

#include <linux/types.h>

#define xchg(p, new) __atomic_exchange_n((p), (new), __ATOMIC_SEQ_CST)
#define xchg_relaxed(p, new) __atomic_exchange_n((p), (new), __ATOMIC_RELAXED)
#define xchg_acquire(p, new) __atomic_exchange_n((p), (new), __ATOMIC_ACQUIRE)
#define xchg_release(p, new) __atomic_exchange_n((p), (new), __ATOMIC_RELEASE)

#define __try_cmpxchg(p, expected, new, success) \
	__atomic_compare_exchange_n((p), (expected), (new), false, success, __ATOMIC_RELAXED)

/* False, with what was found in *@expected, where it was something else. */
#define try_cmpxchg(p, expected, new) __try_cmpxchg(p, expected, new, __ATOMIC_SEQ_CST)
#define try_cmpxchg_relaxed(p, expected, new) __try_cmpxchg(p, expected, new, __ATOMIC_RELAXED)
#define try_cmpxchg_acquire(p, expected, new) __try_cmpxchg(p, expected, new, __ATOMIC_ACQUIRE)
#define try_cmpxchg_release(p, expected, new) __try_cmpxchg(p, expected, new, __ATOMIC_RELEASE)
#define try_cmpxchg64(p, expected, new) try_cmpxchg(p, expected, new)

/* Returns what was found: @old, if it was replaced. */
#define __cmpxchg(p, old, new, success) ({			\
	__typeof__(*(p)) __found = (old);			\
	__try_cmpxchg(p, &__found, new, success);		\
	__found;						\
})

#define cmpxchg(p, old, new) __cmpxchg(p, old, new, __ATOMIC_SEQ_CST)
#define cmpxchg_relaxed(p, old, new) __cmpxchg(p, old, new, __ATOMIC_RELAXED)
#define cmpxchg_acquire(p, old, new) __cmpxchg(p, old, new, __ATOMIC_ACQUIRE)
#define cmpxchg_release(p, old, new) __cmpxchg(p, old, new, __ATOMIC_RELEASE)
#define cmpxchg64(p, old, new) cmpxchg(p, old, new)

#endif
