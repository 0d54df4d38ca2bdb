// SPDX-License-Identifier: GPL-2.0-only
#include <linux/workqueue.h>

/* The call is the compiler's warning, and does nothing. */
void __warn_flushing_systemwide_wq(void)
{
}
