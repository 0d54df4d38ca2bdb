// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space as a user sees it. Every byte is the function's own, or a virtual copy's (vconfig), or
 * some bits of each; tables per capability say which, and which of them can be written.
 *
 * Nothing serialises the accesses of one device: any number of threads run all of this at once.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

/* An access is 1, 2 or 4 bytes long and aligned to that, in vconfig and in the tables alike. */
static inline u32 load(const u8 *from, int count)
{
	switch (count) {
	case 1:
		return *from;
	case 2:
		return *(const u16 *)from;
	default:
		return *(const u32 *)from;
	}
}

static inline void store(u8 *to, int count, u32 val)
{
	switch (count) {
	case 1:
		*to = (u8)val;
		break;
	case 2:
		*(u16 *)to = (u16)val;
		break;
	default:
		*(u32 *)to = val;
		break;
	}
}

static inline u32 all_bits(int count)
{
	return ~0u >> (32 - 8 * count);
}

/* ---- the function's own bytes ---- */

static int vfio_user_config_read(struct pci_dev *pdev, int pos, __le32 *val, int count)
{
	u16 word = 0;
	u8 byte = 0;
	int ret;

	switch (count) {
	case 1:
		ret = pci_user_read_config_byte(pdev, pos, &byte);
		*val = byte;
		return ret;
	case 2:
		ret = pci_user_read_config_word(pdev, pos, &word);
		*val = word;
		return ret;
	default:
		return pci_user_read_config_dword(pdev, pos, val);
	}
}

static int vfio_user_config_write(struct pci_dev *pdev, int pos, __le32 val, int count)
{
	switch (count) {
	case 1:
		return pci_user_write_config_byte(pdev, pos, (u8)val);
	case 2:
		return pci_user_write_config_word(pdev, pos, (u16)val);
	default:
		return pci_user_write_config_dword(pdev, pos, val);
	}
}

static int vfio_raw_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
				const struct perm_bits *perm, int offset, __le32 *val)
{
	int ret = vfio_user_config_read(vdev->pdev, pos, val, count);

	return ret ? ret : count;
}

static int vfio_raw_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
				 const struct perm_bits *perm, int offset, __le32 val)
{
	int ret = vfio_user_config_write(vdev->pdev, pos, val, count);

	return ret ? ret : count;
}

/* A capability without a table: the function's own, but for its link, since its successor may be hidden. */
static int vfio_direct_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
				   const struct perm_bits *perm, int offset, __le32 *val)
{
	int ret = vfio_raw_config_read(vdev, pos, count, perm, offset, val);
	int link = PCI_CAP_LIST_NEXT - offset;

	if (ret > 0 && link >= 0 && link < count) {
		*val &= ~(0xffu << (link * 8));
		*val |= (u32)vdev->vconfig[pos + link] << (link * 8);
	}
	return ret;
}

/* ---- bytes that a table speaks of ---- */

int vfio_default_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
			     const struct perm_bits *perm, int offset, __le32 *val)
{
	u32 virt, own;
	int ret;

	*val = load(vdev->vconfig + pos, count);
	virt = load(perm->virt + offset, count);
	if (virt == all_bits(count))
		return count;

	ret = vfio_user_config_read(vdev->pdev, pos, &own, count);
	if (ret)
		return ret;
	*val = (own & ~virt) | (*val & virt);
	return count;
}

int vfio_default_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
			      const struct perm_bits *perm, int offset, __le32 val)
{
	u32 write = load(perm->write + offset, count);
	u32 virt = load(perm->virt + offset, count) & write;
	u32 phys = write & ~virt;
	u32 own;
	int ret;

	if (virt) {
		u32 before = load(vdev->vconfig + pos, count);

		store(vdev->vconfig + pos, count, (before & ~virt) | (val & virt));
	}
	if (!phys)
		return count;

	ret = vfio_user_config_read(vdev->pdev, pos, &own, count);
	if (!ret)
		ret = vfio_user_config_write(vdev->pdev, pos, (own & ~phys) | (val & phys), count);
	return ret ? ret : count;
}

/* ---- the standard header ---- */

#define WORD(at) [(at) ... (at) + 1]
#define BYTES(first, last) [(first) ... (last)]
#define BARS BYTES(PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_5 + 3)
#define ROM BYTES(PCI_ROM_ADDRESS, PCI_ROM_ADDRESS + 3)

static const u8 basic_virt[PCI_STD_HEADER_SIZEOF] __aligned(4) = {
	WORD(PCI_VENDOR_ID) = 0xff,
	WORD(PCI_DEVICE_ID) = 0xff,
	[PCI_COMMAND + 1] = PCI_COMMAND_INTX_DISABLE >> 8,
	[PCI_STATUS] = PCI_STATUS_CAP_LIST,
	BARS = 0xff,
	ROM = 0xff,
	[PCI_CAPABILITY_LIST] = 0xff,
	[PCI_INTERRUPT_LINE] = 0xff,
	[PCI_INTERRUPT_PIN] = 0xff,
};

static const u8 basic_write[PCI_STD_HEADER_SIZEOF] __aligned(4) = {
	WORD(PCI_COMMAND) = 0xff,
	[PCI_CACHE_LINE_SIZE] = 0xff,
	[PCI_LATENCY_TIMER] = 0xff,
	[PCI_BIST] = 0xff,
	BARS = 0xff,
	ROM = 0xff,
	[PCI_INTERRUPT_LINE] = 0xff,
};

static inline bool is_bar(int offset)
{
	int bar = offset - PCI_BASE_ADDRESS_0;
	int rom = offset - PCI_ROM_ADDRESS;

	return (bar >= 0 && bar < 4 * PCI_STD_NUM_BARS) || (rom >= 0 && rom < 4);
}

static u32 bar_type(const struct pci_dev *pdev, int bar)
{
	unsigned long flags = pci_resource_flags(pdev, bar);
	u32 type = 0;

	if (flags & IORESOURCE_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	if (flags & IORESOURCE_PREFETCH)
		type |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	if (flags & IORESOURCE_MEM_64)
		type |= PCI_BASE_ADDRESS_MEM_TYPE_64;
	return type;
}

/*
 * Makes virtual BARs look like BARs: address bits below the size read as zero, the type bits as the
 * function's. Writes leave this to the next read, which tells by bardirty that there is work.
 */
static void vfio_bar_fixup(struct vfio_pci_core_device *vdev)
{
	const struct pci_dev *pdev = vdev->pdev;
	u32 *vbar = (u32 *)&vdev->vconfig[PCI_BASE_ADDRESS_0];
	u32 *vrom = (u32 *)&vdev->vconfig[PCI_ROM_ADDRESS];
	u64 mask;

	if (!vdev->bardirty)
		return;

	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!pci_resource_start(pdev, bar)) {
			vbar[bar] = 0;
			continue;
		}
		mask = -(u64)pci_resource_len(pdev, bar);
		vbar[bar] = (vbar[bar] & (u32)mask) | bar_type(pdev, bar);
		/* The upper half of a wide BAR is the next register. */
		if (pci_resource_flags(pdev, bar) & IORESOURCE_MEM_64)
			vbar[++bar] &= (u32)(mask >> 32);
	}

	mask = -(u64)pci_resource_len(pdev, PCI_ROM_RESOURCE) | PCI_ROM_ADDRESS_ENABLE;
	*vrom = pci_resource_start(pdev, PCI_ROM_RESOURCE) ? *vrom & (u32)mask : 0;

	vdev->bardirty = false;
}

static int vfio_basic_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
				  const struct perm_bits *perm, int offset, __le32 *val)
{
	if (is_bar(offset))
		vfio_bar_fixup(vdev);
	count = vfio_default_config_read(vdev, pos, count, perm, offset, val);
	/* Hard-wired to 0 in the function, but a user finds what it has written. */
	if (offset == PCI_COMMAND && vdev->pdev->no_command_memory)
		*val |= vdev->vconfig[PCI_COMMAND] & PCI_COMMAND_MEMORY;
	return count;
}

/* Has the function forgotten its BARs? */
static bool vfio_need_bar_restore(struct vfio_pci_core_device *vdev)
{
	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		u32 own;

		if (!vdev->rbar[bar])
			continue;
		if (pci_user_read_config_dword(vdev->pdev, PCI_BASE_ADDRESS_0 + 4 * bar, &own))
			continue;
		if (own != vdev->rbar[bar])
			return true;
	}
	return false;
}

/* Gives the function its BARs back after a reset that nobody told us of. */
static void vfio_bar_restore(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 cmd;

	/* A virtual function's are in its parent. */
	if (pdev->is_virtfn)
		return;
	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		pci_user_write_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * bar, vdev->rbar[bar]);
	pci_user_write_config_dword(pdev, PCI_ROM_ADDRESS, vdev->rbar[PCI_ROM_RESOURCE]);

	if (vdev->nointx && !pci_user_read_config_word(pdev, PCI_COMMAND, &cmd))
		pci_user_write_config_word(pdev, PCI_COMMAND, cmd | PCI_COMMAND_INTX_DISABLE);
}

/* Under memory_lock, as a function whose memory is off must not be reached through a user's mappings. */
static int write_command(struct vfio_pci_core_device *vdev, int pos, int count,
			 const struct perm_bits *perm, int offset, __le32 val)
{
	const u16 decode = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
	u16 *virt_cmd = (u16 *)&vdev->vconfig[PCI_COMMAND];
	u16 asked = val & decode;
	u16 phys_cmd, lost;
	int ret;

	ret = pci_user_read_config_word(vdev->pdev, PCI_COMMAND, &phys_cmd);
	if (ret)
		return ret;
	if (vdev->pdev->no_command_memory)
		phys_cmd |= PCI_COMMAND_MEMORY;
	/* On for the user, who wants it on, but off: the function was reset behind our back. */
	lost = asked & *virt_cmd & ~phys_cmd;

	if (asked & PCI_COMMAND_MEMORY)
		down_write(&vdev->memory_lock);
	else
		vfio_pci_zap_and_down_write_memory_lock(vdev);

	if (lost || vfio_need_bar_restore(vdev))
		vfio_bar_restore(vdev);

	ret = vfio_default_config_write(vdev, pos, count, perm, offset, val);
	if (ret >= 0)
		*virt_cmd = (u16)((*virt_cmd & ~decode) | asked);

	up_write(&vdev->memory_lock);
	return ret;
}

/* The user's INTx disable bit is virtual; this is what gives it effect. */
static void follow_virtual_intx_disable(struct vfio_pci_core_device *vdev)
{
	bool disable = *(u16 *)&vdev->vconfig[PCI_COMMAND] & PCI_COMMAND_INTX_DISABLE;

	if (disable && !vdev->virq_disabled) {
		vdev->virq_disabled = true;
		vfio_pci_intx_mask(vdev);
	} else if (!disable && vdev->virq_disabled) {
		vdev->virq_disabled = false;
		vfio_pci_intx_unmask(vdev);
	}
}

static int vfio_basic_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
				   const struct perm_bits *perm, int offset, __le32 val)
{
	if (offset == PCI_COMMAND)
		count = write_command(vdev, pos, count, perm, offset, val);
	else
		count = vfio_default_config_write(vdev, pos, count, perm, offset, val);
	if (count < 0)
		return count;

	if (offset == PCI_COMMAND || offset == PCI_COMMAND + 1)
		follow_virtual_intx_disable(vdev);

	if (is_bar(offset))
		vdev->bardirty = true;
	return count;
}

/* ---- who answers for a byte ---- */

static const struct perm_bits basic_perms = {
	basic_virt, basic_write, vfio_basic_config_read, vfio_basic_config_write
};
static const struct perm_bits vendor_perms = {
	.readfn = vfio_raw_config_read, .writefn = vfio_raw_config_write
};
static const struct perm_bits unknown_cap_perms = { .readfn = vfio_direct_config_read };
static const struct perm_bits unassigned_perms = {
	.readfn = vfio_raw_config_read, .writefn = vfio_raw_config_write
};

/* A hidden capability: nothing but the virtual copy, which can be written at will. */
static const u8 hidden_bits[4] __aligned(4) = { 0xff, 0xff, 0xff, 0xff };
static const struct perm_bits hidden_perms = {
	hidden_bits, hidden_bits, vfio_default_config_read, vfio_default_config_write
};

static const struct perm_bits *perms_of(const struct vfio_pci_core_device *vdev, u8 cap_id)
{
	switch (cap_id) {
	case PCI_CAP_ID_BASIC:
		return &basic_perms;
	case PCI_CAP_ID_PM:
		return &vfio_pci_pm_perms;
	case PCI_CAP_ID_MSI:
		return vdev->msi_perm;
	case PCI_CAP_ID_EXP:
		return &vfio_pci_exp_perms;
	case PCI_CAP_ID_VNDR:
		return &vendor_perms;
	case PCI_CAP_ID_INVALID:
		return &unassigned_perms;
	case PCI_CAP_ID_INVALID_VIRT:
		return &hidden_perms;
	default:
		return &unknown_cap_perms;
	}
}

/* The offset that the tables are indexed with. */
static int offset_in_cap(const u8 *map, int pos)
{
	u8 cap_id = map[pos];
	int start = pos;

	if (cap_id == PCI_CAP_ID_BASIC)
		return pos;
	if (cap_id == PCI_CAP_ID_INVALID || cap_id == PCI_CAP_ID_INVALID_VIRT)
		return pos & 3;
	while (map[start - 1] == cap_id)
		start--;
	return pos - start;
}

/* The longest access from here that stays in one capability and one dword, aligned to its length. */
static int chunk_at(const u8 *map, int pos, size_t count)
{
	int left = 4 - (pos & 3);
	int same = 1;

	while (same < left && (size_t)same < count && map[pos + same] == map[pos])
		same++;
	if (same == 4)
		return 4;
	return same >= 2 && !(pos & 1) ? 2 : 1;
}

static int vfio_config_do_rw(struct vfio_pci_core_device *vdev, char __user *buf, int pos,
			     int count, bool iswrite)
{
	const u8 *map = vdev->pci_config_map;
	const struct perm_bits *perm = perms_of(vdev, map[pos]);
	int offset = offset_in_cap(map, pos);
	__le32 val = 0;

	if (iswrite) {
		/* What nobody may write swallows the write. */
		if (!perm->writefn)
			return count;
		if (copy_from_user(&val, buf, count))
			return -EFAULT;
		return perm->writefn(vdev, pos, count, perm, offset, val);
	}

	count = perm->readfn(vdev, pos, count, perm, offset, &val);
	if (count > 0 && copy_to_user(buf, &val, count))
		return -EFAULT;
	return count;
}

ssize_t vfio_pci_config_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t size = vdev->pdev->cfg_size;
	size_t done = 0;

	if (pos >= size || count > size - pos)
		return -EFAULT;

	while (done < count) {
		int at = (int)(pos + done);
		int ret = vfio_config_do_rw(vdev, buf + done, at,
					    chunk_at(vdev->pci_config_map, at, count - done), iswrite);

		if (ret < 0)
			return ret;
		done += ret;
	}
	*ppos += done;
	return done;
}
