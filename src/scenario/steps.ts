/**
 * What a step can do, one function an op. The C side's `enum lab_op` has the same names in capitals; a
 * module is asked for an op by name when a scenario is loaded into it.
 */

import {
  VFIO_IRQ_SET_ACTION_TRIGGER,
  VFIO_IRQ_SET_ACTION_UNMASK,
  VFIO_IRQ_SET_DATA_EVENTFD,
  VFIO_IRQ_SET_DATA_NONE,
} from './vfio.js';

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
  | 'page_fault_end';

/** A step of a scenario: an op, the device it acts on (`null`: the kernel as a whole), its arguments. */
export interface Step<Device extends string = string> {
  readonly op: OpName;
  readonly device: Device | null;
  readonly args: readonly number[];
}

function step<const D extends string>(op: OpName, device: D, ...args: number[]): Step<D> {
  return { op, device, args };
}

/** Modules that can be loaded, in the order of the C side's `enum lab_module`. */
export const modules = ['vfio-pci', 'variant', 'mlx5'] as const;
/**
 * `variant` is a driver of its own over vfio-pci-core, without parameters; `mlx5` is mlx5-vfio-pci, for devices
 * with `mlx5: true`.
 */
export type ModuleName = (typeof modules)[number];

/** Parameters of vfio-pci, in the order of the C side's `enum lab_param`. */
export const parameters = [
  'nointxmask',
  'disable_vga',
  'disable_idle_d3',
  'enable_sriov',
  'disable_denylist',
] as const;
export type ParameterName = (typeof parameters)[number];

/** Loads a module, with the named parameters switched on by its command line and the others at their defaults. */
export function load(module: ModuleName, ...on: ParameterName[]): Step<never> {
  const bits = on.reduce((sum, name) => sum | (1 << parameters.indexOf(name)), 0);
  return { op: 'load', device: null, args: [modules.indexOf(module), bits] };
}

/** Unloads a module; its devices are unbound. */
export function unload(module: ModuleName): Step<never> {
  return { op: 'unload', device: null, args: [modules.indexOf(module)] };
}

/** Writes up to four characters to a parameter of vfio-pci through sysfs. */
export function paramWrite(parameter: ParameterName, text: string): Step<never> {
  const bytes = [...new TextEncoder().encode(text)].slice(0, 4);
  const packed = bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  return { op: 'param_write', device: null, args: [parameters.indexOf(parameter), packed] };
}

/** Binds the device to the driver of a loaded module. */
export const bind = <const D extends string>(device: D, module: ModuleName = 'vfio-pci') =>
  step('bind', device, modules.indexOf(module));

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

/** The same, to be told by an eventfd when it wakes up. */
export const lowPowerEntryWithWakeup = <const D extends string>(device: D) =>
  step('low_power_entry_with_wakeup', device);

/** Returns how often that eventfd has been signalled. */
export const wakeups = <const D extends string>(device: D) => step('wakeups', device);

/** pm_wq gets to the device: what is idle is suspended. Returns 1 if that has happened. */
export const pmWork = <const D extends string>(device: D) => step('pm_work', device);

/** The user resets the device (VFIO_DEVICE_RESET). */
export const reset = <const D extends string>(device: D) => step('reset', device);

/** The user resets the device's bus (VFIO_DEVICE_PCI_HOT_RESET), owning all that is on it. */
export const hotReset = <const D extends string>(device: D) => step('hot_reset', device, 0);

/** A VGA adapter comes or goes, so that there are `adapters` elsewhere; returns the callbacks that the arbiter makes. */
export function vgaNotify(adapters: number): Step<never> {
  return { op: 'vga_notify', device: null, args: [adapters] };
}

/** Somebody writes what the adapter should decode; returns what it decodes now. */
export const vgaDecodes = <const D extends string>(device: D, resources: number) =>
  step('vga_decodes', device, resources);

/** Writes the number of virtual functions to sriov_numvfs. */
export const sriov = <const D extends string>(device: D, functions: number) =>
  step('sriov', device, functions);

/** Reads up to four bytes of a region through the user's handle; returns the value. */
export const regionRead = <const D extends string>(
  device: D,
  region: number,
  offset: number,
  bytes: 1 | 2 | 4,
) => step('region_read', device, region, offset, bytes);

/** Writes up to four bytes of a region through the user's handle. */
export const regionWrite = <const D extends string>(
  device: D,
  region: number,
  offset: number,
  bytes: 1 | 2 | 4,
  value: number,
) => step('region_write', device, region, offset, bytes, value);

/**
 * The user touches a mapped BAR whose page is missing: from here on, until `pageFaultEnd`, that fault holds the
 * device's memory_lock for reading. SIGBUS, as -EFAULT, while the device is in low power.
 */
export const pageFaultBegin = <const D extends string>(device: D) => step('page_fault_begin', device);

/** The page is there. */
export const pageFaultEnd = <const D extends string>(device: D) => step('page_fault_end', device);

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

/** What can be made to fail, named after the kernel's functions, in the order of the C side's `enum lab_fault`. */
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

/**
 * Makes the `nth` call of a kernel function from now on fail, once; with 0 none does any more. Either way its
 * calls are counted from now on (see {@link faultCalls}).
 */
export function fail(name: FaultName, nth = 1): Step<never> {
  return { op: 'fault', device: null, args: [faults.indexOf(name), nth] };
}

/** Returns how often a function that can fail was called since {@link fail} named it (or, if none did, another one). */
export function faultCalls(name: FaultName): Step<never> {
  return { op: 'fault_calls', device: null, args: [faults.indexOf(name)] };
}

/**
 * The user asks what the device can do; returns the flags, above bit 8 the number of regions and above bit 16 that
 * of interrupts. `argsz`: the room it says it has, in bytes; without it what is needed, here and below.
 */
export const deviceInfo = <const D extends string>(device: D, argsz = 0) =>
  step('device_info', device, argsz);

/** The user asks for a region; returns its flags, and above bit 8 its size in bytes. */
export const regionInfo = <const D extends string>(device: D, region: number, argsz = 0) =>
  step('region_info', device, region, argsz);

/** Kinds of interrupts, as VFIO_DEVICE_SET_IRQS numbers them. */
export const irqs = { intx: 0, msi: 1, msix: 2, error: 3, request: 4 } as const;
export type IrqName = keyof typeof irqs;

/** The user asks for a kind of interrupt; returns its flags, and above bit 8 its vectors. */
export const irqInfo = <const D extends string>(device: D, irq: IrqName | number, argsz = 0) =>
  step('irq_info', device, typeof irq === 'number' ? irq : irqs[irq], argsz);

/** What {@link setIrqs} is told; what is left out is 0. */
export interface IrqSet {
  readonly flags: number;
  /** First vector. */
  readonly start?: number;
  /** Vectors. A user has eventfds for the first 32. */
  readonly count?: number;
  /** A descriptor for all of them, -1 to take theirs away. Default: the user's own eventfd for each. */
  readonly fd?: number;
  readonly argsz?: number;
}

/** The user sets up interrupts (VFIO_DEVICE_SET_IRQS), in whatever way; booleans that it passes are all true. */
export const setIrqs = <const D extends string>(device: D, irq: IrqName | number, set: IrqSet) =>
  step(
    'set_irqs',
    device,
    typeof irq === 'number' ? irq : irqs[irq],
    set.flags,
    set.start ?? 0,
    set.count ?? 0,
    set.fd ?? 0,
    set.argsz ?? 0,
  );

const take = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
const giveUp = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;

/** Has `count` vectors of MSI from `start` on signalled, each to an eventfd of the user's. */
export const msiEnable = <const D extends string>(device: D, count = 1, start = 0) =>
  setIrqs(device, 'msi', { flags: take, start, count });
/** Has `count` vectors of MSI-X from `start` on signalled, each to an eventfd of the user's. */
export const msixEnable = <const D extends string>(device: D, count = 1, start = 0) =>
  setIrqs(device, 'msix', { flags: take, start, count });
/** Takes all vectors of MSI away again. */
export const msiDisable = <const D extends string>(device: D) => setIrqs(device, 'msi', { flags: giveUp });
/** Takes all vectors of MSI-X away again. */
export const msixDisable = <const D extends string>(device: D) => setIrqs(device, 'msix', { flags: giveUp });

/** Has errors on the device's link signalled to an eventfd of the user's; `on` false: no longer. */
export const errorEventfd = <const D extends string>(device: D, on = true) =>
  setIrqs(device, 'error', on ? { flags: take, count: 1 } : { flags: giveUp });
/** Has it signalled when the kernel wants the device back, as an unbind does; `on` false: no longer. */
export const requestEventfd = <const D extends string>(device: D, on = true) =>
  setIrqs(device, 'request', on ? { flags: take, count: 1 } : { flags: giveUp });
/** Has INTx unmasked whenever the user signals an eventfd (see {@link unmask}); `on` false: no longer. */
export const unmaskEventfd = <const D extends string>(device: D, on = true) =>
  setIrqs(device, 'intx', {
    flags: VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK,
    count: 1,
    ...(on ? {} : { fd: -1 }),
  });

/** Returns how often the user's eventfd for a vector has been signalled; MSI and MSI-X share them. */
export const signals = <const D extends string>(device: D, irq: IrqName, vector = 0) =>
  step('signals', device, irqs[irq], vector);

/** The device sends the message of a vector; returns how often the eventfd for it has been signalled. */
export const message = <const D extends string>(device: D, vector = 0) => step('message', device, vector);

/** The device's link reports an error; returns how often the eventfd for that has been signalled. */
export const pciError = <const D extends string>(device: D) => step('pci_error', device);

/** The user signals the eventfd that unmasks INTx. */
export const unmask = <const D extends string>(device: D) => step('unmask', device);

/** What {@link ioeventfd} is told besides what to write. */
export interface IoeventfdOptions {
  /** A descriptor; -1 takes away what was set up in the same way. Default: the user's own. */
  readonly fd?: number;
  readonly argsz?: number;
}

/** Has `bytes` of `value` written to a BAR whenever the user signals an eventfd (see {@link doorbell}). */
export const ioeventfd = <const D extends string>(
  device: D,
  bar: number,
  offset: number,
  bytes: number,
  value: number,
  { fd = 0, argsz = 0 }: IoeventfdOptions = {},
) => step('ioeventfd', device, bar, offset, value, bytes, fd, argsz);

/** The user signals that eventfd. */
export const doorbell = <const D extends string>(device: D) => step('doorbell', device);

/** The user asks what a hot reset takes along; returns a bit for each device, in the order in which they are declared. */
export const hotResetInfo = <const D extends string>(device: D, argsz = 0) =>
  step('hot_reset_info', device, argsz);

/**
 * All descriptors are closed, all devices unbound, all modules unloaded, as users and an administrator would;
 * returns how much is left behind or out of balance. Each finding is a violation.
 */
export function shutdown(): Step<never> {
  return { op: 'shutdown', device: null, args: [] };
}

/** Migration states, in the order of the C side's `enum vfio_device_mig_state`. */
export const migrationStates = ['error', 'stop', 'running', 'stop_copy', 'resuming', 'running_p2p'] as const;
export type MigrationState = (typeof migrationStates)[number];

/** The user moves the device to a migration state (VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE). */
export const migStateSet = <const D extends string>(device: D, state: MigrationState) =>
  step('mig_state_set', device, migrationStates.indexOf(state));

/** Returns the device's migration state: an index into {@link migrationStates}. */
export const migStateGet = <const D extends string>(device: D) => step('mig_state_get', device);

/** The user has the device log which pages it writes (VFIO_DEVICE_FEATURE_DMA_LOGGING_START). */
export const logStart = <const D extends string>(device: D) => step('log_start', device);

/** Ends that (VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP). */
export const logStop = <const D extends string>(device: D) => step('log_stop', device);

/** The user asks which pages were written (VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT) and waits for the device's report. */
export const logReadAndClear = <const D extends string>(device: D) => step('log_read_and_clear', device);

/** The driver of the PF goes down, in a reset of the adapter, and takes the device, its VF, away. */
export const disableVf = <const D extends string>(device: D) => step('disable_vf', device);

/** The driver of the PF comes up again, and with it the device, its VF. */
export const enableVf = <const D extends string>(device: D) => step('enable_vf', device);

/** What an mlx5 adapter interrupts for, in the order of the C side's `enum stub_mlx5_event`. */
const eqEvents = ['qp_error', 'cq_error', 'object_change', 'cq_completion'] as const;

const eqEvent = <const D extends string>(device: D, event: (typeof eqEvents)[number]) =>
  step('eq_event', device, eqEvents.indexOf(event));

/** An interrupt: the queue pair that the device's page tracker reports through has broken. */
export const qpError = <const D extends string>(device: D) => eqEvent(device, 'qp_error');

/** An interrupt: the completion queue of the device's page tracker has broken. */
export const cqError = <const D extends string>(device: D) => eqEvent(device, 'cq_error');

/** An interrupt: the device's page tracker has changed, and should be asked. */
export const objectChange = <const D extends string>(device: D) => eqEvent(device, 'object_change');

/** An interrupt: the device's page tracker has reported all there was to report. */
export const cqCompletion = <const D extends string>(device: D) => eqEvent(device, 'cq_completion');

/** A worker of the kernel's takes one item from a workqueue; returns 1 if there was one. */
export function work(): Step<never> {
  return { op: 'work', device: null, args: [] };
}
