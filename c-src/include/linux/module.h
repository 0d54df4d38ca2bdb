/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules. A file names the module it belongs to as the kernel's build does, by KBUILD_MODNAME. */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/atomic.h>
#include <linux/stringify.h>
#include <linux/types.h>

enum module_state {
	MODULE_STATE_LIVE,
	MODULE_STATE_COMING,
	MODULE_STATE_GOING,
	MODULE_STATE_UNFORMED,		/* its code is not there: until before the first reference, and from after the last on */
};

enum mod_mem_type { MOD_TEXT, MOD_DATA, MOD_MEM_NUM_TYPES };

struct module_memory {
	void *base;
	unsigned int size;
};

#define MODULE_NAME_LEN 56

struct module {
	enum module_state state;
	char name[MODULE_NAME_LEN];
	/* Its variables, as the program is linked; filled in from outside. */
	struct module_memory mem[MOD_MEM_NUM_TYPES];
	atomic_t refcnt;		/* 1 while it is loaded, and one each user */
};

/* Every module has one, so that this is what defines it. */
#define MODULE_LICENSE(text)								\
	struct module __STUB_MODULE_SYMBOL(module_, KBUILD_MODNAME) = {			\
		.state = MODULE_STATE_UNFORMED, .name = __stringify(KBUILD_MODNAME),	\
	}

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

/* False where it is about to go. */
bool try_module_get(struct module *module);
/* Of one that is referred to already. */
void __module_get(struct module *module);
void module_put(struct module *module);

#endif
