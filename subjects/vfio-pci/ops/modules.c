// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading modules, writing their parameters, and binding devices to their drivers. */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/vfio_pci_core.h>

#include "entry.h"
#include "lab/op.h"
#include "slots.h"

/* modprobe runs one at a time. */
static struct mutex module_mutex;

/* ---- what the drivers' modules need: it comes with the first of them, and goes with the last ---- */

static void release(const struct entry_module *needed)
{
	module_put(needed->module);
	if (stub_module_stop(needed->module))
		return;
	if (needed->exit)
		needed->exit();
	stub_module_remove(needed->module);
}

static void release_first(u32 count)
{
	while (count--) {
		struct entry_module needed = entry_needed(count);

		release(&needed);
	}
}

static u32 count_needed(void)
{
	u32 count = 0;

	while (entry_needed(count).module)
		count++;
	return count;
}

static int start(const struct entry_module *which)
{
	int ret = which->init ? which->init() : 0;

	if (ret) {
		stub_module_stop(which->module);
		stub_module_remove(which->module);
	}
	return ret;
}

static int acquire(const struct entry_module *needed)
{
	int ret = 0;

	if (!stub_module_is_loaded(needed->module)) {
		stub_module_insert(needed->module);
		ret = start(needed);
	}
	if (!ret)
		try_module_get(needed->module);
	return ret;
}

static int acquire_needed(void)
{
	struct entry_module needed;

	for (u32 nr = 0; needed = entry_needed(nr), needed.module; nr++) {
		int ret = acquire(&needed);

		if (ret) {
			release_first(nr);
			return ret;
		}
	}
	return 0;
}

/* ---- the drivers' ---- */

static int load(const struct entry_module *which, u32 switched_on)
{
	int ret = acquire_needed();

	if (ret)
		return ret;
	stub_module_insert(which->module);
	for (u32 i = 0; i < SLOT_PARAMS; i++) {
		const struct kernel_param *param = entry_param(i);

		if (switched_on >> i & 1 && param && param->mod == which->module)
			param_set_bool("Y", param);
	}
	ret = start(which);
	if (ret)
		release_first(count_needed());
	return ret;
}

/* As modprobe: what is loaded already is well. @parameters: switched on, a bit each. */
LAB_OP(load, enum slot_module module, u32 parameters)
{
	struct entry_module which = entry_module(module);
	int ret = 0;

	if (!which.module)
		return -ENOENT;
	mutex_lock(&module_mutex);
	if (!stub_module_is_loaded(which.module))
		ret = load(&which, parameters);
	mutex_unlock(&module_mutex);
	return ret;
}

static void unload(const struct entry_module *which)
{
	for (u32 i = 0; i < SLOTS; i++)
		if (slots[i].vdev && slots[i].pdev->dev.driver->owner == which->module) {
			entry_leave(&slots[i]);
			slots[i].vdev = NULL;
		}
	which->exit();
	stub_module_remove(which->module);
	release_first(count_needed());
}

/* Its devices are unbound. A device that a user has open keeps its driver's module. */
LAB_OP(unload, enum slot_module module)
{
	struct entry_module which = entry_module(module);
	int ret;

	if (!which.module)
		return -ENOENT;
	mutex_lock(&module_mutex);
	ret = stub_module_stop(which.module);
	if (!ret)
		unload(&which);
	mutex_unlock(&module_mutex);
	return ret;
}

static u32 report_loaded(const struct module *module)
{
	if (!stub_module_is_loaded((struct module *)(uintptr_t)module))
		return 0;
	stub_violation(STUB_UNBALANCED_MODULE, module->name);
	return 1;
}

u32 check_modules(void)
{
	struct entry_module needed;
	u32 loaded = 0;

	for (u32 nr = 0; needed = entry_needed(nr), needed.module; nr++)
		loaded += report_loaded(needed.module);
	for (u32 i = 0; i < SLOT_MODULES; i++) {
		struct entry_module which = entry_module(i);

		if (which.module)
			loaded += report_loaded(which.module);
	}
	return loaded;
}

/* @text: up to four characters, written to sysfs. */
LAB_OP(param_write, enum slot_param parameter, u32 text)
{
	const struct kernel_param *param = entry_param(parameter);
	char written[sizeof(text) + 1] = { 0 };

	__builtin_memcpy(written, &text, sizeof(text));
	return param ? stub_param_write(param, written) : -ENOENT;
}

/* To that module's driver. */
LAB_OP(bind, u32 device, enum slot_module module)
{
	struct entry_module which = entry_module(module);
	struct slot *slot = slot_of(device);
	struct device_driver *drv;
	int ret;

	if (!slot)
		return -ENODEV;
	if (!which.module)
		return -ENOENT;
	/* The driver must not go while it is being bound. */
	drv = driver_find(which.driver, &pci_bus_type);
	if (!drv || !try_module_get(drv->owner))
		return -ENOENT;
	ret = device_driver_attach(drv, &slot->pdev->dev);
	if (!ret) {
		slot->vdev = dev_get_drvdata(&slot->pdev->dev);
		entry_join(slot);
	}
	module_put(drv->owner);
	return ret;
}

static void ask_for(struct device *dev)
{
	struct vfio_pci_core_device *core;

	device_lock(dev);
	core = dev_get_drvdata(dev);
	if (core && core->vdev.ops->request)
		core->vdev.ops->request(&core->vdev, 0);
	device_unlock(dev);
}

/*
 * The kernel asks a user to close the device and waits until that has happened; a step that never ends
 * helps nobody, and so this one only asks.
 */
LAB_OP(unbind, u32 device)
{
	struct slot *slot = slot_of(device);

	if (!slot || !slot->vdev)
		return -ENODEV;
	if (__atomic_load_n(&slot->user->fd, __ATOMIC_SEQ_CST) != SLOT_FD_FREE) {
		ask_for(&slot->pdev->dev);
		return -EBUSY;
	}
	entry_leave(slot);
	slot->vdev = NULL;
	device_release_driver(&slot->pdev->dev);
	return 0;
}
