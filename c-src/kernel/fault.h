/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be made to fail: the n-th call from now of a function that can fail in a kernel too. Steps name
 * a fault by its function's name: an enumerator has it in capitals.
 */
#ifndef LOSTBIT_KERNEL_FAULT_H
#define LOSTBIT_KERNEL_FAULT_H

#include <linux/types.h>

enum lab_fault {
	LAB_FAULT_KMALLOC,		/* every allocation: NULL */
	LAB_FAULT_PM_RUNTIME_RESUME,		/* pm_runtime_resume() of a suspended device: -EIO */
	LAB_FAULT_PCI_ENABLE_DEVICE,	/* pci_enable_device(): -EIO */
	LAB_FAULT_PCI_TRY_RESET_FUNCTION,	/* pci_try_reset_function(): -EAGAIN */
	LAB_FAULT___PCI_RESET_FUNCTION_LOCKED,	/* __pci_reset_function_locked(): -ENOTTY */
	LAB_FAULT_PCI_RESET_BUS,		/* pci_reset_bus(): -EAGAIN */
	LAB_FAULT_PCI_STORE_SAVED_STATE,		/* pci_store_saved_state(): NULL */
	LAB_FAULT_REQUEST_IRQ,		/* request_irq(): -EBUSY */
	LAB_FAULT_VFIO_REGISTER_GROUP_DEV,	/* vfio_register_group_dev(): -EINVAL */
	LAB_FAULT_VGA_CLIENT_REGISTER,	/* vga_client_register(): -ENODEV */
	LAB_FAULT_PCI_ENABLE_SRIOV,		/* pci_enable_sriov(): -ENOMEM */
	LAB_FAULT_PCI_LOAD_SAVED_STATE,		/* pci_load_saved_state(): -EINVAL */
	LAB_FAULT_PCI_SET_POWER_STATE,	/* pci_set_power_state() to another one: -EIO */
	LAB_FAULT_PCI_READ_CONFIG,		/* pci_read_config_*(): -EIO and all ones */
	LAB_FAULT_PCI_USER_READ_CONFIG,	/* pci_user_read_config_*(): the same */
	LAB_FAULT_PCI_USER_WRITE_CONFIG,	/* pci_user_write_config_*(): -EIO */
	LAB_FAULT_PCI_ALLOC_IRQ_VECTORS,	/* pci_alloc_irq_vectors(): -ENOSPC */
	LAB_FAULT_PCI_MSIX_ALLOC_IRQ_AT,	/* pci_msix_alloc_irq_at(): -ENOSPC */
	LAB_FAULT_PCI_REQUEST_SELECTED_REGIONS,	/* pci_request_selected_regions(): -EBUSY */
	LAB_FAULT_PCI_IOMAP,		/* pci_iomap(): NULL */
	LAB_FAULT_IOREMAP,		/* ioremap(): NULL */
	LAB_FAULT_IOPORT_MAP,		/* ioport_map(): NULL */
	LAB_FAULT_VGA_GET_INTERRUPTIBLE,		/* vga_get_interruptible(): -ERESTARTSYS */
	LAB_FAULT_APERTURE_REMOVE_CONFLICTING_PCI_DEVICES,		/* aperture_remove_conflicting_pci_devices(): -ENODEV */
	LAB_FAULT_EVENTFD_CTX_FDGET,	/* eventfd_ctx_fdget(): -EBADF */
	LAB_FAULT_FGET,			/* fget(): NULL */
	LAB_FAULT_DRIVER_REGISTER,	/* driver_register(): -ENOMEM */
	LAB_FAULT_DOWN_WRITE_TRYLOCK,	/* down_write_trylock(): it is taken */
	LAB_FAULT_DOWN_READ_TRYLOCK,	/* down_read_trylock(): the same */
	LAB_FAULT_PCI_DEV_TRYLOCK,	/* pci_dev_trylock(): the same */
	LAB_FAULT_MLX5_CMD_EXEC,	/* mlx5_cmd_exec() and mlx5_cmd_exec_cb(): -EIO, and the firmware has done nothing */
	LAB_FAULTS
};

/* Some machine has a fault set: a hint that costs the others one load. */
extern bool stub_faults_used;
bool stub_fault(enum lab_fault what);

static inline bool stub_should_fail(enum lab_fault what)
{
	return __builtin_expect(stub_faults_used, 0) && stub_fault(what);
}

/* From here on calls of it are counted from 0, and the n-th fails; 0: none does. -ENOENT where there is no such thing. */
int stub_fail_nth(enum lab_fault what, u32 nth);
/* Calls since then, or since the first fault of any kind; -ENOENT as above. */
s64 stub_fault_calls(enum lab_fault what);

#endif
