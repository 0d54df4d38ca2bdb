// SPDX-License-Identifier: GPL-2.0-only
/* The driver core: devices and their locks, drivers, and the bringing together of both. */
#include <linux/device.h>

#include <linux/errno.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(driver_register);

#define DRIVERS 4
#define LOCKED 1u

/* As many as most machines have, and where there are more of them. */
struct drivers {
	struct device_driver *driver[DRIVERS];	/* registered; NULL: room for one */
	struct drivers *next;
};

/* What a machine has of both. */
static __machine struct registry {
	u32 lock;				/* word: of the drivers */
	struct drivers drivers;
	struct device *devices;
} registry;

void device_initialize(struct device *dev)
{
	refcount_set(&dev->refcount, 1);
	mutex_init(&dev->mutex);
	pm_runtime_init(dev);
}

struct device *stub_devices(void)
{
	return registry.devices;
}

/* Nothing is ever taken out: what is plugged in stays. */
int device_add(struct device *dev)
{
	dev->next = registry.devices;
	registry.devices = dev;
	return 0;
}

/* A caller that gets none and uses it all the same would read the first page of memory. */
void *dev_get_drvdata(const struct device *dev)
{
	if (__builtin_expect(!dev->driver_data, 0))
		current_task->without_drvdata = dev;
	return dev->driver_data;
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

static void unbind(struct device *dev)
{
	dev->driver = NULL;
	dev_set_drvdata(dev, NULL);
}

/* @drv: only if it is this one; NULL: whichever it is. */
static void release_driver(struct device *dev, const struct device_driver *drv)
{
	device_lock(dev);
	if (dev->driver && (!drv || dev->driver == drv)) {
		dev->bus->remove(dev);
		unbind(dev);
	}
	device_unlock(dev);
}

/* Whoever leaves waits for those who look: what a driver is called goes with its module. */
static void lock_registry(void)
{
	stub_acquire(&registry.lock, LOCKED, LOCKED);
}

static void unlock_registry(void)
{
	stub_release(&registry.lock, LOCKED);
}

#define for_each_place(at, drivers)							\
	for (struct drivers *drivers = &registry.drivers; drivers; drivers = drivers->next)	\
		for (struct device_driver **at = drivers->driver; at < &drivers->driver[DRIVERS]; at++)

static struct device_driver *find(const char *name, const struct bus_type *bus)
{
	for_each_place(at, drivers)
		if (*at && (*at)->bus == bus && !strcmp((*at)->name, name))
			return *at;
	return NULL;
}

/* Where that one is; NULL: where there is room for one. */
static struct device_driver **place_of(const struct device_driver *drv)
{
	for_each_place(at, drivers)
		if (*at == drv)
			return at;
	return NULL;
}

static struct device_driver **more_room(void)
{
	struct drivers *more = stub_keep(sizeof(*more));

	if (!more)
		return NULL;
	more->next = registry.drivers.next;
	registry.drivers.next = more;
	return more->driver;
}

struct device_driver *driver_find(const char *name, const struct bus_type *bus)
{
	struct device_driver *drv;

	lock_registry();
	drv = find(name, bus);
	unlock_registry();
	return drv;
}

static int add(struct device_driver *drv)
{
	struct device_driver **place;

	if (find(drv->name, drv->bus))
		return -EBUSY;
	if (stub_should_fail(driver_register))
		return -ENOMEM;
	place = place_of(NULL);
	if (!place)
		place = more_room();
	if (!place)
		return -ENOMEM;
	*place = drv;
	return 0;
}

int driver_register(struct device_driver *drv)
{
	int ret;

	lock_registry();
	ret = add(drv);
	unlock_registry();
	return ret;
}

/* A driver takes leave of its devices before it goes. */
void driver_unregister(struct device_driver *drv)
{
	struct device_driver **place;

	lock_registry();
	place = place_of(drv);
	if (place)
		*place = NULL;
	unlock_registry();
	for (struct device *dev = registry.devices; dev; dev = dev->next)
		release_driver(dev, drv);
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
	release_driver(dev, NULL);
}
