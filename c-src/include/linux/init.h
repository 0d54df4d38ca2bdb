/* SPDX-License-Identifier: GPL-2.0-only */
/* __init and __exit are marks for readers. */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#include <linux/compiler.h>

/* A module's entry under a name of its own, since all modules end up in one program. */
#define __stub_initcall(fn) int fn##_module(void) { return fn(); }

#define core_initcall(fn) __stub_initcall(fn)
#define postcore_initcall(fn) __stub_initcall(fn)
#define arch_initcall(fn) __stub_initcall(fn)
#define subsys_initcall(fn) __stub_initcall(fn)
#define fs_initcall(fn) __stub_initcall(fn)
#define device_initcall(fn) __stub_initcall(fn)
#define late_initcall(fn) __stub_initcall(fn)

#endif
