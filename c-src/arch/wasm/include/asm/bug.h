/* SPDX-License-Identifier: GPL-2.0-only */
/* Warnings, which are violations and no more; and bugs, at which the task ends. */
#ifndef _ASM_BUG_H
#define _ASM_BUG_H

#include <linux/compiler.h>
#include <linux/instrumentation.h>
#include <linux/once_lite.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/stringify.h>

#define CUT_HERE ""

/* @where: file and line. */
void __stub_warn_on(const char *where);

#define BUG() __builtin_trap()
#define BUG_ON(condition) do {			\
	if (unlikely(condition))		\
		BUG();				\
} while (0)

#define WARN_ON(condition) ({						\
	bool __warns = !!(condition);					\
	if (unlikely(__warns))						\
		__stub_warn_on(__FILE__ ":" __stringify(__LINE__));	\
	unlikely(__warns);						\
})

/* Only checked: nothing becomes of the text. */
#define WARN(condition, format...) ({ no_printk(format); WARN_ON(condition); })
#define WARN_TAINT(condition, taint, format...) WARN(condition, format)

/* One that comes a second time is as much of a violation. */
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN_ONCE(condition, format...) WARN(condition, format)
#define WARN_TAINT_ONCE(condition, taint, format...) WARN(condition, format)
#define WARN_ON_SMP(condition) WARN_ON(condition)

#endif
