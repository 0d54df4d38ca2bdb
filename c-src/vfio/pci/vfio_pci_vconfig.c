// SPDX-License-Identifier: GPL-2.0-only
/* The user's view of config space, laid out when the device is opened: what is where, and the virtual copy. */
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vfio/pci/vfio_pci_priv.h"

static int read_piece(struct pci_dev *pdev, int at, int bytes, u8 *to)
{
	if (bytes == 4)
		return pci_read_config_dword(pdev, at, (u32 *)to);
	return bytes == 2 ? pci_read_config_word(pdev, at, (u16 *)to) : pci_read_config_byte(pdev, at, to);
}

/* Read in the longest pieces that are aligned, so that no register is torn. */
static int fill(struct vfio_pci_core_device *vdev, int pos, int bytes)
{
	for (int at = pos, piece; at < pos + bytes; at += piece) {
		int left = pos + bytes - at;
		int ret;

		piece = !(at & 3) && left >= 4 ? 4 : !(at & 1) && left >= 2 ? 2 : 1;
		ret = read_piece(vdev->pdev, at, piece, vdev->vconfig + at);
		if (ret)
			return ret;
	}
	return 0;
}

/* Both PCI-X 2 and PCI Express may come with a second, larger config space. */
static void probe_extended_caps(struct vfio_pci_core_device *vdev)
{
	u32 first;

	if (vdev->pdev->cfg_size <= PCI_CFG_SPACE_SIZE)
		return;
	if (!pci_read_config_dword(vdev->pdev, PCI_CFG_SPACE_SIZE, &first))
		vdev->extended_caps = first != 0;
}

/* Each device has a table of its own, since how much there is of it differs. */
static int vfio_msi_cap_len(struct vfio_pci_core_device *vdev, int pos)
{
	u16 flags;
	int ret = pci_read_config_word(vdev->pdev, pos + PCI_MSI_FLAGS, &flags);

	if (ret)
		return ret;
	if (!vdev->msi_perm) {
		vdev->msi_perm = kmalloc(sizeof(*vdev->msi_perm), GFP_KERNEL_ACCOUNT);
		if (!vdev->msi_perm)
			return -ENOMEM;
		*vdev->msi_perm = vfio_pci_msi_perms;
	}
	return 10 + (flags & PCI_MSI_FLAGS_64BIT ? 4 : 0) + (flags & PCI_MSI_FLAGS_MASKBIT ? 10 : 0);
}

/* Bytes a capability takes; 0 for one that we do not know and hide; or an errno. */
static int vfio_cap_len(struct vfio_pci_core_device *vdev, u8 cap, int pos)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 word = 0;
	u8 byte = 0;
	int ret;

	switch (cap) {
	case PCI_CAP_ID_PM:
		return PCI_PM_SIZEOF;
	case PCI_CAP_ID_AGP:
	case PCI_CAP_ID_VPD:
		return 8;
	case PCI_CAP_ID_AF:
		return PCI_CAP_AF_SIZEOF;
	case PCI_CAP_ID_VNDR:
		ret = pci_read_config_byte(pdev, pos + PCI_CAP_FLAGS, &byte);
		return ret ? ret : byte;
	case PCI_CAP_ID_MSI:
		return vfio_msi_cap_len(vdev, pos);
	case PCI_CAP_ID_MSIX:
		return PCI_CAP_MSIX_SIZEOF;
	case PCI_CAP_ID_PCIX:
		ret = pci_read_config_word(pdev, pos + PCI_X_CMD, &word);
		if (ret)
			return ret;
		if (!PCI_X_CMD_VERSION(word))
			return PCI_CAP_PCIX_SIZEOF_V0;
		probe_extended_caps(vdev);
		return PCI_CAP_PCIX_SIZEOF_V2;
	case PCI_CAP_ID_EXP:
		probe_extended_caps(vdev);
		return (pdev->pcie_flags_reg & PCI_EXP_FLAGS_VERS) == 1 ? PCI_CAP_EXP_ENDPOINT_SIZEOF_V1 :
							  PCI_CAP_EXP_ENDPOINT_SIZEOF_V2;
	default:
		return 0;
	}
}

/* Nobody would tell the user of a power management event. */
static void hide_pme(u8 *cap)
{
	*(u16 *)(cap + PCI_PM_PMC) &= ~PCI_PM_CAP_PME_MASK;
	*(u16 *)(cap + PCI_PM_CTRL) &= ~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS);
}

/* Walks the list of capabilities and links past those that are hidden. */
static int vfio_cap_init(struct vfio_pci_core_device *vdev)
{
	u8 *map = vdev->pci_config_map;
	u8 *link = &vdev->vconfig[PCI_CAPABILITY_LIST];
	int most = (PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / 4;
	u16 status;
	u8 pos;
	int ret;

	ret = pci_read_config_word(vdev->pdev, PCI_STATUS, &status);
	if (ret)
		return ret;
	if (!(status & PCI_STATUS_CAP_LIST))
		return 0;

	ret = pci_read_config_byte(vdev->pdev, PCI_CAPABILITY_LIST, &pos);
	if (ret)
		return ret;
	pos &= ~3;
	*link = 0;
	while (pos >= PCI_STD_HEADER_SIZEOF && most--) {
		u8 cap, next;
		int len;

		ret = pci_read_config_byte(vdev->pdev, pos + PCI_CAP_LIST_ID, &cap);
		if (!ret)
			ret = pci_read_config_byte(vdev->pdev, pos + PCI_CAP_LIST_NEXT, &next);
		if (ret)
			return ret;
		len = vfio_cap_len(vdev, cap, pos);
		if (len < 0)
			return len;
		if (len > PCI_CFG_SPACE_SIZE - pos)
			len = 0;
		if (len) {
			ret = fill(vdev, pos, len);
			if (ret)
				return ret;
			if (cap == PCI_CAP_ID_PM)
				hide_pme(vdev->vconfig + pos);
			memset(map + pos, cap, len);
			*link = pos;
			link = &vdev->vconfig[pos + PCI_CAP_LIST_NEXT];
			*link = 0;
		}
		pos = next & ~3;
	}

	if (!vdev->vconfig[PCI_CAPABILITY_LIST])
		vdev->vconfig[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
	return 0;
}

/* No extended capability has a table, so that the user's list of them is an empty one. */
static void vfio_ecap_init(struct vfio_pci_core_device *vdev)
{
	if (vdev->extended_caps)
		memset(vdev->pci_config_map + PCI_CFG_SPACE_SIZE, PCI_CAP_ID_INVALID_VIRT, 4);
}

/* What a virtual function leaves to its parent, a user finds as in any other. */
static void fill_in_for_vf(struct vfio_pci_core_device *vdev)
{
	const struct pci_dev *pdev = vdev->pdev;

	if (pdev->is_virtfn) {
		memcpy(&vdev->vconfig[PCI_VENDOR_ID], &pdev->vendor, sizeof(pdev->vendor));
		memcpy(&vdev->vconfig[PCI_DEVICE_ID], &pdev->device, sizeof(pdev->device));
	}
	if (pdev->no_command_memory)
		vdev->vconfig[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
}

static bool has_intx(const struct vfio_pci_core_device *vdev)
{
	return !vdev->nointx && vdev->pdev->irq && vdev->pdev->irq != IRQ_NOTCONNECTED;
}

static int lay_out(struct vfio_pci_core_device *vdev)
{
	u8 *map = vdev->pci_config_map;
	u8 *vconfig = vdev->vconfig;
	int ret;

	memset(map, PCI_CAP_ID_BASIC, PCI_STD_HEADER_SIZEOF);
	memset(map + PCI_STD_HEADER_SIZEOF, PCI_CAP_ID_INVALID,
	       vdev->pdev->cfg_size - PCI_STD_HEADER_SIZEOF);

	ret = fill(vdev, 0, PCI_STD_HEADER_SIZEOF);
	if (ret)
		return ret;

	vdev->bardirty = true;
	memcpy(vdev->rbar, &vconfig[PCI_BASE_ADDRESS_0], 4 * PCI_STD_NUM_BARS);
	memcpy(&vdev->rbar[PCI_ROM_RESOURCE], &vconfig[PCI_ROM_ADDRESS], 4);

	fill_in_for_vf(vdev);
	if (!has_intx(vdev))
		vconfig[PCI_INTERRUPT_PIN] = 0;

	ret = vfio_cap_init(vdev);
	if (!ret)
		vfio_ecap_init(vdev);
	return ret;
}

int vfio_config_init(struct vfio_pci_core_device *vdev)
{
	int size = vdev->pdev->cfg_size;
	u8 *map = kmalloc(size, GFP_KERNEL_ACCOUNT);
	u8 *copy = map ? kzalloc(size, GFP_KERNEL_ACCOUNT) : NULL;
	int ret;

	if (!copy) {
		kfree(map);
		return -ENOMEM;
	}
	vdev->pci_config_map = map;
	vdev->vconfig = copy;
	ret = lay_out(vdev);
	if (ret)
		vfio_config_free(vdev);
	return ret;
}

void vfio_config_free(struct vfio_pci_core_device *vdev)
{
	kfree_and_forget(vdev->vconfig);
	kfree_and_forget(vdev->pci_config_map);
	if (vdev->msi_perm)
		kfree_and_forget(vdev->msi_perm);
}
