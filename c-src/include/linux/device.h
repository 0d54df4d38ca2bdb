/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/dev_printk.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/refcount.h>

struct device;
struct device_driver;
struct module;

struct bus_type {
	const char *name;
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	const struct dev_pm_ops *pm;
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
	const struct dev_pm_ops *pm;
};

struct device {
	refcount_t refcount;
	struct device *next;		/* all that there are */
	const char *init_name;
	const struct bus_type *bus;
	struct device_driver *driver;
	void *driver_data;
	struct mutex mutex;			/* device_lock */
	struct dev_pm_info power;
	void (*release)(struct device *dev);
};

static inline const char *dev_name(const struct device *dev)
{
	return dev->init_name;
}

void *dev_get_drvdata(const struct device *dev);

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

void device_initialize(struct device *dev);
int device_add(struct device *dev);
struct device *get_device(struct device *dev);
void put_device(struct device *dev);

void device_lock(struct device *dev);
int device_trylock(struct device *dev);
void device_unlock(struct device *dev);

int driver_register(struct device_driver *drv);
void driver_unregister(struct device_driver *drv);
struct device_driver *driver_find(const char *name, const struct bus_type *bus);
int device_driver_attach(struct device_driver *drv, struct device *dev);
void device_release_driver(struct device *dev);

#endif
