/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/types.h>

/* @where: the function that warns. */
void warn_on(const char *where);

#define WARN_ON(condition) ({			\
	bool __warns = !!(condition);		\
	if (unlikely(__warns))			\
		warn_on(__func__);		\
	unlikely(__warns);			\
})

#endif
