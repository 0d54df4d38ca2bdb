/* SPDX-License-Identifier: GPL-2.0-only */
/* What the compiler cannot do for WebAssembly. The kernel's headers include this one before all others. */
#ifndef _ASM_COMPILER_H
#define _ASM_COMPILER_H

/*
 * Exported symbols would be listed by assembler that only ELF has. All units are linked into one module, where a symbol
 * needs no list to be found.
 */
#define __DISABLE_EXPORTS

/* Code has no addresses. */
#define __builtin_return_address(level) ((void *)0)

#endif
