// SPDX-License-Identifier: GPL-2.0-only
/* The PCI core: binding and enabling. */
#include <linux/pci.h>

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "kernel/fault.h"
#include "kernel/pci.h"
#include "kernel/stub.h"

STUB_FAULT(pci_enable_device);

struct dynid {
	struct list_head node;
	struct pci_device_id id;
};

static int probe(struct device *dev)
{
	struct pci_driver *drv = to_pci_driver(dev->driver);
	struct pci_dev *pdev = to_pci_dev(dev);
	int ret;

	/* Unbound devices do not suspend; a driver that wants runtime PM gives this count up. */
	pm_runtime_get_sync(dev);
	pdev->driver = drv;
	ret = drv->probe(pdev, drv->id_table);
	if (ret) {
		pdev->driver = NULL;
		pm_runtime_put_sync(dev);
	}
	return ret;
}

static void remove(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	pm_runtime_get_sync(dev);
	pdev->driver->remove(pdev);
	pm_runtime_put_noidle(dev);

	pdev->driver = NULL;
	pm_runtime_put_sync(dev);
}

/* Constant, unless the headers say otherwise. */
__typeof__(pci_bus_type) pci_bus_type = {
	.name = "pci",
	.probe = probe,
	.remove = remove,
	.pm = &stub_pci_pm_ops,
};

int __pci_register_driver(struct pci_driver *drv, struct module *owner, const char *mod_name)
{
	(void)mod_name;
	drv->driver.owner = owner;
	drv->driver.name = drv->name;
	drv->driver.bus = &pci_bus_type;
	spin_lock_init(&drv->dynids.lock);
	INIT_LIST_HEAD(&drv->dynids.list);
	return driver_register(&drv->driver);
}

void pci_unregister_driver(struct pci_driver *drv)
{
	struct dynid *at, *next;

	driver_unregister(&drv->driver);
	list_for_each_entry_safe(at, next, &drv->dynids.list, node) {
		list_del(&at->node);
		kfree(at);
	}
}

/* Which functions it fits makes no difference: who binds names a function. */
int pci_add_dynid(struct pci_driver *drv, unsigned int vendor, unsigned int device, unsigned int subvendor,
		  unsigned int subdevice, unsigned int class, unsigned int class_mask, unsigned long driver_data)
{
	struct dynid *dynid = kzalloc(sizeof(*dynid), GFP_KERNEL);

	if (!dynid)
		return -ENOMEM;
	dynid->id.vendor = vendor;
	dynid->id.device = device;
	dynid->id.subvendor = subvendor;
	dynid->id.subdevice = subdevice;
	dynid->id.class = class;
	dynid->id.class_mask = class_mask;
	dynid->id.driver_data = driver_data;
	spin_lock(&drv->dynids.lock);
	list_add_tail(&dynid->node, &drv->dynids.list);
	spin_unlock(&drv->dynids.lock);
	return 0;
}

static void change_command(struct pci_dev *pdev, u16 clear, u16 set)
{
	u16 before, after;

	pci_read_config_word(pdev, PCI_COMMAND, &before);
	after = (u16)((before & ~clear) | set);
	if (after != before)
		pci_write_config_word(pdev, PCI_COMMAND, after);
}

int pci_enable_device(struct pci_dev *pdev)
{
	u16 decode = 0;

	if (stub_should_fail(pci_enable_device))
		return -EIO;
	if (atomic_inc_return(&pdev->enable_cnt) > 1)
		return 0;

	for (int bar = 0; bar <= PCI_ROM_RESOURCE; bar++) {
		unsigned long flags = pci_resource_flags(pdev, bar);

		if (flags & IORESOURCE_IO)
			decode |= PCI_COMMAND_IO;
		if (flags & IORESOURCE_MEM)
			decode |= PCI_COMMAND_MEMORY;
	}
	pci_set_power_state(pdev, PCI_D0);
	change_command(pdev, 0, decode);
	return 0;
}

void pci_disable_device(struct pci_dev *pdev)
{
	int left = atomic_dec_return(&pdev->enable_cnt);

	if (left < 0)
		stub_violation(STUB_UNBALANCED_ENABLE, &pdev->enable_cnt);
	if (left == 0)
		pci_clear_master(pdev);
}

void pci_set_master(struct pci_dev *pdev)
{
	change_command(pdev, 0, PCI_COMMAND_MASTER);
	pdev->is_busmaster = true;
}

void pci_clear_master(struct pci_dev *pdev)
{
	change_command(pdev, PCI_COMMAND_MASTER, 0);
	pdev->is_busmaster = false;
}

void pci_intx(struct pci_dev *pdev, int enable)
{
	u16 bit = PCI_COMMAND_INTX_DISABLE;

	change_command(pdev, enable ? bit : 0, enable ? 0 : bit);
}

unsigned char pci_bus_max_busnr(struct pci_bus *bus)
{
	return (unsigned char)bus->busn_res.end;
}

struct pci_dev *pci_get_class(unsigned int class, struct pci_dev *from)
{
	struct device *dev = from ? stub_next_device(&from->dev) : stub_devices();

	for (; dev; dev = stub_next_device(dev))
		if (dev->bus == &pci_bus_type && to_pci_dev(dev)->class == class)
			break;
	get_device(dev);
	pci_dev_put(from);
	return dev ? to_pci_dev(dev) : NULL;
}

struct pci_dev *pci_dev_get(struct pci_dev *pdev)
{
	return pdev && get_device(&pdev->dev) ? pdev : NULL;
}

void pci_dev_put(struct pci_dev *pdev)
{
	if (pdev)
		put_device(&pdev->dev);
}
