/* SPDX-License-Identifier: GPL-2.0-only */
/* Step functions that call a function of the subject's as it is. What they are made of is put behind a unit before it is compiled. */
#ifndef LOSTBIT_LAB_CALL_H
#define LOSTBIT_LAB_CALL_H

#include "lab/op.h"

/* Numbers are passed to whatever the function takes, and what it returns, if anything, is a number again. */
#pragma clang diagnostic ignored "-Wint-conversion"
#pragma clang diagnostic ignored "-Wpointer-to-int-cast"
#pragma clang diagnostic ignored "-Wvoid-pointer-to-int-cast"
#pragma clang diagnostic ignored "-Wunused-value"
#pragma clang diagnostic ignored "-Wshorten-64-to-32"
/* What a call passes must be what the function takes; lostbit says of which call it is not. */
#pragma clang diagnostic error "-Wincompatible-pointer-types"
#pragma clang diagnostic ignored "-Wincompatible-pointer-types-discards-qualifiers"
#pragma clang diagnostic error "-Wconstant-conversion"
#pragma clang diagnostic error "-Wliteral-conversion"

#define LAB_IS_VOID(value) __builtin_types_compatible_p(__typeof__(value), void)
#define LAB_VALUE(value) ((s64)__builtin_choose_expr(LAB_IS_VOID(value), ((void)(value), 0), (value)))

#define LAB_CALL(symbol, value)						\
	static s64 symbol##_step(const struct lab_step *lab_step)	\
	{								\
		(void)lab_step;						\
		return LAB_VALUE(value);				\
	}								\
	lab_step_fn *const symbol LAB_KEEP = symbol##_step;

#endif
