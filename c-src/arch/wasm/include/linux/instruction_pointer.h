/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's header takes a label's address, and WebAssembly's code has no addresses. */
#ifndef _STUB_LINUX_INSTRUCTION_POINTER_H
#define _STUB_LINUX_INSTRUCTION_POINTER_H

#include_next <linux/instruction_pointer.h>

#undef _THIS_IP_
#define _THIS_IP_ 0ul

#endif
