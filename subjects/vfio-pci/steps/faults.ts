// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import * as general from '../../../src/scenario/step.js';

// Functions of the kernel that fail on request.

/** Those that this subject calls. `pci_read_config` stands for the accessors of all widths, and so do those for users. */
export const faults = [
  'kmalloc',
  'pm_runtime_resume',
  'pci_enable_device',
  'pci_try_reset_function',
  '__pci_reset_function_locked',
  'pci_reset_bus',
  'pci_store_saved_state',
  'request_irq',
  'vfio_register_group_dev',
  'vga_client_register',
  'pci_enable_sriov',
  'pci_load_saved_state',
  'pci_set_power_state',
  'pci_read_config',
  'pci_user_read_config',
  'pci_user_write_config',
  'pci_alloc_irq_vectors',
  'pci_msix_alloc_irq_at',
  'pci_request_selected_regions',
  'pci_iomap',
  'ioremap',
  'ioport_map',
  'vga_get_interruptible',
  'aperture_remove_conflicting_pci_devices',
  'eventfd_ctx_fdget',
  'fget',
  'driver_register',
  'down_write_trylock',
  'down_read_trylock',
  'pci_dev_trylock',
  'mlx5_cmd_exec',
] as const;

export type FaultName = (typeof faults)[number];

/** The general `fail()`, for the functions that this subject calls. */
export const fail: (name: FaultName, nth?: number) => general.Step = general.fail;

/** The general `faultCalls()`, likewise. */
export const faultCalls: (name: FaultName) => general.Step = general.faultCalls;
