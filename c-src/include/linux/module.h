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

#define MODULE_PASTE(a, b) a##b
#define MODULE_SYMBOL(prefix, name) MODULE_PASTE(prefix, name)

#ifdef KBUILD_MODNAME
extern struct module MODULE_SYMBOL(module_, KBUILD_MODNAME);
#endif
#define THIS_MODULE (&MODULE_SYMBOL(module_, KBUILD_MODNAME))

/* Every module has one, so that this is what defines it. */
#define MODULE_LICENSE(text) struct module MODULE_SYMBOL(module_, KBUILD_MODNAME) = { .name = text }

/* What modinfo prints, and what udev loads modules by. */
#define MODULE_NOTHING(name) struct module_##name
#define MODULE_AUTHOR(text) MODULE_NOTHING(author)
#define MODULE_DESCRIPTION(text) MODULE_NOTHING(description)
#define MODULE_VERSION(text) MODULE_NOTHING(version)
#define MODULE_ALIAS(text) MODULE_NOTHING(alias)
#define MODULE_SOFTDEP(text) MODULE_NOTHING(softdep)
#define MODULE_FIRMWARE(text) MODULE_NOTHING(firmware)
#define MODULE_IMPORT_NS(space) MODULE_NOTHING(import_ns)
#define MODULE_DEVICE_TABLE(type, table) MODULE_NOTHING(device_table)

/* A module's entry under a name of its own, since all modules end up in one program. */
#define module_init(fn) int fn##_module(void) { return fn(); }
#define module_exit(fn) void fn##_module(void) { fn(); }

/* Neither works on a module that is about to go. */
bool try_module_get(struct module *module);
void module_put(struct module *module);

#endif
