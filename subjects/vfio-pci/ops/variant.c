// SPDX-License-Identifier: GPL-2.0-only
/* A variant driver at its plainest: the core's behaviour, and none of the vfio-pci module's policy. */
#include <linux/err.h>

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "variant.h"

struct module module_variant_vfio_pci = { .state = MODULE_STATE_UNFORMED, .name = "variant_vfio_pci" };

static int variant_open(struct vfio_device *device)
{
	struct vfio_pci_core_device *core = container_of(device, struct vfio_pci_core_device, vdev);
	int err = vfio_pci_core_enable(core);

	if (err)
		return err;
	vfio_pci_core_finish_enable(core);
	return 0;
}

static const struct vfio_device_ops variant_ops = {
	.name = "variant-vfio-pci",
	.open_device = variant_open,
	.close_device = vfio_pci_core_close_device,
	.write = vfio_pci_core_write,
	.read = vfio_pci_core_read,
	.device_feature = vfio_pci_core_ioctl_feature,
	.ioctl = vfio_pci_core_ioctl,
	.request = vfio_pci_core_request,
	.release = vfio_pci_core_release_dev,
	.init = vfio_pci_core_init_dev,
};

static int variant_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	(void)id;
	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &variant_ops);
	ret = IS_ERR(vdev) ? (int)PTR_ERR(vdev) : 0;
	if (!ret) {
		dev_set_drvdata(&pdev->dev, vdev);
		ret = vfio_pci_core_register_device(vdev);
		if (ret)
			vfio_put_device(&vdev->vdev);
	}
	return ret;
}

static void variant_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id variant_table[] = {
	{ PCI_ANY_ID, PCI_ANY_ID },
};

static struct pci_driver variant_driver = {
	.name = "variant-vfio-pci",
	.id_table = variant_table,
	.probe = variant_probe,
	.remove = variant_remove,
	.err_handler = &vfio_pci_core_err_handlers,
};

int variant_init(void)
{
	return __pci_register_driver(&variant_driver, &module_variant_vfio_pci, "variant_vfio_pci");
}

void variant_exit(void)
{
	pci_unregister_driver(&variant_driver);
}
