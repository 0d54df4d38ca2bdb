/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules. A file names the module it belongs to as the kernel's build does, by KBUILD_MODNAME. */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/atomic.h>
#include <linux/types.h>

struct module {
	const char *name;
	u32 start, bytes;		/* its variables, as the program is linked; filled in from outside */
	atomic_t refs;			/* 1 while it is loaded, and one each user */
	u32 text;			/* its code is there: from before the first reference to after the last */
};

/* Every module has one, so that this is what defines it. */
#define MODULE_LICENSE(text) struct module __STUB_MODULE_SYMBOL(module_, KBUILD_MODNAME) = { .name = text }

/* What modinfo prints, and what udev loads modules by. */
#define __STUB_MODULE_NOTHING(name) struct module_##name
#define MODULE_AUTHOR(text) __STUB_MODULE_NOTHING(author)
#define MODULE_DESCRIPTION(text) __STUB_MODULE_NOTHING(description)
#define MODULE_VERSION(text) __STUB_MODULE_NOTHING(version)
#define MODULE_ALIAS(text) __STUB_MODULE_NOTHING(alias)
#define MODULE_SOFTDEP(text) __STUB_MODULE_NOTHING(softdep)
#define MODULE_FIRMWARE(text) __STUB_MODULE_NOTHING(firmware)
#define MODULE_IMPORT_NS(space) __STUB_MODULE_NOTHING(import_ns)
#define MODULE_DEVICE_TABLE(type, table) __STUB_MODULE_NOTHING(device_table)

#define module_init(fn) __stub_initcall(fn)
#define module_exit(fn) void fn##_module(void) { fn(); }

/* Neither works on a module that is about to go. */
bool try_module_get(struct module *module);
void module_put(struct module *module);

#endif
