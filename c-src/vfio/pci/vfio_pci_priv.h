/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vfio-pci-core share. */
#ifndef _VFIO_PCI_PRIV_H
#define _VFIO_PCI_PRIV_H

#define KBUILD_MODNAME vfio_pci_core
#include <linux/io.h>
#include <linux/module.h>
#include <linux/vfio_pci_core.h>

/*
 * Marks in the config map, beside capability ids: bytes that belong to no capability, and those where
 * one was hidden from the user.
 */
#define PCI_CAP_ID_BASIC 0
#define PCI_CAP_ID_INVALID 0xff
#define PCI_CAP_ID_INVALID_VIRT 0xfe

/* A vector that is in use: what it signals. */
struct vfio_pci_irq_ctx {
	struct vfio_pci_core_device *vdev;
	struct eventfd_ctx *trigger;
	struct virqfd *unmask;
	struct virqfd *mask;		/* nobody has needed one yet */
	char *name;
	bool masked;			/* irqlock */
};

static inline bool irq_is(const struct vfio_pci_core_device *vdev, unsigned int type)
{
	return vdev->irq_type == (int)type;
}

static inline bool is_intx(const struct vfio_pci_core_device *vdev)
{
	return irq_is(vdev, VFIO_PCI_INTX_IRQ_INDEX);
}

static inline bool is_irq_none(const struct vfio_pci_core_device *vdev)
{
	return irq_is(vdev, VFIO_PCI_NUM_IRQS);
}

#define kfree_and_forget(p) do { kfree(p); (p) = NULL; } while (0)

/* Policy of the vfio-pci module, for the devices of all drivers; set when that module is loaded. */
struct vfio_pci_policy {
	bool nointxmask;
	bool disable_vga;
	bool disable_idle_d3;
};

struct vfio_pci_policy *vfio_pci_policy(void);

/* A table: how the bytes of a capability behave, by their offset in it. */
struct perm_bits {
	const u8 *virt;		/* bits that the virtual copy answers for */
	const u8 *write;	/* bits that a user may change */
	int (*readfn)(struct vfio_pci_core_device *vdev, int pos, int count,
		      const struct perm_bits *perm, int offset, __le32 *val);
	int (*writefn)(struct vfio_pci_core_device *vdev, int pos, int count,
		       const struct perm_bits *perm, int offset, __le32 val);
};

int vfio_default_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
			     const struct perm_bits *perm, int offset, __le32 *val);
int vfio_default_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
			      const struct perm_bits *perm, int offset, __le32 val);

/* vfio_pci_caps.c */
extern const struct perm_bits vfio_pci_pm_perms, vfio_pci_msi_perms, vfio_pci_exp_perms;

/* vfio_pci_config.c: access; vfio_pci_vconfig.c: the user's view as it is laid out at open */
ssize_t vfio_pci_config_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite);
int vfio_config_init(struct vfio_pci_core_device *vdev);
void vfio_config_free(struct vfio_pci_core_device *vdev);

/* vfio_pci_power.c */
extern const struct dev_pm_ops vfio_pci_core_pm_ops;

void vfio_pci_zap_bars(struct vfio_pci_core_device *vdev);
void vfio_pci_zap_and_down_write_memory_lock(struct vfio_pci_core_device *vdev);
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_core_device *vdev);
void vfio_pci_memory_unlock_and_restore(struct vfio_pci_core_device *vdev, u16 cmd);
void vfio_lock_and_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state);
void vfio_pci_probe_power_state(struct vfio_pci_core_device *vdev);
int vfio_pci_runtime_pm_entry(struct vfio_pci_core_device *vdev, struct eventfd_ctx *wake);
void vfio_pci_runtime_pm_exit(struct vfio_pci_core_device *vdev);

/* vfio_pci_intrs.c: INTx, and what all interrupts have in common */
struct vfio_pci_irq_ctx *vfio_irq_ctx_get(struct vfio_pci_core_device *vdev, unsigned long index);
struct vfio_pci_irq_ctx *vfio_irq_ctx_alloc(struct vfio_pci_core_device *vdev, unsigned long index);
void vfio_irq_ctx_free(struct vfio_pci_core_device *vdev, struct vfio_pci_irq_ctx *ctx,
		       unsigned long index);
void vfio_irq_ctx_quiet(struct vfio_pci_irq_ctx *ctx);
bool vfio_pci_intx_mask(struct vfio_pci_core_device *vdev);
void vfio_pci_intx_unmask(struct vfio_pci_core_device *vdev);
int vfio_pci_set_irqs_ioctl(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			    unsigned int start, unsigned int count, void *data);

/* vfio_pci_msi.c, vfio_pci_eventfd.c */
int vfio_pci_set_msi_trigger(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			     unsigned int start, unsigned int count, const void *data);
int vfio_pci_set_eventfd(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			 unsigned int start, unsigned int count, const void *data);
void vfio_pci_forget_eventfds(struct vfio_pci_core_device *vdev);

/* vfio_pci_ioeventfd.c */
long vfio_pci_ioctl_ioeventfd(struct vfio_pci_core_device *vdev,
			      struct vfio_device_ioeventfd __user *user);
void vfio_pci_free_ioeventfds(struct vfio_pci_core_device *vdev);

/* vfio_pci_vga.c, vfio_pci_sriov.c */
ssize_t vfio_pci_vga_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos, bool iswrite);
bool vfio_pci_passes_vga(struct vfio_pci_core_device *vdev);
int vfio_pci_vga_init(struct vfio_pci_core_device *vdev);
void vfio_pci_vga_uninit(struct vfio_pci_core_device *vdev);
int vfio_pci_vf_init(struct vfio_pci_core_device *vdev);
void vfio_pci_vf_uninit(struct vfio_pci_core_device *vdev);

/* vfio_pci_reset.c */
struct vfio_pci_companions {
	struct pci_dev *with;
	bool of_slot;
};

/* -ENODEV: it cannot be reset by its slot, nor by its bus. */
int vfio_pci_find_companions(struct pci_dev *pdev, struct vfio_pci_companions *all);
u32 vfio_pci_count(const struct vfio_pci_companions *all);

#define vfio_pci_for_each(pdev, all) \
	list_for_each_entry(pdev, &(all)->with->bus->devices, bus_list) \
		if ((all)->of_slot && (pdev)->slot != (all)->with->slot) { } else

int vfio_pci_ioctl_reset(struct vfio_pci_core_device *vdev);
int vfio_pci_ioctl_pci_hot_reset(struct vfio_pci_core_device *vdev,
				 struct vfio_pci_hot_reset __user *user);
void vfio_pci_dev_set_try_reset(struct vfio_device_set *set);

/* vfio_pci_info.c */
u64 vfio_pci_region_size(struct vfio_pci_core_device *vdev, u32 index);
int vfio_pci_ioctl_get_info(struct vfio_pci_core_device *vdev, void __user *user);
int vfio_pci_ioctl_get_region_info(struct vfio_pci_core_device *vdev, void __user *user);
int vfio_pci_get_irq_count(struct vfio_pci_core_device *vdev, u32 index);
int vfio_pci_ioctl_get_irq_info(struct vfio_pci_core_device *vdev, void __user *user);
int vfio_pci_ioctl_get_pci_hot_reset_info(struct vfio_pci_core_device *vdev,
					  struct vfio_pci_hot_reset_info __user *user);

/* vfio_pci_rdwr.c */
bool __vfio_pci_memory_enabled(const struct vfio_pci_core_device *vdev);
int vfio_pci_core_setup_barmap(struct vfio_pci_core_device *vdev, int bar);
void vfio_pci_free_barmaps(struct vfio_pci_core_device *vdev);
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem, void __iomem *io,
			       char __user *buf, u64 pos, size_t count, size_t x_start, size_t x_end,
			       bool iswrite);
ssize_t vfio_pci_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos, bool iswrite);

/* One access of a device's memory or ports. */
static inline void vfio_pci_io_write(void __iomem *where, int bytes, u32 val)
{
	if (bytes == 4)
		iowrite32(val, where);
	else if (bytes == 2)
		iowrite16((u16)val, where);
	else
		iowrite8((u8)val, where);
}

static inline u32 vfio_pci_io_read(const void __iomem *where, int bytes)
{
	return bytes == 4 ? ioread32(where) : bytes == 2 ? ioread16(where) : ioread8(where);
}

/* Adapters that signal by a pin, and have no way of masking that. */
static inline bool vfio_pci_nointx(const struct pci_dev *pdev)
{
	return pdev->vendor == 0x8086 && pdev->device == 0x1572;
}

#endif
