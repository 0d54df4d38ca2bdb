/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's loader finds parameters in a section. Here each goes by a name of its own, stub_param_MODULE_NAME, and lies with
 * the module's variables, as it points to one.
 */
#ifndef _STUB_LINUX_MODULEPARAM_H
#define _STUB_LINUX_MODULEPARAM_H

#include_next <linux/moduleparam.h>

#define __STUB_PARAM_PASTE(module, name) stub_param_##module##_##name
#define __STUB_PARAM_SYMBOL(module, name) __STUB_PARAM_PASTE(module, name)

#undef __module_param_call
#define __module_param_call(prefix, param, operations, variable, mode, at, with)		\
	extern const struct kernel_param __STUB_PARAM_SYMBOL(STUB_MODNAME, param);		\
	const struct kernel_param __STUB_PARAM_SYMBOL(STUB_MODNAME, param) = {			\
		.name = #param, .mod = THIS_MODULE, .ops = (operations),			\
		.perm = VERIFY_OCTAL_PERMISSIONS(mode), .level = (at), .flags = (with),		\
		{ variable },									\
	}

#endif
