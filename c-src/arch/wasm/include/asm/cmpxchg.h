/* SPDX-License-Identifier: GPL-2.0-only */
/* Exchanges of a scalar of one to eight bytes, each one access, fully ordered unless its name says less. */
#ifndef _ASM_CMPXCHG_H
#define _ASM_CMPXCHG_H

#include <linux/compiler.h>
#include <linux/types.h>

#define __stub_xchg(p, new, order) ({					\
	__typeof__(p) __where = (p);					\
	__typeof_unqual__(*__where) __new = (__typeof__(*__where))(new);	\
	__typeof_unqual__(*__where) __before;			\
	__atomic_exchange((__typeof__(__new) *)(void *)__where, &__new, &__before, order);	\
	(__typeof__(*__where))__before;					\
})

#define arch_xchg(p, new) __stub_xchg(p, new, __ATOMIC_SEQ_CST)
#define arch_xchg_relaxed(p, new) __stub_xchg(p, new, __ATOMIC_RELAXED)
#define arch_xchg_acquire(p, new) __stub_xchg(p, new, __ATOMIC_ACQUIRE)
#define arch_xchg_release(p, new) __stub_xchg(p, new, __ATOMIC_RELEASE)

/* Returns what was found: @old, if it was replaced. */
#define __stub_cmpxchg(p, old, new, order) ({				\
	__typeof__(p) __where = (p);					\
	__typeof_unqual__(*__where) __found = (__typeof__(*__where))(old);	\
	__typeof_unqual__(*__where) __new = (__typeof__(*__where))(new);	\
	__atomic_compare_exchange((__typeof__(__new) *)(void *)__where, &__found, &__new,	\
				  false, order, __ATOMIC_RELAXED);	\
	(__typeof__(*__where))__found;					\
})

#define arch_cmpxchg(p, old, new) __stub_cmpxchg(p, old, new, __ATOMIC_SEQ_CST)
#define arch_cmpxchg_relaxed(p, old, new) __stub_cmpxchg(p, old, new, __ATOMIC_RELAXED)
#define arch_cmpxchg_acquire(p, old, new) __stub_cmpxchg(p, old, new, __ATOMIC_ACQUIRE)
#define arch_cmpxchg_release(p, old, new) __stub_cmpxchg(p, old, new, __ATOMIC_RELEASE)
#define arch_cmpxchg_local arch_cmpxchg_relaxed

/* Of 8 bytes, which WebAssembly has as well. */
#define arch_cmpxchg64 arch_cmpxchg
#define arch_cmpxchg64_relaxed arch_cmpxchg_relaxed
#define arch_cmpxchg64_acquire arch_cmpxchg_acquire
#define arch_cmpxchg64_release arch_cmpxchg_release
#define arch_cmpxchg64_local arch_cmpxchg_relaxed

/* False, with what was found in *@expected, where it was something else. */
#define __stub_try_cmpxchg(p, expected, new, order) ({			\
	__typeof__(p) __at = (p);					\
	__typeof_unqual__(*__at) *__expected = (void *)(expected);	\
	__typeof_unqual__(*__at) __replacement = (__typeof__(*__at))(new);	\
	__atomic_compare_exchange((__typeof__(__replacement) *)(void *)__at, __expected,	\
				  &__replacement, false, order, __ATOMIC_RELAXED);	\
})

#define arch_try_cmpxchg(p, expected, new) __stub_try_cmpxchg(p, expected, new, __ATOMIC_SEQ_CST)
#define arch_try_cmpxchg_relaxed(p, expected, new) __stub_try_cmpxchg(p, expected, new, __ATOMIC_RELAXED)
#define arch_try_cmpxchg_acquire(p, expected, new) __stub_try_cmpxchg(p, expected, new, __ATOMIC_ACQUIRE)
#define arch_try_cmpxchg_release(p, expected, new) __stub_try_cmpxchg(p, expected, new, __ATOMIC_RELEASE)
#define arch_try_cmpxchg64 arch_try_cmpxchg

#endif
