/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modules. A file names the module it belongs to as the kernel's build does, by KBUILD_MODNAME. Many
 * machines share one program, and each loads and unloads modules of its own: what is static in a module
 * is reached by this_machine().
 */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/moduleparam.h>
#include <linux/types.h>

struct module {
	const char *name;
};

#define MODULE_PASTE(a, b) a##b
#define MODULE_SYMBOL(prefix, name) MODULE_PASTE(prefix, name)

#ifdef KBUILD_MODNAME
extern struct module MODULE_SYMBOL(module_, KBUILD_MODNAME);
#endif
#define THIS_MODULE (&MODULE_SYMBOL(module_, KBUILD_MODNAME))

/* Every module has one, so that this is what defines it. */
#define MODULE_LICENSE(text) struct module MODULE_SYMBOL(module_, KBUILD_MODNAME) = { text }

/* A module's entry under a name of its own, since all modules end up in one program. */
#define module_init(fn) int fn##_module(void) { return fn(); }
#define module_exit(fn) void fn##_module(void) { fn(); }

/* Neither works on a module that is about to go. */
bool try_module_get(struct module *module);
void module_put(struct module *module);

/* The running machine's copy of a static variable of this module: zero whenever the module is loaded. */
#define this_machine(variable) \
	(*(__typeof__(variable) *)module_static(THIS_MODULE, &(variable), sizeof(variable)))

void *module_static(struct module *module, const void *variable, size_t bytes);

#endif
