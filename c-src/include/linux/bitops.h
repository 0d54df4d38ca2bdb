/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of an array of longs. A name without underscores is one atomic step, and orders other accesses only where it
 * returns something; one with two is a plain load and a plain store.
 */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/types.h>

#include <asm/barrier.h>

static inline unsigned long *__stub_bit_word(unsigned long nr, const volatile unsigned long *bits)
{
	return (unsigned long *)bits + BIT_WORD(nr);
}

static inline bool test_bit(unsigned long nr, const volatile unsigned long *bits)
{
	return READ_ONCE(*__stub_bit_word(nr, bits)) & BIT_MASK(nr);
}

static inline bool test_bit_acquire(unsigned long nr, const volatile unsigned long *bits)
{
	return smp_load_acquire(__stub_bit_word(nr, bits)) & BIT_MASK(nr);
}

static inline void set_bit(unsigned long nr, volatile unsigned long *bits)
{
	__atomic_fetch_or(__stub_bit_word(nr, bits), BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned long nr, volatile unsigned long *bits)
{
	__atomic_fetch_and(__stub_bit_word(nr, bits), ~BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void change_bit(unsigned long nr, volatile unsigned long *bits)
{
	__atomic_fetch_xor(__stub_bit_word(nr, bits), BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void assign_bit(unsigned long nr, volatile unsigned long *bits, bool value)
{
	if (value)
		set_bit(nr, bits);
	else
		clear_bit(nr, bits);
}

static inline bool test_and_set_bit(unsigned long nr, volatile unsigned long *bits)
{
	return __atomic_fetch_or(__stub_bit_word(nr, bits), BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static inline bool test_and_clear_bit(unsigned long nr, volatile unsigned long *bits)
{
	return __atomic_fetch_and(__stub_bit_word(nr, bits), ~BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static inline bool test_and_change_bit(unsigned long nr, volatile unsigned long *bits)
{
	return __atomic_fetch_xor(__stub_bit_word(nr, bits), BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

/* A lock of one bit. */
static inline bool test_and_set_bit_lock(unsigned long nr, volatile unsigned long *bits)
{
	return __atomic_fetch_or(__stub_bit_word(nr, bits), BIT_MASK(nr), __ATOMIC_ACQUIRE) & BIT_MASK(nr);
}

static inline void clear_bit_unlock(unsigned long nr, volatile unsigned long *bits)
{
	__atomic_fetch_and(__stub_bit_word(nr, bits), ~BIT_MASK(nr), __ATOMIC_RELEASE);
}

/* ---- for those who keep others out ---- */

static inline void __set_bit(unsigned long nr, volatile unsigned long *bits)
{
	*__stub_bit_word(nr, bits) |= BIT_MASK(nr);
}

static inline void __clear_bit(unsigned long nr, volatile unsigned long *bits)
{
	*__stub_bit_word(nr, bits) &= ~BIT_MASK(nr);
}

static inline void __change_bit(unsigned long nr, volatile unsigned long *bits)
{
	*__stub_bit_word(nr, bits) ^= BIT_MASK(nr);
}

static inline void __assign_bit(unsigned long nr, volatile unsigned long *bits, bool value)
{
	if (value)
		__set_bit(nr, bits);
	else
		__clear_bit(nr, bits);
}

static inline bool __test_and_set_bit(unsigned long nr, volatile unsigned long *bits)
{
	unsigned long before = *__stub_bit_word(nr, bits);

	*__stub_bit_word(nr, bits) = before | BIT_MASK(nr);
	return before & BIT_MASK(nr);
}

static inline bool __test_and_clear_bit(unsigned long nr, volatile unsigned long *bits)
{
	unsigned long before = *__stub_bit_word(nr, bits);

	*__stub_bit_word(nr, bits) = before & ~BIT_MASK(nr);
	return before & BIT_MASK(nr);
}

static inline bool __test_and_change_bit(unsigned long nr, volatile unsigned long *bits)
{
	unsigned long before = *__stub_bit_word(nr, bits);

	*__stub_bit_word(nr, bits) = before ^ BIT_MASK(nr);
	return before & BIT_MASK(nr);
}

/* The holder of the lock alone writes the word. */
static inline void __clear_bit_unlock(unsigned long nr, volatile unsigned long *bits)
{
	smp_store_release(__stub_bit_word(nr, bits), *__stub_bit_word(nr, bits) & ~BIT_MASK(nr));
}

/* ---- numbers ---- */

/* The lowest and the highest bit that is set, from 0; of 0 that is not defined. */
#define __ffs(word) ((unsigned long)__builtin_ctzl(word))
#define __fls(word) ((unsigned long)(BITS_PER_LONG - 1 - __builtin_clzl(word)))
#define ffz(word) __ffs(~(word))
/* The same from 1; 0 of 0. */
#define ffs(x) __builtin_ffs(x)

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#define hweight8(x) ((unsigned int)__builtin_popcount((u8)(x)))
#define hweight16(x) ((unsigned int)__builtin_popcount((u16)(x)))
#define hweight32(x) ((unsigned int)__builtin_popcount((u32)(x)))
#define hweight64(x) ((unsigned int)__builtin_popcountll((u64)(x)))
#define hweight_long(x) ((unsigned long)__builtin_popcountl(x))

/* ---- searching: @size where there is none ---- */

/* From @from on; with @invert, a bit that is clear. */
static inline unsigned long __stub_find_bit(const unsigned long *bits, unsigned long size, unsigned long from,
					  unsigned long invert)
{
	while (from < size) {
		unsigned long rest = (READ_ONCE(bits[BIT_WORD(from)]) ^ invert) >> from % BITS_PER_LONG;

		if (rest) {
			from += __ffs(rest);
			break;
		}
		from += BITS_PER_LONG - from % BITS_PER_LONG;
	}
	return from < size ? from : size;
}

#define find_next_bit(bits, size, from) __stub_find_bit((bits), (size), (from), 0)
#define find_next_zero_bit(bits, size, from) __stub_find_bit((bits), (size), (from), ~0ul)
#define find_first_bit(bits, size) find_next_bit(bits, size, 0)
#define find_first_zero_bit(bits, size) find_next_zero_bit(bits, size, 0)

static inline unsigned long find_last_bit(const unsigned long *bits, unsigned long size)
{
	for (unsigned long at = size; at-- > 0;)
		if (test_bit(at, bits))
			return at;
	return size;
}

#define for_each_set_bit(bit, bits, size)				\
	for ((bit) = find_first_bit((bits), (size)); (bit) < (size);	\
	     (bit) = find_next_bit((bits), (size), (bit) + 1))

#define for_each_clear_bit(bit, bits, size)					\
	for ((bit) = find_first_zero_bit((bits), (size)); (bit) < (size);	\
	     (bit) = find_next_zero_bit((bits), (size), (bit) + 1))

#endif
