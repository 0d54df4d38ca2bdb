// SPDX-License-Identifier: GPL-2.0-only
/* The driver core: devices, drivers, and the bringing together of both. */
#include <linux/device.h>

#include <linux/errno.h>
#include <linux/notifier.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/compat.h"
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

/* Of a device that has been added. */
struct device_private {
	struct device *next;			/* of those on a bus */
};

/* Of a bus that somebody wants to be told of. */
struct bus {
	const struct bus_type *type;
	struct blocking_notifier_head told;
	struct bus *next;
};

/* What a machine has of all that. */
static __machine struct registry {
	u32 lock;				/* word: of the drivers and the buses */
	struct drivers drivers;
	struct device *devices;			/* those on a bus */
	struct bus *buses;
} registry;

/* Whoever leaves waits for those who look: what a driver is called goes with its module. */
static void lock_registry(void)
{
	stub_acquire(&registry.lock, LOCKED, LOCKED);
}

static void unlock_registry(void)
{
	stub_release(&registry.lock, LOCKED);
}

/* ---- buses ---- */

static struct bus *find_bus(const struct bus_type *type)
{
	struct bus *bus = __atomic_load_n(&registry.buses, __ATOMIC_ACQUIRE);

	while (bus && bus->type != type)
		bus = bus->next;
	return bus;
}

static struct bus *new_bus(const struct bus_type *type)
{
	struct bus *bus = stub_keep(sizeof(*bus));

	if (!bus)
		return NULL;
	bus->type = type;
	BLOCKING_INIT_NOTIFIER_HEAD(&bus->told);
	bus->next = registry.buses;
	__atomic_store_n(&registry.buses, bus, __ATOMIC_RELEASE);
	return bus;
}

int bus_register_notifier(stub_const_bus *type, struct notifier_block *nb)
{
	struct bus *bus;

	lock_registry();
	bus = find_bus(type);
	if (!bus)
		bus = new_bus(type);
	unlock_registry();
	return bus ? blocking_notifier_chain_register(&bus->told, nb) : -ENOMEM;
}

int bus_unregister_notifier(stub_const_bus *type, struct notifier_block *nb)
{
	struct bus *bus = find_bus(type);

	return bus ? blocking_notifier_chain_unregister(&bus->told, nb) : -ENOENT;
}

static void tell(struct device *dev, unsigned long event)
{
	struct bus *bus = dev->bus ? find_bus(dev->bus) : NULL;

	if (bus)
		blocking_notifier_call_chain(&bus->told, event, dev);
}

/* ---- devices ---- */

void device_initialize(struct device *dev)
{
	kref_init(&dev->kobj.kref);
	INIT_LIST_HEAD(&dev->kobj.entry);
	mutex_init(&dev->mutex);
	stub_pm_init(dev);
}

struct device *stub_devices(void)
{
	return registry.devices;
}

struct device *stub_next_device(const struct device *dev)
{
	return dev->p->next;
}

/* Who leaves a bus is looked for by none that walks along it meanwhile: devices there come and go with their slots. */
static void link_device(struct device *dev)
{
	dev->p->next = registry.devices;
	registry.devices = dev;
}

static void unlink_device(struct device *dev)
{
	for (struct device **at = &registry.devices; *at; at = &(*at)->p->next)
		if (*at == dev) {
			*at = dev->p->next;
			return;
		}
}

int device_add(struct device *dev)
{
	if (!dev->p)
		dev->p = kzalloc(sizeof(*dev->p), GFP_KERNEL);
	if (!dev->p)
		return -ENOMEM;
	get_device(dev);
	if (dev->bus)
		link_device(dev);
	tell(dev, BUS_NOTIFY_ADD_DEVICE);
	return 0;
}

void device_del(struct device *dev)
{
	tell(dev, BUS_NOTIFY_DEL_DEVICE);
	device_release_driver(dev);
	unlink_device(dev);
	tell(dev, BUS_NOTIFY_REMOVED_DEVICE);
	put_device(dev);
}

int device_register(struct device *dev)
{
	device_initialize(dev);
	return device_add(dev);
}

void device_unregister(struct device *dev)
{
	device_del(dev);
	put_device(dev);
}

struct device *get_device(struct device *dev)
{
	if (dev)
		kref_get(&dev->kobj.kref);
	return dev;
}

/* The device's own function, or else its kind's. */
static void (*release_of(const struct device *dev))(struct device *dev)
{
	if (dev->release)
		return dev->release;
	if (dev->type && dev->type->release)
		return dev->type->release;
	return dev->class ? dev->class->dev_release : NULL;
}

/* It may be gone when that has been called. */
static void release(struct kref *kref)
{
	struct device *dev = container_of(kref, struct device, kobj.kref);
	const char *name = dev->kobj.name;
	void (*call)(struct device *dev) = release_of(dev);
	struct device_private *p = dev->p;

	if (call)
		call(dev);
	kfree(p);
	kfree(name);
}

void put_device(struct device *dev)
{
	if (dev)
		kref_put(&dev->kobj.kref, release);
}

/* A caller that gets none and uses it all the same would read the first page of memory. */
void __stub_without_drvdata(const struct device *dev)
{
	current_task->without_drvdata = dev;
}

/* ---- devices and their drivers ---- */

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
		tell(dev, BUS_NOTIFY_UNBIND_DRIVER);
		dev->bus->remove(dev);
		unbind(dev);
		tell(dev, BUS_NOTIFY_UNBOUND_DRIVER);
	}
	device_unlock(dev);
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

struct device_driver *driver_find(const char *name, stub_const_bus *bus)
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
	for (struct device *dev = registry.devices; dev; dev = stub_next_device(dev))
		release_driver(dev, drv);
}

int device_driver_attach(stub_const_driver *drv, struct device *dev)
{
	int ret = -EBUSY;

	device_lock(dev);
	if (!dev->driver) {
		dev->driver = (struct device_driver *)drv;
		tell(dev, BUS_NOTIFY_BIND_DRIVER);
		ret = dev->bus->probe(dev);
		if (ret)
			unbind(dev);
		tell(dev, ret ? BUS_NOTIFY_DRIVER_NOT_BOUND : BUS_NOTIFY_BOUND_DRIVER);
	}
	device_unlock(dev);
	return ret;
}

void device_release_driver(struct device *dev)
{
	release_driver(dev, NULL);
}
