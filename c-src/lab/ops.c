// SPDX-License-Identifier: GPL-2.0-only
/* Ops that any subject's scenarios can use; those of what only some programs have are in irq.c, timer.c and work.c. */
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

/* -> what was allocated and never freed */
LAB_OP(leaks)
{
	return stub_check_leaks();
}
