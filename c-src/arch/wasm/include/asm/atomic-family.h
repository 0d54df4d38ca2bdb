/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of one family, each a single access; what is made of them is made by the kernel's own headers.
 * ATOMIC(name) is a function's name, ATOMIC_TYPE holds a counter, ATOMIC_VALUE is what is taken and returned. Included once
 * a family.
 */
static __always_inline ATOMIC_VALUE ATOMIC(read)(const ATOMIC_TYPE *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static __always_inline void ATOMIC(set)(ATOMIC_TYPE *v, ATOMIC_VALUE value)
{
	__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);
}

/* What returns nothing orders nothing. */
#define ATOMIC_VOID(op)								\
	static __always_inline void ATOMIC(op)(ATOMIC_VALUE by, ATOMIC_TYPE *v)	\
	{									\
		__atomic_fetch_##op(&v->counter, by, __ATOMIC_RELAXED);		\
	}

#define ATOMIC_RETURN(op, ending, order)					\
	static __always_inline ATOMIC_VALUE ATOMIC(op##_return##ending)(ATOMIC_VALUE by, ATOMIC_TYPE *v)	\
	{									\
		return __atomic_##op##_fetch(&v->counter, by, order);		\
	}

#define ATOMIC_FETCH(op, ending, order)						\
	static __always_inline ATOMIC_VALUE ATOMIC(fetch_##op##ending)(ATOMIC_VALUE by, ATOMIC_TYPE *v)	\
	{									\
		return __atomic_fetch_##op(&v->counter, by, order);		\
	}

/* In releases before 6.5 these are the architecture's, too. */
#define ATOMIC_EXCHANGE(ending)							\
	static __always_inline ATOMIC_VALUE ATOMIC(xchg##ending)(ATOMIC_TYPE *v, ATOMIC_VALUE new)	\
	{									\
		return arch_xchg##ending(&v->counter, new);			\
	}									\
	static __always_inline ATOMIC_VALUE ATOMIC(cmpxchg##ending)(ATOMIC_TYPE *v, ATOMIC_VALUE old,	\
								    ATOMIC_VALUE new)	\
	{									\
		return arch_cmpxchg##ending(&v->counter, old, new);		\
	}									\
	static __always_inline bool ATOMIC(try_cmpxchg##ending)(ATOMIC_TYPE *v, ATOMIC_VALUE *expected,	\
								ATOMIC_VALUE new)	\
	{									\
		return arch_try_cmpxchg##ending(&v->counter, expected, new);	\
	}

#define ATOMIC_ORDERED(ending, order)	\
	ATOMIC_EXCHANGE(ending)		\
	ATOMIC_RETURN(add, ending, order)	\
	ATOMIC_RETURN(sub, ending, order)	\
	ATOMIC_FETCH(add, ending, order)	\
	ATOMIC_FETCH(sub, ending, order)	\
	ATOMIC_FETCH(and, ending, order)	\
	ATOMIC_FETCH(or, ending, order)		\
	ATOMIC_FETCH(xor, ending, order)

ATOMIC_VOID(add)
ATOMIC_VOID(sub)
ATOMIC_VOID(and)
ATOMIC_VOID(or)
ATOMIC_VOID(xor)
ATOMIC_ORDERED(, __ATOMIC_SEQ_CST)
ATOMIC_ORDERED(_relaxed, __ATOMIC_RELAXED)
ATOMIC_ORDERED(_acquire, __ATOMIC_ACQUIRE)
ATOMIC_ORDERED(_release, __ATOMIC_RELEASE)

#undef ATOMIC_VOID
#undef ATOMIC_RETURN
#undef ATOMIC_FETCH
#undef ATOMIC_EXCHANGE
#undef ATOMIC_ORDERED
#undef ATOMIC
#undef ATOMIC_TYPE
#undef ATOMIC_VALUE
