// SPDX-License-Identifier: GPL-2.0-only
/* Ops that any subject's scenarios can use. */
#include "kernel/fault.h"
#include "lab/op.h"

/* A variable of the machine that runs, by its address in the program as it is linked. */
static void *own(u32 linked)
{
	return (void *)(uintptr_t)(linked + current_task->arena->base);
}

/* The @nth call from now on of the function that a fault belongs to fails; 0: none does any more. Its calls are counted from now on. */
LAB_OP(fault, u32 fault, u32 nth)
{
	stub_fail_nth(own(fault), nth);
	return 0;
}

/* -> calls since then */
LAB_OP(fault_calls, u32 fault)
{
	return stub_fault_calls(own(fault));
}

/*
 * What these ask for is there where something in the program asks for it, too. (Undefined symbols would do, but for linkers
 * that keep relocations.)
 */
#define ABSENT __attribute__((weak))

ABSENT bool stub_work(void)
{
	return false;
}

ABSENT bool stub_timer_fire(void)
{
	return false;
}

ABSENT bool stub_tasklet(void)
{
	return false;
}

ABSENT bool stub_irq_deliver(unsigned int irq)
{
	(void)irq;
	return false;
}

/* A worker takes an item from a queue; -> 1 if there was one */
LAB_OP(work)
{
	return stub_work();
}

/* The earliest timer that is pending fires; -> 1 if there was one */
LAB_OP(timer)
{
	return stub_timer_fire();
}

/* The first tasklet that is scheduled, and not disabled, runs; -> 1 if there was one */
LAB_OP(tasklet)
{
	return stub_tasklet();
}

/* An interrupt of the line is delivered; -> 1 if a handler was called */
LAB_OP(irq, u32 line)
{
	return stub_irq_deliver(line);
}

/* -> what was allocated and never freed */
LAB_OP(leaks)
{
	return stub_check_leaks();
}
