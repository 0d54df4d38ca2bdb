/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UAPI_ASM_PTRACE_H
#define _UAPI_ASM_PTRACE_H

/* WebAssembly has none that code could see. */
struct pt_regs {
	unsigned long pc;
	unsigned long sp;
};

#endif
