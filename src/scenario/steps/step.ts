// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Arg } from './names.js';

/**
 * What a step can do, one function an op. The C side's `enum lab_op` has the same names in capitals; a
 * module is asked for an op by name when a scenario is loaded into it.
 */

/** What a step can do, by the names of the C side's `enum lab_op`. */
export type OpName =
  | 'load'
  | 'bind'
  | 'unbind'
  | 'open'
  | 'close'
  | 'config_read'
  | 'config_write'
  | 'intx_enable'
  | 'intx_disable'
  | 'interrupt'
  | 'interrupt_served'
  | 'low_power_entry'
  | 'low_power_exit'
  | 'config_block'
  | 'config_unblock'
  | 'flag_write'
  | 'pm_work'
  | 'unload'
  | 'param_write'
  | 'low_power_entry_with_wakeup'
  | 'wakeups'
  | 'reset'
  | 'hot_reset'
  | 'vga_notify'
  | 'vga_decodes'
  | 'sriov'
  | 'region_read'
  | 'region_write'
  | 'fault'
  | 'fault_calls'
  | 'device_info'
  | 'region_info'
  | 'irq_info'
  | 'set_irqs'
  | 'signals'
  | 'message'
  | 'pci_error'
  | 'ioeventfd'
  | 'doorbell'
  | 'unmask'
  | 'hot_reset_info'
  | 'shutdown'
  | 'mig_state_set'
  | 'mig_state_get'
  | 'log_start'
  | 'log_stop'
  | 'log_read_and_clear'
  | 'disable_vf'
  | 'enable_vf'
  | 'eq_event'
  | 'work'
  | 'page_fault_begin'
  | 'page_fault_end'
  | 'count_up';

/** A step of a scenario: an op, the device it acts on (`null`: the kernel as a whole), its arguments. */
export interface Step<Device extends string = string> {
  readonly op: OpName;
  readonly device: Device | null;
  readonly args: readonly Arg[];
}

export function step<const D extends string>(op: OpName, device: D, ...args: Arg[]): Step<D> {
  return { op, device, args };
}
