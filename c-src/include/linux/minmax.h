/* SPDX-License-Identifier: GPL-2.0-only */
/* The smaller and the larger, each argument evaluated once. */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

#include <linux/types.h>

/* Both are compared as C does it: that their types go together is not checked. */
#define __extreme(a, b, better) ({			\
	__auto_type __a = (a);				\
	__auto_type __b = (b);				\
	__a better __b ? __a : __b;			\
})

#define min(a, b) __extreme(a, b, <)
#define max(a, b) __extreme(a, b, >)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define umin(a, b) min((a) + 0ull, (b) + 0ull)
#define umax(a, b) max((a) + 0ull, (b) + 0ull)

/* The smaller one that is not 0. */
#define min_not_zero(a, b) ({				\
	__auto_type __x = (a);				\
	__auto_type __y = (b);				\
	__x == 0 ? __y : __y == 0 ? __x : min(__x, __y);	\
})

#define clamp(value, low, high) min(max(value, low), high)
#define clamp_t(type, value, low, high) clamp((type)(value), (type)(low), (type)(high))
#define clamp_val(value, low, high) clamp_t(__typeof__(value), value, low, high)

#define swap(a, b) do {					\
	__typeof__(a) __first = (a);			\
	(a) = (b);					\
	(b) = __first;					\
} while (0)

/* Is it one of the @count values from @start on? */
#define in_range(value, start, count) ((u64)(value) - (u64)(start) < (u64)(count))

#endif
