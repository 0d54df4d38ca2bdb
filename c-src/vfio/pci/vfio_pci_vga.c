// SPDX-License-Identifier: GPL-2.0-only
/* What the VGA arbiter is told of an adapter that a user has: mostly that legacy ranges are not for it. */
#include <linux/aperture.h>
#include <linux/errno.h>
#include <linux/kconfig.h>

#include "vfio/pci/vfio_pci_priv.h"

#include <linux/vgaarb.h>

static bool is_vga(const struct pci_dev *pdev)
{
	return pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA;
}

static bool vfio_vga_disabled(void)
{
#ifdef CONFIG_VFIO_PCI_VGA
	return vfio_pci_policy()->disable_vga;
#else
	return true;
#endif
}

/* VGA ranges are for adapters, unless all are told to do without. */
bool vfio_pci_passes_vga(struct vfio_pci_core_device *vdev)
{
	return is_vga(vdev->pdev) && !vfio_vga_disabled();
}

/* Is there another adapter below the bridge that leads to this one? */
static bool has_sibling(struct pci_dev *pdev)
{
	u8 first = pdev->bus->number, last = pci_bus_max_busnr(pdev->bus);
	struct pci_dev *other = NULL;
	bool found = false;

	while (!found && (other = pci_get_class(PCI_CLASS_DISPLAY_VGA << 8, other))) {
		const struct pci_bus *bus = other->bus;

		found = other != pdev && pci_domain_nr(bus) == pci_domain_nr(pdev->bus) &&
			!pci_is_root_bus(bus) && bus->number >= first && bus->number <= last;
	}
	pci_dev_put(other);
	return found;
}

/*
 * A user's adapter leaves the legacy ranges to others. It cannot where it is the only adapter, or where
 * no bridge keeps those ranges from it; and if another one is below the same bridge, the bridge has to
 * be asked for them.
 */
static unsigned int vfio_pci_set_decode(struct pci_dev *pdev, bool single_vga)
{
	const unsigned int normal = VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM;
	const unsigned int all = normal | VGA_RSRC_LEGACY_MASK;

	if (single_vga || !vfio_vga_disabled() || pci_is_root_bus(pdev->bus))
		return all;
	return has_sibling(pdev) ? all : normal;
}

int vfio_pci_vga_init(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int err;

	if (!is_vga(pdev))
		return 0;

	err = aperture_remove_conflicting_pci_devices(pdev, "vfio-pci");
	if (!err)
		err = vga_client_register(pdev, vfio_pci_set_decode);
	if (!err)
		vga_set_legacy_decoding(pdev, vfio_pci_set_decode(pdev, false));
	return err;
}

void vfio_pci_vga_uninit(struct vfio_pci_core_device *vdev)
{
	if (!is_vga(vdev->pdev))
		return;
	vga_client_unregister(vdev->pdev);
	vga_set_legacy_decoding(vdev->pdev, VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM |
						    VGA_RSRC_LEGACY_MASK);
}
