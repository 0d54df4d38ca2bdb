/* SPDX-License-Identifier: GPL-2.0-only */
/* Warnings, which are violations and no more; and bugs, at which the task ends. */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/printk.h>
#include <linux/types.h>

/* @where: the function that warns. */
void __stub_warn_on(const char *where);

#define WARN_ON(condition) ({			\
	bool __warns = !!(condition);		\
	if (unlikely(__warns))			\
		__stub_warn_on(__func__);		\
	unlikely(__warns);			\
})

#define WARN(condition, format, args...) (no_printk(format, ##args), WARN_ON(condition))

/* One that comes a second time is as much of a violation: reports are not repeated anyway. */
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN_ONCE(condition, format, args...) WARN(condition, format, ##args)
#define WARN_TAINT(condition, taint, format, args...) WARN(condition, format, ##args)

#define BUG() __builtin_trap()
#define BUG_ON(condition) ({			\
	if (unlikely(condition))		\
		BUG();				\
})

#endif
