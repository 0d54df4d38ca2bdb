/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_PROCESSOR_H
#define _ASM_PROCESSOR_H

#include <linux/compiler.h>

#include <asm/page.h>
#include <asm/ptrace.h>

struct task_struct;

struct thread_struct {
};

#define INIT_THREAD { }

/* In a loop that waits by looking again. */
static inline void cpu_relax(void)
{
	barrier();
}

#define TASK_SIZE 0xfffff000ul
#define TASK_UNMAPPED_BASE PAGE_SIZE
#define STACK_TOP TASK_SIZE
#define STACK_TOP_MAX STACK_TOP

unsigned long __get_wchan(struct task_struct *task);

#define task_pt_regs(task) ((struct pt_regs *)(task_stack_page(task) + THREAD_SIZE) - 1)
#define KSTK_EIP(task) 0ul
#define KSTK_ESP(task) 0ul

#endif
