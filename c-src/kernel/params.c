// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters, as sysfs and a module's command line write them. */
#include <linux/moduleparam.h>

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "kernel/stub.h"

#define OWNER_WRITES 0200

static __machine struct mutex lock;

/* A plain write: the variable may be read at any time, without a lock. Of a switch, its name alone says that it is on. */
int param_set_bool(const char *text, const struct kernel_param *param)
{
	return kstrtobool(text ? text : "1", param->arg);
}

const struct kernel_param_ops param_ops_bool = { .flags = KERNEL_PARAM_OPS_FL_NOARG, .set = param_set_bool };

#define DEFINE_NUMBER(name, type, parse)						\
	int param_set_##name(const char *text, const struct kernel_param *param)	\
	{										\
		return text ? parse(text, 0, (type *)param->arg) : -EINVAL;		\
	}										\
	const struct kernel_param_ops param_ops_##name = { .set = param_set_##name }

DEFINE_NUMBER(short, short, kstrtos16);
DEFINE_NUMBER(ushort, unsigned short, kstrtou16);
DEFINE_NUMBER(int, int, kstrtoint);
DEFINE_NUMBER(uint, unsigned int, kstrtouint);
DEFINE_NUMBER(long, long, kstrtol);
DEFINE_NUMBER(ulong, unsigned long, kstrtoul);

int stub_param_write(const struct kernel_param *param, const char *text)
{
	int ret;

	if (!stub_module_is_loaded(param->mod))
		return -ENOENT;
	if (!(param->perm & OWNER_WRITES))
		return -EACCES;
	mutex_lock(&lock);
	ret = param->ops->set(text, param);
	mutex_unlock(&lock);
	return ret;
}
