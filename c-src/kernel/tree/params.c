// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters of further types. */
#include <linux/moduleparam.h>

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

extern struct stub_fault stub_fault_kmalloc;

/* Who sets a parameter sees to it that there is a text, unless its kind may be without one. */
int param_set_copystring(const char *text, const struct kernel_param *param)
{
	if (strlen(text) + 1 > param->str->maxlen)
		return -ENOSPC;
	memcpy(param->str->string, text, strlen(text) + 1);
	return 0;
}

const struct kernel_param_ops param_ops_string = { .set = param_set_copystring };

#define LONGEST 1024

/*
 * The copy is kept for good: who reads the old one meanwhile still finds it, and none is left behind when a module goes, which
 * would have freed it.
 */
int param_set_charp(const char *text, const struct kernel_param *param)
{
	size_t length = strnlen(text, LONGEST + 1);
	char *own;

	if (length > LONGEST)
		return -ENOSPC;
	stub_might_sleep(NULL);
	own = stub_should_fail(kmalloc) ? NULL : stub_keep((u32)length + 1);
	if (!own)
		return -ENOMEM;
	memcpy(own, text, length);
	*(char **)param->arg = own;
	return 0;
}

const struct kernel_param_ops param_ops_charp = { .set = param_set_charp };

int param_set_byte(const char *text, const struct kernel_param *param)
{
	return kstrtou8(text, 0, param->arg);
}

const struct kernel_param_ops param_ops_byte = { .set = param_set_byte };

int param_set_ullong(const char *text, const struct kernel_param *param)
{
	return kstrtoull(text, 0, param->arg);
}

const struct kernel_param_ops param_ops_ullong = { .set = param_set_ullong };

int param_set_invbool(const char *text, const struct kernel_param *param)
{
	bool value;
	int ret = kstrtobool(text ? text : "1", &value);

	if (!ret)
		*(bool *)param->arg = !value;
	return ret;
}

const struct kernel_param_ops param_ops_invbool = { .set = param_set_invbool };

/* May be switched on, and not off again. */
int param_set_bool_enable_only(const char *text, const struct kernel_param *param)
{
	bool *is_on = param->arg, value;
	int ret = kstrtobool(text ? text : "1", &value);

	if (ret)
		return ret;
	if (!value && *is_on)
		return -EROFS;
	*is_on = value;
	return 0;
}

const struct kernel_param_ops param_ops_bool_enable_only = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG, .set = param_set_bool_enable_only,
};
