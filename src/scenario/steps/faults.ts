// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { named } from './names.js';
import type { Step } from './step.js';

// Functions of the kernel that fail on request.

/** What can be made to fail, named after the kernel's functions: the C side's `enum lab_fault`. */
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

/** `pci_read_config` stands for the accessors of all widths, and so do those for users. */
export type FaultName = (typeof faults)[number];

const fault = (name: FaultName) => named('fault', faults, name, 'function that can fail', 'E_UNKNOWN_FAULT');

/**
 * Makes the `nth` call of a kernel function from now on fail, once; with 0 none does any more. Either way its
 * calls are counted from now on (see {@link faultCalls}).
 */
export function fail(name: FaultName, nth = 1): Step<never> {
  return { op: 'fault', device: null, args: [fault(name), nth] };
}

/** Returns how often a function that can fail was called since {@link fail} named it (or, if none did, another one). */
export function faultCalls(name: FaultName): Step<never> {
  return { op: 'fault_calls', device: null, args: [fault(name)] };
}
