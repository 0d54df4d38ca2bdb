// SPDX-License-Identifier: GPL-2.0-only
/* An op of programs with work. */
#include <linux/workqueue.h>

#include "kernel/stub.h"
#include "lab/due.h"
#include "lab/op.h"

/* A worker takes an item from a queue; -> 1 if there was one */
LAB_OP(work)
{
	return stub_work();
}

LAB_DUE(work, LAB_WORK, stub_work_is_due);
