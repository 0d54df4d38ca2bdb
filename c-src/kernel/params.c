// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters, as sysfs and a module's command line write them. */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "kernel/stub.h"

#define OWNER_WRITES 0200

/* One of a machine; the kernel's own locks are zero when free too. */
static struct mutex *param_lock(void)
{
	static const struct mutex key;

	return stub_static_of(NULL, &key, sizeof(struct mutex));
}

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
	bool *variable = module_static(param->mod, param->arg, sizeof(*variable));

	return kstrtobool(text, variable);
}

int stub_param_write(const struct kernel_param *param, const char *text)
{
	int ret;

	if (!stub_module_is_loaded(param->mod))
		return -ENOENT;
	if (!(param->perm & OWNER_WRITES))
		return -EACCES;
	mutex_lock(param_lock());
	ret = param_set_bool(text, param);
	mutex_unlock(param_lock());
	return ret;
}
