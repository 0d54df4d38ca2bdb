/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H

#include <linux/types.h>

/* To a multiple of a power of two, and of any number. */
#define round_down(x, y) ((x) & ~((__typeof__(x))(y) - 1))
#define round_up(x, y) (((x) + ((__typeof__(x))(y) - 1)) & ~((__typeof__(x))(y) - 1))
#define rounddown(x, y) ({ __auto_type __n = (x); __n - __n % (y); })
#define roundup(x, y) ({ __auto_type __d = (y); ((x) + __d - 1) / __d * __d; })

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((u64)(n) / (d))
#define DIV_ROUND_UP_ULL(n, d) DIV_ROUND_UP((u64)(n), (d))
/* To the nearest; of numbers that are not negative. */
#define DIV_ROUND_CLOSEST(n, d) ({ __auto_type __by = (d); ((n) + __by / 2) / __by; })

#define abs(x) ({ __auto_type __value = (x); __value < 0 ? -__value : __value; })
#define abs_diff(a, b) ({ __auto_type __a = (a); __auto_type __b = (b); __a > __b ? __a - __b : __b - __a; })

/* x * n / d, without a product that is too large. */
#define mult_frac(x, n, d) ({							\
	__auto_type __x = (x);							\
	__auto_type __d = (d);							\
	__x / __d * (n) + __x % __d * (n) / __d;				\
})

#endif
