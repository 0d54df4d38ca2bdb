// SPDX-License-Identifier: GPL-2.0-only
/* Devices' names, and what a user would have them driven by. */
#include <linux/device.h>

#include <linux/errno.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>

#include "kernel/stub.h"

static int set_name(struct kobject *kobj, const char *format, va_list args)
{
	const char *before = kobj->name;

	kobj->name = kvasprintf(GFP_KERNEL, format, args);
	if (!kobj->name) {
		kobj->name = before;
		return -ENOMEM;
	}
	kfree(before);
	/* A slash would be a folder of sysfs. */
	for (char *at = (char *)kobj->name; *at; at++)
		if (*at == '/')
			*at = '!';
	return 0;
}

int dev_set_name(struct device *dev, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = set_name(&dev->kobj, format, args);
	va_end(args);
	return ret;
}

/* What was given no name has the one that its maker's code has for it, where the kobject does not show. */
static const char *name_of(const struct kobject *kobj)
{
	return kobj->name ? kobj->name : "";
}

/* Behind each other from the top, with a slash in front of each. */
char *kobject_get_path(const struct kobject *kobj, gfp_t gfp)
{
	size_t length = 1;
	char *path, *at;

	for (const struct kobject *up = kobj; up; up = up->parent)
		length += strlen(name_of(up)) + 1;
	path = kzalloc(length, gfp);
	at = path ? path + length - 1 : NULL;
	for (; at && kobj; kobj = kobj->parent) {
		size_t part = strlen(name_of(kobj));

		at -= part;
		memcpy(at, name_of(kobj), part);
		*--at = '/';
	}
	return path;
}

/* A write to sysfs: as long as a page at most, up to the end of its line; an empty one says that any driver may. */
static int parse(const char *text, size_t length, char **name)
{
	const char *end;

	*name = NULL;
	if (!text || length >= PAGE_SIZE - 1)
		return -EINVAL;
	end = memchr(text, '\n', length);
	if (end)
		length = (size_t)(end - text);
	if (!length)
		return 0;
	*name = kstrndup(text, length, GFP_KERNEL);
	return *name ? 0 : -ENOMEM;
}

/* Since 6.12 a device has the name itself; before 7.0, a bus could as well. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
int __device_set_driver_override(struct device *dev, const char *s, size_t len)
{
	const char *before;
	char *name;
	int ret = parse(s, len, &name);

	if (ret)
		return ret;
	spin_lock(&dev->driver_override.lock);
	before = dev->driver_override.name;
	dev->driver_override.name = name;
	spin_unlock(&dev->driver_override.lock);
	kfree(before);
	return 0;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
int driver_set_override(struct device *dev, const char **override, const char *s, size_t len)
{
	const char *before;
	char *name;
	int ret = parse(s, len, &name);

	if (ret)
		return ret;
	device_lock(dev);
	before = *override;
	*override = name;
	device_unlock(dev);
	kfree(before);
	return 0;
}
#endif
