/* SPDX-License-Identifier: GPL-2.0-only */
/* What modules and programs are said to be, which none here is. */
#ifndef _ASM_ELF_H
#define _ASM_ELF_H

#include <linux/types.h>

#define ELF_CLASS ELFCLASS32
#define ELF_DATA ELFDATA2LSB
#define ELF_ARCH EM_NONE

typedef unsigned long elf_greg_t;
typedef elf_greg_t elf_gregset_t[2];
typedef unsigned long elf_fpregset_t;

#endif
