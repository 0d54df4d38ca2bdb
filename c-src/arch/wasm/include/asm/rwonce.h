/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One access of exactly this width, where the compiler put it and not twice. It is atomic because that is what WebAssembly
 * has: in its code a volatile access looks like any other.
 */
#ifndef _ASM_RWONCE_H
#define _ASM_RWONCE_H

#include <asm-generic/rwonce.h>

/* A scalar is read through a copy of its type without qualifiers: into a const one nothing can be loaded. */
#undef __READ_ONCE
#define __READ_ONCE(x) ({						\
	__typeof_unqual__(x) __read_once;				\
	__atomic_load((__typeof__(__read_once) *)(void *)&(x),		\
		      &__read_once, __ATOMIC_RELAXED);			\
	__read_once;							\
})

#undef __WRITE_ONCE
#define __WRITE_ONCE(x, val) do {					\
	__typeof_unqual__(x) __write_once = (val);			\
	__atomic_store((__typeof__(__write_once) *)(void *)&(x),	\
		       &__write_once, __ATOMIC_RELAXED);		\
} while (0)

#endif
