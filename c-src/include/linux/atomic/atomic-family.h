/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All functions of one family: ATOMIC_PREFIX begins their names, ATOMIC_TYPE holds a counter, ATOMIC_VALUE is what
 * they take and return. Included once a family.
 */
#define ATOMIC_JOIN(prefix, name) prefix##_##name
#define ATOMIC_NAMED(prefix, name) ATOMIC_JOIN(prefix, name)
#define ATOMIC(name) ATOMIC_NAMED(ATOMIC_PREFIX, name)

static inline ATOMIC_VALUE ATOMIC(read)(const ATOMIC_TYPE *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline ATOMIC_VALUE ATOMIC(read_acquire)(const ATOMIC_TYPE *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void ATOMIC(set)(ATOMIC_TYPE *v, ATOMIC_VALUE value)
{
	__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);
}

static inline void ATOMIC(set_release)(ATOMIC_TYPE *v, ATOMIC_VALUE value)
{
	__atomic_store_n(&v->counter, value, __ATOMIC_RELEASE);
}

/* ---- arithmetic: without a result, with the new value, with the old one ---- */

#define ATOMIC_ARITHMETIC(op, order, ending)							\
	static inline ATOMIC_VALUE ATOMIC(op##_return##ending)(ATOMIC_VALUE by, ATOMIC_TYPE *v)	\
	{											\
		return __atomic_##op##_fetch(&v->counter, by, order);				\
	}											\
	static inline ATOMIC_VALUE ATOMIC(fetch_##op##ending)(ATOMIC_VALUE by, ATOMIC_TYPE *v)	\
	{											\
		return __atomic_fetch_##op(&v->counter, by, order);				\
	}

#define ATOMIC_STEP(op, arithmetic, ending)							\
	static inline ATOMIC_VALUE ATOMIC(op##_return##ending)(ATOMIC_TYPE *v)			\
	{											\
		return ATOMIC(arithmetic##_return##ending)(1, v);				\
	}											\
	static inline ATOMIC_VALUE ATOMIC(fetch_##op##ending)(ATOMIC_TYPE *v)			\
	{											\
		return ATOMIC(fetch_##arithmetic##ending)(1, v);				\
	}

#define ATOMIC_BITS(op, order, ending)								\
	static inline ATOMIC_VALUE ATOMIC(fetch_##op##ending)(ATOMIC_VALUE bits, ATOMIC_TYPE *v)	\
	{											\
		return __atomic_fetch_##op(&v->counter, bits, order);				\
	}

#define ATOMIC_ORDERED(order, ending)								\
	ATOMIC_ARITHMETIC(add, order, ending)							\
	ATOMIC_ARITHMETIC(sub, order, ending)							\
	ATOMIC_STEP(inc, add, ending)								\
	ATOMIC_STEP(dec, sub, ending)								\
	ATOMIC_BITS(and, order, ending)								\
	ATOMIC_BITS(or, order, ending)								\
	ATOMIC_BITS(xor, order, ending)								\
	static inline ATOMIC_VALUE ATOMIC(fetch_andnot##ending)(ATOMIC_VALUE bits, ATOMIC_TYPE *v)	\
	{											\
		return ATOMIC(fetch_and##ending)(~bits, v);					\
	}											\
	static inline ATOMIC_VALUE ATOMIC(xchg##ending)(ATOMIC_TYPE *v, ATOMIC_VALUE new)	\
	{											\
		return __atomic_exchange_n(&v->counter, new, order);				\
	}											\
	static inline bool ATOMIC(try_cmpxchg##ending)(ATOMIC_TYPE *v, ATOMIC_VALUE *expected,	\
						       ATOMIC_VALUE new)			\
	{											\
		__typeof__(v->counter) found = *expected;					\
		bool done = __try_cmpxchg(&v->counter, &found, new, order);			\
												\
		*expected = found;								\
		return done;									\
	}											\
	static inline ATOMIC_VALUE ATOMIC(cmpxchg##ending)(ATOMIC_TYPE *v, ATOMIC_VALUE old,	\
							   ATOMIC_VALUE new)			\
	{											\
		ATOMIC(try_cmpxchg##ending)(v, &old, new);					\
		return old;									\
	}

ATOMIC_ORDERED(__ATOMIC_SEQ_CST, )
ATOMIC_ORDERED(__ATOMIC_RELAXED, _relaxed)
ATOMIC_ORDERED(__ATOMIC_ACQUIRE, _acquire)
ATOMIC_ORDERED(__ATOMIC_RELEASE, _release)

static inline void ATOMIC(add)(ATOMIC_VALUE by, ATOMIC_TYPE *v)
{
	ATOMIC(fetch_add_relaxed)(by, v);
}

static inline void ATOMIC(sub)(ATOMIC_VALUE by, ATOMIC_TYPE *v)
{
	ATOMIC(fetch_sub_relaxed)(by, v);
}

static inline void ATOMIC(inc)(ATOMIC_TYPE *v)
{
	ATOMIC(fetch_add_relaxed)(1, v);
}

static inline void ATOMIC(dec)(ATOMIC_TYPE *v)
{
	ATOMIC(fetch_sub_relaxed)(1, v);
}

static inline void ATOMIC(and)(ATOMIC_VALUE bits, ATOMIC_TYPE *v)
{
	ATOMIC(fetch_and_relaxed)(bits, v);
}

static inline void ATOMIC(or)(ATOMIC_VALUE bits, ATOMIC_TYPE *v)
{
	ATOMIC(fetch_or_relaxed)(bits, v);
}

static inline void ATOMIC(xor)(ATOMIC_VALUE bits, ATOMIC_TYPE *v)
{
	ATOMIC(fetch_xor_relaxed)(bits, v);
}

static inline void ATOMIC(andnot)(ATOMIC_VALUE bits, ATOMIC_TYPE *v)
{
	ATOMIC(fetch_andnot_relaxed)(bits, v);
}

/* ---- and what came of it ---- */

static inline bool ATOMIC(sub_and_test)(ATOMIC_VALUE by, ATOMIC_TYPE *v)
{
	return !ATOMIC(sub_return)(by, v);
}

static inline bool ATOMIC(dec_and_test)(ATOMIC_TYPE *v)
{
	return !ATOMIC(dec_return)(v);
}

static inline bool ATOMIC(inc_and_test)(ATOMIC_TYPE *v)
{
	return !ATOMIC(inc_return)(v);
}

static inline bool ATOMIC(add_negative)(ATOMIC_VALUE by, ATOMIC_TYPE *v)
{
	return ATOMIC(add_return)(by, v) < 0;
}

/* ---- unless ---- */

/* Adds unless the value is @never; returns what it was. */
static inline ATOMIC_VALUE ATOMIC(fetch_add_unless)(ATOMIC_TYPE *v, ATOMIC_VALUE by, ATOMIC_VALUE never)
{
	ATOMIC_VALUE seen = ATOMIC(read)(v);

	while (seen != never && !ATOMIC(try_cmpxchg)(v, &seen, seen + by))
		;
	return seen;
}

/* The same; returns whether it did. */
static inline bool ATOMIC(add_unless)(ATOMIC_TYPE *v, ATOMIC_VALUE by, ATOMIC_VALUE never)
{
	return ATOMIC(fetch_add_unless)(v, by, never) != never;
}

static inline bool ATOMIC(inc_not_zero)(ATOMIC_TYPE *v)
{
	return ATOMIC(add_unless)(v, 1, 0);
}

static inline bool ATOMIC(inc_unless_negative)(ATOMIC_TYPE *v)
{
	ATOMIC_VALUE seen = ATOMIC(read)(v);

	while (seen >= 0)
		if (ATOMIC(try_cmpxchg)(v, &seen, seen + 1))
			return true;
	return false;
}

static inline bool ATOMIC(dec_unless_positive)(ATOMIC_TYPE *v)
{
	ATOMIC_VALUE seen = ATOMIC(read)(v);

	while (seen <= 0)
		if (ATOMIC(try_cmpxchg)(v, &seen, seen - 1))
			return true;
	return false;
}

/* Returns what the value is, or would be: negative where it was left alone. */
static inline ATOMIC_VALUE ATOMIC(dec_if_positive)(ATOMIC_TYPE *v)
{
	ATOMIC_VALUE seen = ATOMIC(read)(v);

	while (seen > 0 && !ATOMIC(try_cmpxchg)(v, &seen, seen - 1))
		;
	return seen - 1;
}

#undef ATOMIC_JOIN
#undef ATOMIC_NAMED
#undef ATOMIC
#undef ATOMIC_ARITHMETIC
#undef ATOMIC_STEP
#undef ATOMIC_BITS
#undef ATOMIC_ORDERED
#undef ATOMIC_PREFIX
#undef ATOMIC_TYPE
#undef ATOMIC_VALUE
