/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_PROCESSOR_H
#define _ASM_PROCESSOR_H

#include <linux/compiler.h>

/* In a loop that waits by looking again. */
static inline void cpu_relax(void)
{
	barrier();
}

#endif
