// SPDX-License-Identifier: GPL-2.0-only
/* The vfio-pci driver: what the core gives, for any function. */
#include <linux/err.h>

#define KBUILD_MODNAME vfio_pci
#include <linux/module.h>
#include <linux/vfio_pci_core.h>

MODULE_LICENSE("GPL v2");

static bool nointxmask;
module_param(nointxmask, bool, 0644);

#ifdef CONFIG_VFIO_PCI_VGA
static bool disable_vga;
module_param(disable_vga, bool, 0444);
#endif

static bool disable_idle_d3;
module_param(disable_idle_d3, bool, 0644);

static bool enable_sriov;
module_param(enable_sriov, bool, 0644);

static bool disable_denylist;
module_param(disable_denylist, bool, 0444);

/* Functions that are known to do harm in the hands of a user: a few virtual accelerators of Intel's. */
static bool is_denied(const struct pci_dev *pdev)
{
	if (pdev->vendor != 0x8086 || disable_denylist)
		return false;
	return pdev->device == 0x0435 || pdev->device == 0x0443;
}

/* Nothing of its own to set up between the two. */
static int vfio_pci_open_device(struct vfio_device *device)
{
	int ret = vfio_pci_core_enable(to_vfio_pci_core(device));

	if (ret == 0)
		vfio_pci_core_finish_enable(to_vfio_pci_core(device));
	return ret;
}

static const struct vfio_device_ops vfio_pci_ops = {
	.open_device = vfio_pci_open_device,
	.close_device = vfio_pci_core_close_device,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.ioctl = vfio_pci_core_ioctl,
	.request = vfio_pci_core_request,
	.device_feature = vfio_pci_core_ioctl_feature,
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.name = "vfio-pci",
};

static int vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int err;

	(void)id;
	if (is_denied(pdev))
		return -EINVAL;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &vfio_pci_ops);
	if (IS_ERR(vdev))
		return (int)PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	err = vfio_pci_core_register_device(vdev);
	if (err)
		vfio_put_device(&vdev->vdev);
	return err;
}

static void vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *bound = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(bound);
	vfio_put_device(&bound->vdev);
}

static int vfio_pci_sriov_configure(struct pci_dev *pdev, int nr_virtfn)
{
	if (!enable_sriov)
		return -ENOENT;
	return vfio_pci_core_sriov_configure(dev_get_drvdata(&pdev->dev), nr_virtfn);
}

static const struct pci_device_id vfio_pci_table[] = {
	{ PCI_ANY_ID, PCI_ANY_ID },
};

static struct pci_driver vfio_pci_driver = {
	.probe = vfio_pci_probe,
	.remove = vfio_pci_remove,
	.sriov_configure = vfio_pci_sriov_configure,
	.err_handler = &vfio_pci_core_err_handlers,
	.name = "vfio-pci",
	.id_table = vfio_pci_table,
};

/* A kernel without the VGA ranges has no parameter for them either. */
static bool no_vga(void)
{
#ifdef CONFIG_VFIO_PCI_VGA
	return disable_vga;
#else
	return true;
#endif
}

static int __init vfio_pci_init(void)
{
	vfio_pci_core_set_params(nointxmask, no_vga(), disable_idle_d3);
	return pci_register_driver(&vfio_pci_driver);
}
module_init(vfio_pci_init);

static void __exit vfio_pci_cleanup(void)
{
	pci_unregister_driver(&vfio_pci_driver);
}
module_exit(vfio_pci_cleanup);
