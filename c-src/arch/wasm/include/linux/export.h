/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's header lists exported symbols by assembler that only ELF has. All units are linked into one module, where a
 * symbol needs no list to be found.
 */
#define __DISABLE_EXPORTS
#include_next <linux/export.h>
#undef __DISABLE_EXPORTS
