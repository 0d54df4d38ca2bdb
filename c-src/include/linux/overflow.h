/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic that says whether the result fits. */
#ifndef _LINUX_OVERFLOW_H
#define _LINUX_OVERFLOW_H

#include <linux/types.h>

#define check_add_overflow(a, b, result) __builtin_add_overflow((a), (b), (result))
#define check_sub_overflow(a, b, result) __builtin_sub_overflow((a), (b), (result))
#define check_mul_overflow(a, b, result) __builtin_mul_overflow((a), (b), (result))

/* Sizes: the largest there is, of which no allocation succeeds, where the result does not fit. */
static inline size_t size_add(size_t a, size_t b)
{
	size_t sum;

	return check_add_overflow(a, b, &sum) ? ~(size_t)0 : sum;
}

static inline size_t size_mul(size_t a, size_t b)
{
	size_t product;

	return check_mul_overflow(a, b, &product) ? ~(size_t)0 : product;
}

#define array_size(n, bytes) size_mul((n), (bytes))
/* Of a struct with so many elements in the array at its end. */
#define struct_size(p, member, n) \
	size_add(sizeof(*(p)), size_mul((n), sizeof((p)->member[0])))

#endif
