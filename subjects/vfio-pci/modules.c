// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading modules, writing their parameters, and binding devices to their drivers. */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/vfio_pci_core.h>

#include "lab/op.h"
#include "slots.h"

/* What the modules' sources define. */
extern struct module module_vfio_pci_core, module_vfio_pci, module_variant_vfio_pci, module_mlx5_vfio_pci;
int vfio_pci_init_module(void);
void vfio_pci_cleanup_module(void);
int variant_init_module(void);
void variant_exit_module(void);
int mlx5vf_init_module(void);
void mlx5vf_exit_module(void);

extern const struct kernel_param vfio_pci_param_nointxmask, vfio_pci_param_disable_idle_d3,
	vfio_pci_param_enable_sriov, vfio_pci_param_disable_denylist;
#ifdef CONFIG_VFIO_PCI_VGA
extern const struct kernel_param vfio_pci_param_disable_vga;
#endif

static const struct kernel_param *const params[SLOT_PARAMS] = {
	[SLOT_NOINTXMASK] = &vfio_pci_param_nointxmask,
#ifdef CONFIG_VFIO_PCI_VGA
	[SLOT_DISABLE_VGA] = &vfio_pci_param_disable_vga,
#endif
	[SLOT_DISABLE_IDLE_D3] = &vfio_pci_param_disable_idle_d3,
	[SLOT_ENABLE_SRIOV] = &vfio_pci_param_enable_sriov,
	[SLOT_DISABLE_DENYLIST] = &vfio_pci_param_disable_denylist,
};

static const struct driver_module {
	struct module *module;
	const char *driver;
	int (*init)(void);
	void (*exit)(void);
} modules[SLOT_MODULES] = {
	[SLOT_VFIO_PCI] = {
		&module_vfio_pci, "vfio-pci", vfio_pci_init_module, vfio_pci_cleanup_module,
	},
	[SLOT_VARIANT] = {
		&module_variant_vfio_pci, "variant-vfio-pci", variant_init_module,
		variant_exit_module,
	},
	[SLOT_MLX5] = {
		&module_mlx5_vfio_pci, "mlx5-vfio-pci", mlx5vf_init_module, mlx5vf_exit_module,
	},
};

static const struct driver_module *module_of(enum slot_module which)
{
	return which < SLOT_MODULES ? &modules[which] : NULL;
}

/* modprobe runs one at a time. */
static struct mutex module_mutex;

struct module *core_module(void)
{
	return &module_vfio_pci_core;
}

/* The drivers' modules need the core, which comes with the first of them and goes with the last. */
static void need_core(void)
{
	if (!stub_module_is_loaded(&module_vfio_pci_core))
		stub_module_insert(&module_vfio_pci_core);
	try_module_get(&module_vfio_pci_core);
}

static void need_core_no_more(void)
{
	module_put(&module_vfio_pci_core);
	if (!stub_module_stop(&module_vfio_pci_core))
		stub_module_remove(&module_vfio_pci_core);
}

static int load(const struct driver_module *which, u32 switched_on)
{
	int ret;

	need_core();
	stub_module_insert(which->module);
	for (u32 i = 0; i < SLOT_PARAMS; i++)
		if (switched_on >> i & 1 && params[i] && params[i]->mod == which->module)
			param_set_bool("Y", params[i]);

	ret = which->init();
	if (ret) {
		stub_module_stop(which->module);
		stub_module_remove(which->module);
		need_core_no_more();
	}
	return ret;
}

/* As modprobe: what is loaded already is well. @parameters: switched on, a bit each. */
LAB_OP(load, enum slot_module module, u32 parameters)
{
	const struct driver_module *which = module_of(module);
	int ret = 0;

	if (!which)
		return -ENOENT;
	mutex_lock(&module_mutex);
	if (!stub_module_is_loaded(which->module))
		ret = load(which, parameters);
	mutex_unlock(&module_mutex);
	return ret;
}

static void unload(const struct driver_module *which)
{
	for (u32 i = 0; i < SLOTS; i++)
		if (slots[i].vdev && slots[i].pdev->dev.driver->owner == which->module)
			slots[i].vdev = NULL;
	which->exit();
	stub_module_remove(which->module);
	need_core_no_more();
}

/* Its devices are unbound. A device that a user has open keeps its driver's module. */
LAB_OP(unload, enum slot_module module)
{
	const struct driver_module *which = module_of(module);
	int ret;

	if (!which)
		return -ENOENT;
	mutex_lock(&module_mutex);
	ret = stub_module_stop(which->module);
	if (!ret)
		unload(which);
	mutex_unlock(&module_mutex);
	return ret;
}

static u32 report_loaded(struct module *module, const char *name)
{
	if (!stub_module_is_loaded(module))
		return 0;
	stub_violation(STUB_UNBALANCED_MODULE, name);
	return 1;
}

u32 check_modules(void)
{
	u32 loaded = report_loaded(&module_vfio_pci_core, "vfio-pci-core");

	for (u32 i = 0; i < SLOT_MODULES; i++)
		loaded += report_loaded(modules[i].module, modules[i].driver);
	return loaded;
}

/* @text: up to four characters, written to sysfs. */
LAB_OP(param_write, enum slot_param parameter, u32 text)
{
	char written[sizeof(text) + 1] = { 0 };

	__builtin_memcpy(written, &text, sizeof(text));
	if (parameter >= SLOT_PARAMS || !params[parameter])
		return -ENOENT;
	return stub_param_write(params[parameter], written);
}

/* To that module's driver. */
LAB_OP(bind, u32 device, enum slot_module module)
{
	const struct driver_module *which = module_of(module);
	struct slot *slot = slot_of(device);
	struct device_driver *drv;
	int ret;

	if (!slot)
		return -ENODEV;
	if (!which)
		return -ENOENT;
	/* The driver must not go while it is being bound. */
	drv = driver_find(which->driver, &pci_bus_type);
	if (!drv || !try_module_get(drv->owner))
		return -ENOENT;
	ret = device_driver_attach(drv, &slot->pdev->dev);
	if (!ret)
		slot->vdev = dev_get_drvdata(&slot->pdev->dev);
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
	slot->vdev = NULL;
	device_release_driver(&slot->pdev->dev);
	return 0;
}
