/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters: switches, given when a module is loaded or written in sysfs. */
#ifndef _LINUX_MODULEPARAM_H
#define _LINUX_MODULEPARAM_H

#include <linux/export.h>
#include <linux/types.h>

struct kernel_param {
	const char *name;
	struct module *mod;
	u16 perm;
	bool *arg;			/* the variable */
};

#define __STUB_PARAM_SYMBOL(modname, name) __STUB_MODULE_SYMBOL(modname, _param_##name)

#define module_param(name, type, mode)						\
	const struct kernel_param __STUB_PARAM_SYMBOL(KBUILD_MODNAME, name) = {	\
		#name, THIS_MODULE, (mode), (type *)&(name)			\
	}

#define MODULE_PARM_DESC(name, text) struct module_param_##name

int kstrtobool(const char *text, bool *value);
int param_set_bool(const char *text, const struct kernel_param *param);

#endif
