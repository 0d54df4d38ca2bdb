/* SPDX-License-Identifier: GPL-2.0-only */
/* Softirqs of the running task's own CPU. What is disabled twice is enabled twice. */
#ifndef _LINUX_BOTTOM_HALF_H
#define _LINUX_BOTTOM_HALF_H

#include <linux/types.h>

void local_bh_disable(void);
void local_bh_enable(void);
bool __stub_bh_disabled(void);

#endif
