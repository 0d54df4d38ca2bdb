// SPDX-License-Identifier: GPL-2.0-only
/* Ops of programs with interrupts. */
#include <linux/interrupt.h>

#include "kernel/stub.h"
#include "lab/due.h"
#include "lab/op.h"

/* An interrupt of the line, 0 to 255, is delivered; -> 1 if a handler was called */
LAB_OP(irq, u8 line)
{
	return stub_irq_deliver(line);
}

/* The first tasklet that is scheduled, and not disabled, runs; -> 1 if there was one */
LAB_OP(tasklet)
{
	return stub_tasklet();
}

LAB_DUE(tasklet, LAB_TASKLET, stub_tasklet_is_due);
