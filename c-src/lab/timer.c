// SPDX-License-Identifier: GPL-2.0-only
/* An op of programs with timers. */
#include <linux/timer.h>

#include "kernel/stub.h"
#include "lab/due.h"
#include "lab/op.h"

/* The earliest timer that is pending fires; -> 1 if there was one */
LAB_OP(timer)
{
	return stub_timer_fire();
}

LAB_DUE(timer, LAB_TIMER, stub_timer_is_due);
