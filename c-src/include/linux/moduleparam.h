/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters: switches, given when a module is loaded or written in sysfs. */
#ifndef _LINUX_MODULEPARAM_H
#define _LINUX_MODULEPARAM_H

#include <linux/export.h>
#include <linux/kstrtox.h>
#include <linux/types.h>

struct kernel_param;

/* How one of a type is written; with the flag, its name alone says that it is on. */
struct kernel_param_ops {
	unsigned int flags;
	int (*set)(const char *text, const struct kernel_param *param);
};

#define KERNEL_PARAM_OPS_FL_NOARG 1

struct kernel_param {
	const char *name;
	struct module *mod;
	const struct kernel_param_ops *ops;
	const u16 perm;
	s8 level;
	u8 flags;
	void *arg;			/* the variable */
};

#define __STUB_PARAM_SYMBOL(modname, name) __STUB_MODULE_SYMBOL(modname, _param_##name)

#define module_param(name, type, mode)						\
	const struct kernel_param __STUB_PARAM_SYMBOL(KBUILD_MODNAME, name) = {	\
		#name, THIS_MODULE, &param_ops_##type, (mode), -1, 0,		\
		1 ? &(name) : (type *)0						\
	}

#define MODULE_PARM_DESC(name, text) struct module_param_##name

extern const struct kernel_param_ops param_ops_bool, param_ops_short, param_ops_ushort, param_ops_int, param_ops_uint,
	param_ops_long, param_ops_ulong;

int param_set_bool(const char *text, const struct kernel_param *param);
int param_set_short(const char *text, const struct kernel_param *param);
int param_set_ushort(const char *text, const struct kernel_param *param);
int param_set_int(const char *text, const struct kernel_param *param);
int param_set_uint(const char *text, const struct kernel_param *param);
int param_set_long(const char *text, const struct kernel_param *param);
int param_set_ulong(const char *text, const struct kernel_param *param);

#endif
