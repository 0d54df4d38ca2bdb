/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be made to fail: the n-th call from now of a function that can fail in a kernel too. */
#ifndef LOSTBIT_KERNEL_FAULT_H
#define LOSTBIT_KERNEL_FAULT_H

#include <linux/types.h>

enum lab_fault {
	LAB_FAULT_KMALLOC,		/* every allocation: NULL */
	LAB_FAULT_RESUME,		/* pm_runtime_resume() of a suspended device: -EIO */
	LAB_FAULT_ENABLE_DEVICE,	/* pci_enable_device(): -EIO */
	LAB_FAULT_TRY_RESET_FUNCTION,	/* pci_try_reset_function(): -EAGAIN */
	LAB_FAULT_RESET_FUNCTION,	/* __pci_reset_function_locked(): -ENOTTY */
	LAB_FAULT_RESET_BUS,		/* pci_reset_bus(): -EAGAIN */
	LAB_FAULT_STORE_STATE,		/* pci_store_saved_state(): NULL */
	LAB_FAULT_REQUEST_IRQ,		/* request_irq(): -EBUSY */
	LAB_FAULT_REGISTER_GROUP_DEV,	/* vfio_register_group_dev(): -EINVAL */
	LAB_FAULT_VGA_CLIENT_REGISTER,	/* vga_client_register(): -ENODEV */
	LAB_FAULT_ENABLE_SRIOV,		/* pci_enable_sriov(): -ENOMEM */
	LAB_FAULTS
};

bool stub_should_fail(enum lab_fault what);
/* 0: not any more. -ENOENT where there is no such thing. */
int stub_fail_nth(enum lab_fault what, u32 nth);

#endif
