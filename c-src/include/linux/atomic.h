/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/types.h>

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic_set(atomic_t *v, int value)
{
	__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);
}

static inline int atomic_add_return(int add, atomic_t *v)
{
	return __atomic_add_fetch(&v->counter, add, __ATOMIC_SEQ_CST);
}

static inline int atomic_inc_return(atomic_t *v)
{
	return atomic_add_return(1, v);
}

static inline int atomic_dec_return(atomic_t *v)
{
	return atomic_add_return(-1, v);
}

static inline void atomic_inc(atomic_t *v)
{
	atomic_add_return(1, v);
}

/* Adds unless the value is @never; returns whether it did. */
static inline bool atomic_add_unless(atomic_t *v, int add, int never)
{
	int seen = atomic_read(v);

	while (seen != never)
		if (__atomic_compare_exchange_n(&v->counter, &seen, seen + add, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return true;
	return false;
}

#endif
