// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters, as sysfs and a module's command line write them. */
#include <linux/moduleparam.h>

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "kernel/stub.h"

#define OWNER_WRITES 0200

static __machine struct mutex lock;

/* The first letter says it, but for "on" and "off", which need the second one. */
int kstrtobool(const char *text, bool *value)
{
	char c = text ? text[0] : 0;

	if (c == 'o' || c == 'O')
		c = text[1] == 'n' || text[1] == 'N' ? 'y' : text[1] == 'f' || text[1] == 'F' ? 'n' : 0;
	if (c == 'y' || c == 'Y' || c == 't' || c == 'T' || c == '1')
		*value = true;
	else if (c == 'n' || c == 'N' || c == 'f' || c == 'F' || c == '0')
		*value = false;
	else
		return -EINVAL;
	return 0;
}

/* A plain write: the variable may be read at any time, without a lock. */
int param_set_bool(const char *text, const struct kernel_param *param)
{
	return kstrtobool(text, param->arg);
}

int stub_param_write(const struct kernel_param *param, const char *text)
{
	int ret;

	if (!stub_module_is_loaded(param->mod))
		return -ENOENT;
	if (!(param->perm & OWNER_WRITES))
		return -EACCES;
	mutex_lock(&lock);
	ret = param_set_bool(text, param);
	mutex_unlock(&lock);
	return ret;
}
