// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities whose writes do something: power management changes the state, MSI is limited, PCI Express resets. */
#include <linux/kernel.h>

#include "vfio/pci/vfio_pci_priv.h"

#define WORD(at) [(at) ... (at) + 1]
#define BYTES(first, last) [(first) ... (last)]

/* ---- power management: PME is hidden; the state is written by us alone ---- */

static const u8 pm_virt[PCI_PM_SIZEOF] __aligned(4) = {
	[PCI_CAP_LIST_NEXT] = 0xff,
	[PCI_PM_PMC + 1] = PCI_PM_CAP_PME_MASK >> 8,
	[PCI_PM_CTRL + 1] = (PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS) >> 8,
};

static const u8 pm_write[PCI_PM_SIZEOF] __aligned(4) = {
	[PCI_PM_CTRL] = 0xff & ~PCI_PM_CTRL_STATE_MASK,
	[PCI_PM_CTRL + 1] = 0xff & ~((PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS) >> 8),
	WORD(PCI_PM_CTRL + 2) = 0xff,
};

static int vfio_pm_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
				const struct perm_bits *perm, int offset, __le32 val)
{
	count = vfio_default_config_write(vdev, pos, count, perm, offset, val);
	if (count > 0 && offset == PCI_PM_CTRL)
		vfio_lock_and_set_power_state(vdev, val & PCI_PM_CTRL_STATE_MASK);
	return count;
}

const struct perm_bits vfio_pci_pm_perms = {
	pm_virt, pm_write, vfio_default_config_read, vfio_pm_config_write
};

/* ---- MSI: where messages go is for the kernel to say, and whether and how many by ioctl ---- */

/* Address, data and masks follow the flags in this order, some of them optional. */
#define MSI_LONGEST 24

static const u8 msi_virt[MSI_LONGEST] __aligned(4) = {
	[PCI_CAP_LIST_NEXT] = 0xff,
	[PCI_MSI_FLAGS] = 0xff,
	BYTES(PCI_MSI_ADDRESS_LO, MSI_LONGEST - 1) = 0xff,
};

static const u8 msi_write[MSI_LONGEST] __aligned(4) = {
	[PCI_MSI_FLAGS] = 0xff,
	BYTES(PCI_MSI_ADDRESS_LO, MSI_LONGEST - 1) = 0xff,
};

/* Keeps the flags to what the ioctl has set up. */
static int limit_msi(struct vfio_pci_core_device *vdev, int cap)
{
	u16 *flags = (u16 *)(vdev->vconfig + cap + PCI_MSI_FLAGS);
	u32 wanted = *flags, size = (wanted & PCI_MSI_FLAGS_QSIZE) >> 4;

	if (size > vdev->msi_qmax)
		size = vdev->msi_qmax;
	wanted = (wanted & ~PCI_MSI_FLAGS_QSIZE) | size << 4;
	if (!irq_is(vdev, VFIO_PCI_MSI_IRQ_INDEX))
		wanted &= ~PCI_MSI_FLAGS_ENABLE;
	*flags = (u16)wanted;
	return pci_user_write_config_word(vdev->pdev, cap + PCI_MSI_FLAGS, (u16)wanted);
}

static int vfio_msi_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
				 const struct perm_bits *perm, int offset, __le32 val)
{
	int ret = 0;

	count = vfio_default_config_write(vdev, pos, count, perm, offset, val);
	if (count > 0 && offset <= PCI_MSI_FLAGS && offset + count > PCI_MSI_FLAGS)
		ret = limit_msi(vdev, pos - offset);
	return ret ? ret : count;
}

const struct perm_bits vfio_pci_msi_perms = {
	msi_virt, msi_write, vfio_default_config_read, vfio_msi_config_write
};

/* ---- PCI Express: a user's reset goes by way of the kernel; sizes are for the host to choose ---- */

#define DEVCTL_VIRT (PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ)

static const u8 exp_virt[PCI_CAP_EXP_ENDPOINT_SIZEOF_V2] __aligned(4) = {
	[PCI_CAP_LIST_NEXT] = 0xff,
	[PCI_EXP_DEVCTL] = DEVCTL_VIRT & 0xff,
	[PCI_EXP_DEVCTL + 1] = DEVCTL_VIRT >> 8,
};

static const u8 exp_write[PCI_CAP_EXP_ENDPOINT_SIZEOF_V2] __aligned(4) = {
	[PCI_EXP_DEVCTL] = 0xff,
	[PCI_EXP_DEVCTL + 1] = 0xff & ~(PCI_EXP_DEVCTL_PHANTOM >> 8),
	/* the rest is control and status, two words each, for the device and its port */
	BYTES(PCI_EXP_DEVCTL + 2, PCI_CAP_EXP_ENDPOINT_SIZEOF_V1 - 1) = 0xff,
	BYTES(40, 43) = 0xff,
};

/* The bit starts a reset and reads as zero. */
static void reset_if_asked(struct vfio_pci_core_device *vdev, int cap)
{
	u16 *ctl = (u16 *)(vdev->vconfig + cap + PCI_EXP_DEVCTL);
	u32 able = 0;

	if (!(*ctl & PCI_EXP_DEVCTL_BCR_FLR))
		return;
	*ctl &= ~PCI_EXP_DEVCTL_BCR_FLR;

	if (pci_user_read_config_dword(vdev->pdev, cap + PCI_EXP_DEVCAP, &able) ||
	    !(able & PCI_EXP_DEVCAP_FLR))
		return;
	vfio_pci_zap_and_down_write_memory_lock(vdev);
	pci_try_reset_function(vdev->pdev);
	up_write(&vdev->memory_lock);
}

static int vfio_exp_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
				 const struct perm_bits *perm, int offset, __le32 val)
{
	count = vfio_default_config_write(vdev, pos, count, perm, offset, val);
	/* Only the high byte holds the bit. */
	if (count > 0 && offset <= PCI_EXP_DEVCTL + 1 && offset + count > PCI_EXP_DEVCTL + 1)
		reset_if_asked(vdev, pos - offset);
	return count;
}

const struct perm_bits vfio_pci_exp_perms = {
	exp_virt, exp_write, vfio_default_config_read, vfio_exp_config_write
};
