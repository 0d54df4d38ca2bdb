/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/types.h>

/* A module's entry under a name of its own, since all modules end up in one program. */
#define module_init(fn) int fn##_module(void) { return fn(); }
#define module_exit(fn) void fn##_module(void) { fn(); }

#endif
