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
  | 'flag_write';

/** A step of a scenario: an op, the device it acts on (`null`: the kernel as a whole), its arguments. */
export interface Step<Device extends string = string> {
  readonly op: OpName;
  readonly device: Device | null;
  readonly args: readonly number[];
}

function step<const D extends string>(op: OpName, device: D, ...args: number[]): Step<D> {
  return { op, device, args };
}

/** Modules that can be loaded. */
export type ModuleName = 'vfio-pci';

/** Loads a module, with its parameters at their defaults. */
export function load(_module: ModuleName): Step<never> {
  return { op: 'load', device: null, args: [] };
}

/** Binds the device to the loaded driver. */
export const bind = <const D extends string>(device: D) => step('bind', device);

/** Unbinds the device from its driver. */
export const unbind = <const D extends string>(device: D) => step('unbind', device);

/** Opens the device as a user does. */
export const open = <const D extends string>(device: D) => step('open', device);

/** Closes the user's handle. */
export const close = <const D extends string>(device: D) => step('close', device);

/** Reads `bytes` (1, 2 or 4) of config space at `offset` through the user's handle; returns the value. */
export const configRead = <const D extends string>(device: D, offset: number, bytes: 1 | 2 | 4) =>
  step('config_read', device, offset, bytes);

/** Writes `bytes` (1, 2 or 4) of config space at `offset` through the user's handle. */
export const configWrite = <const D extends string>(
  device: D,
  offset: number,
  bytes: 1 | 2 | 4,
  value: number,
) => step('config_write', device, offset, bytes, value);

/** Has the device's INTx signalled to an eventfd of the user's. */
export const intxEnable = <const D extends string>(device: D) => step('intx_enable', device);

/** Takes that eventfd away again. */
export const intxDisable = <const D extends string>(device: D) => step('intx_disable', device);

/** The device asserts its interrupt pin; returns how often the user's eventfd has been signalled. */
export const interrupt = <const D extends string>(device: D) => step('interrupt', device);

/** The user has served the interrupt and the pin drops; returns how often the eventfd has been signalled. */
export const interruptServed = <const D extends string>(device: D) => step('interrupt_served', device);

/** The user lets the device enter a low power state. */
export const lowPowerEntry = <const D extends string>(device: D) => step('low_power_entry', device);

/** The user wants the device back from its low power state. */
export const lowPowerExit = <const D extends string>(device: D) => step('low_power_exit', device);

/** The kernel blocks users' config access, as it does around a reset: they sleep until it is unblocked. */
export const configBlock = <const D extends string>(device: D) => step('config_block', device);

/** Lets users' config access go on. */
export const configUnblock = <const D extends string>(device: D) => step('config_unblock', device);

/** Bare flags a step can write, in the order of the C side's `enum lab_flag`. */
export const bareFlags = ['packed.a', 'packed.b', 'packed.i', 'plain.a', 'plain.b'] as const;
export type BareFlag = (typeof bareFlags)[number];

/**
 * Writes a flag of a device that is nothing but flags (`{ flags: true }`): `packed.*` are bit-fields of one
 * run of twelve, `a` and `b` in its first byte and `i` in its second; `plain.*` are separate bools.
 */
export const flagWrite = <const D extends string>(device: D, flag: BareFlag, value: boolean) =>
  step('flag_write', device, bareFlags.indexOf(flag), Number(value));
