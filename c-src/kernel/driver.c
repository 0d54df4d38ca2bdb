// SPDX-License-Identifier: GPL-2.0-only
/* The driver core: devices and their locks, drivers, and the bringing together of both. */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "kernel/stub.h"

/* Changes at module load alone, when nothing else runs. */
static struct device_driver *drivers;

void device_initialize(struct device *dev)
{
	refcount_set(&dev->refcount, 1);
	mutex_init(&dev->mutex);
	pm_runtime_init(dev);
}

struct device *get_device(struct device *dev)
{
	if (dev)
		refcount_inc(&dev->refcount);
	return dev;
}

void put_device(struct device *dev)
{
	if (dev && refcount_dec_and_test(&dev->refcount) && dev->release)
		dev->release(dev);
}

void device_lock(struct device *dev)
{
	mutex_lock(&dev->mutex);
}

int device_trylock(struct device *dev)
{
	return mutex_trylock(&dev->mutex);
}

void device_unlock(struct device *dev)
{
	mutex_unlock(&dev->mutex);
}

struct device_driver *driver_find(const char *name, const struct bus_type *bus)
{
	struct device_driver *drv;

	for (drv = drivers; drv; drv = drv->next)
		if (drv->bus == bus && !strcmp(drv->name, name))
			break;
	return drv;
}

int driver_register(struct device_driver *drv)
{
	if (driver_find(drv->name, drv->bus))
		return -EBUSY;
	drv->next = drivers;
	drivers = drv;
	return 0;
}

void driver_unregister(struct device_driver *drv)
{
	struct device_driver **link = &drivers;

	while (*link && *link != drv)
		link = &(*link)->next;
	if (*link)
		*link = drv->next;
}

static void unbind(struct device *dev)
{
	dev->driver = NULL;
	dev_set_drvdata(dev, NULL);
}

int device_driver_attach(struct device_driver *drv, struct device *dev)
{
	int ret = -EBUSY;

	device_lock(dev);
	if (!dev->driver) {
		dev->driver = drv;
		ret = dev->bus->probe(dev);
		if (ret)
			unbind(dev);
	}
	device_unlock(dev);
	return ret;
}

void device_release_driver(struct device *dev)
{
	device_lock(dev);
	if (dev->driver) {
		dev->bus->remove(dev);
		unbind(dev);
	}
	device_unlock(dev);
}
