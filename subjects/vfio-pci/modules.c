// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading modules, writing their parameters, and binding devices to their drivers. */
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/vfio_pci_core.h>

#include "lab/lab.h"

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

static const struct kernel_param *const params[LAB_PARAMS] = {
	[LAB_NOINTXMASK] = &vfio_pci_param_nointxmask,
#ifdef CONFIG_VFIO_PCI_VGA
	[LAB_DISABLE_VGA] = &vfio_pci_param_disable_vga,
#endif
	[LAB_DISABLE_IDLE_D3] = &vfio_pci_param_disable_idle_d3,
	[LAB_ENABLE_SRIOV] = &vfio_pci_param_enable_sriov,
	[LAB_DISABLE_DENYLIST] = &vfio_pci_param_disable_denylist,
};

static const struct driver_module {
	struct module *module;
	const char *driver;
	int (*init)(void);
	void (*exit)(void);
} modules[LAB_MODULES] = {
	[LAB_VFIO_PCI] = {
		&module_vfio_pci, "vfio-pci", vfio_pci_init_module, vfio_pci_cleanup_module,
	},
	[LAB_VARIANT] = {
		&module_variant_vfio_pci, "variant-vfio-pci", variant_init_module,
		variant_exit_module,
	},
	[LAB_MLX5] = {
		&module_mlx5_vfio_pci, "mlx5-vfio-pci", mlx5vf_init_module, mlx5vf_exit_module,
	},
};

static const struct driver_module *module_of(enum lab_module which)
{
	return which < LAB_MODULES ? &modules[which] : NULL;
}

/* modprobe runs one at a time. */
static struct mutex *module_mutex(void)
{
	static const char key;

	return stub_static_of(NULL, &key, sizeof(struct mutex));
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
	for (u32 i = 0; i < LAB_PARAMS; i++)
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

/* As modprobe: what is loaded already is well. */
s64 lab_load(struct lab_instance *instance, const struct lab_step *step)
{
	const struct driver_module *which = module_of((enum lab_module)step->arg[0]);
	int ret = 0;

	(void)instance;
	if (!which)
		return -ENOENT;
	mutex_lock(module_mutex());
	if (!stub_module_is_loaded(which->module))
		ret = load(which, step->arg[1]);
	mutex_unlock(module_mutex());
	return ret;
}

static void unload(struct lab_instance *instance, const struct driver_module *which)
{
	for (u32 i = 0; i < LAB_DEVICES; i++) {
		struct lab_device *device = &instance->device[i];

		if (device->vdev && device->pdev->dev.driver->owner == which->module)
			device->vdev = NULL;
	}
	which->exit();
	stub_module_remove(which->module);
	need_core_no_more();
}

/* A device that a user has open keeps its driver's module. */
s64 lab_unload(struct lab_instance *instance, const struct lab_step *step)
{
	const struct driver_module *which = module_of((enum lab_module)step->arg[0]);
	int ret;

	if (!which)
		return -ENOENT;
	mutex_lock(module_mutex());
	ret = stub_module_stop(which->module);
	if (!ret)
		unload(instance, which);
	mutex_unlock(module_mutex());
	return ret;
}

static u32 report_loaded(struct module *module, const char *name)
{
	if (!stub_module_is_loaded(module))
		return 0;
	stub_violation(STUB_UNBALANCED_MODULE, name);
	return 1;
}

u32 lab_check_modules(void)
{
	u32 loaded = report_loaded(&module_vfio_pci_core, "vfio-pci-core");

	for (u32 i = 0; i < LAB_MODULES; i++)
		loaded += report_loaded(modules[i].module, modules[i].driver);
	return loaded;
}

s64 lab_param_write(struct lab_instance *instance, const struct lab_step *step)
{
	enum lab_param which = (enum lab_param)step->arg[0];
	char text[sizeof(step->arg[1]) + 1] = { 0 };

	(void)instance;
	__builtin_memcpy(text, &step->arg[1], sizeof(step->arg[1]));
	if (which >= LAB_PARAMS || !params[which])
		return -ENOENT;
	return stub_param_write(params[which], text);
}

s64 lab_bind(struct lab_instance *instance, const struct lab_step *step)
{
	const struct driver_module *which = module_of((enum lab_module)step->arg[0]);
	struct lab_device *device = lab_device_of(instance, step);
	struct device_driver *drv;
	int ret;

	if (!device)
		return -ENODEV;
	if (!which)
		return -ENOENT;
	/* The driver must not go while it is being bound. */
	drv = driver_find(which->driver, &pci_bus_type);
	if (!drv || !try_module_get(drv->owner))
		return -ENOENT;
	ret = device_driver_attach(drv, &device->pdev->dev);
	if (!ret)
		device->vdev = dev_get_drvdata(&device->pdev->dev);
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
s64 lab_unbind(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device || !device->vdev)
		return -ENODEV;
	if (__atomic_load_n(&device->user->fd, __ATOMIC_SEQ_CST) != LAB_FD_FREE) {
		ask_for(&device->pdev->dev);
		return -EBUSY;
	}
	device->vdev = NULL;
	device_release_driver(&device->pdev->dev);
	return 0;
}
