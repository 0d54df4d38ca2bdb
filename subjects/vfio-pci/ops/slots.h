/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine: slots, the functions that sit in them, and each function's user. */
#ifndef VFIO_PCI_SLOTS_H
#define VFIO_PCI_SLOTS_H

#include <linux/fs.h>
#include <linux/types.h>

#include "kernel/stub.h"

#define SLOTS 8

/* What is to sit in a slot. Zero but for present: a plain function, alone on a bus that cannot be reset. */
struct slot_spec {
	bool present;
	bool intx;		/* it has an interrupt pin */
	u8 bus;			/* functions of equal numbers share a bus behind a bridge that can reset it; 0: its own */
	bool flr;		/* it can be reset by itself (function level reset, of PCI Express) */
	bool no_soft_reset;	/* it keeps its state on the way back from D3hot */
	u16 msix;		/* vectors of MSI-X */
	bool express;		/* it has a PCI Express capability */
	bool vga;		/* it is a VGA adapter */
	bool below_bridge;	/* a VGA adapter's bus is not the root bus */
	u16 vfs;		/* virtual functions that it can have */
	u8 msi;			/* vectors of MSI, up to 32 */
	bool dyn_msix;		/* more vectors of MSI-X can be set up while some are in use */
	bool denylisted;	/* it is of a kind that vfio-pci keeps from users */
	bool virtfn;		/* it is a virtual function: no pin, and memory that is always on */
#ifdef WITH_MLX5
	bool mlx5;		/* it is a virtual function of an mlx5 adapter, and has flr */
#endif
	bool broken_intx;	/* its pin is known not to be usable */
	bool extended;		/* it is of PCI Express, with the larger config space */
};

static inline bool is_mlx5(const struct slot_spec *spec)
{
#ifdef WITH_MLX5
	return spec->mlx5;
#else
	(void)spec;
	return false;
#endif
}

/* Filled in before a machine is made. */
extern struct slot_spec specs[SLOTS];

/* A descriptor on its way in or out is neither there to use nor free to open. */
enum slot_fd { SLOT_FD_FREE, SLOT_FD_BUSY, SLOT_FD_OPEN };

/* A user of a device, and what it holds. */
struct slot_user {
	u32 fd;					/* enum slot_fd: its descriptor of the device, */
	atomic_t users;				/* who uses what that leads to, the descriptor among them, */
	struct file *file;			/* and what that is */
	struct entry_user *entry;		/* what else takes the user there; see entry.h */
	struct eventfd_ctx *intx_eventfd;	/* its end of the interrupt */
	struct eventfd_ctx *wake_eventfd;	/* ... and of the wake-up from low power */
	int usage;				/* the PM usage count of the device when it was plugged in */
	u32 blocked;				/* a step keeps others from the device's config space */
	struct file *faulting;			/* a page fault in a mapping of it is under way */
};

/*
 * A slot and what sits in it. A race puts all of a machine back after every step, so that what only some devices need
 * is behind a pointer.
 */
struct slot {
	struct pci_dev *pdev;
	struct vfio_pci_core_device *vdev;	/* while a vfio driver is bound */
	struct slot_user *user;
	struct vga_device *vga;			/* what the arbiter knows of it, if it is a VGA adapter */
};

extern struct slot slots[SLOTS];

/* The slot of that number, or NULL where nothing sits in it. */
struct slot *slot_of(u32 device);

/* An ioctl, or an access of a region, through the user's descriptor. No slot: -ENODEV. */
s64 slot_ioctl(struct slot *slot, unsigned int cmd, const void *arg);
s64 slot_region_rw(struct slot *slot, u32 region, u32 offset, u32 bytes, u32 *val, bool write);

/* ---- modules ---- */

enum slot_module {
	SLOT_VFIO_PCI,
	SLOT_VARIANT,		/* a driver of its own over vfio-pci-core, without parameters */
#ifdef WITH_MLX5
	SLOT_MLX5,		/* mlx5-vfio-pci, for virtual functions of mlx5 adapters */
#endif
	SLOT_MODULES
};

/* Parameters of vfio-pci, and bits of them on its command line. */
enum slot_param {
	SLOT_NOINTXMASK,
	SLOT_DISABLE_VGA,
	SLOT_DISABLE_IDLE_D3,
	SLOT_ENABLE_SRIOV,
	SLOT_DISABLE_DENYLIST,
	SLOT_PARAMS
};

/* Reports modules that could not be unloaded; -> how many. */
u32 check_modules(void);

/* ---- ops that others call ---- */

s64 op_config_unblock(u32 device);
s64 op_page_fault_end(u32 device);
s64 op_close(u32 device);
s64 op_unbind(u32 device);
s64 op_unload(enum slot_module module);

#endif
