// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  VFIO_IRQ_SET_ACTION_TRIGGER,
  VFIO_IRQ_SET_ACTION_UNMASK,
  VFIO_IRQ_SET_DATA_EVENTFD,
  VFIO_IRQ_SET_DATA_NONE,
} from '../uapi.js';
import { step } from './step.js';

// Interrupts, and the eventfds that they are signalled to.

/** Has the device's INTx signalled to an eventfd of the user's. */
export const intxEnable = <const D extends string>(device: D) => step('intx_enable', device);

/** Takes that eventfd away again. */
export const intxDisable = <const D extends string>(device: D) => step('intx_disable', device);

/** The device asserts its interrupt pin; returns how often the user's eventfd has been signalled. */
export const interrupt = <const D extends string>(device: D) => step('interrupt', device);

/** The user has served the interrupt and the pin drops; returns how often the eventfd has been signalled. */
export const interruptServed = <const D extends string>(device: D) => step('interrupt_served', device);

/** Kinds of interrupts, as VFIO_DEVICE_SET_IRQS numbers them. */
export const irqs = { intx: 0, msi: 1, msix: 2, error: 3, request: 4 } as const;

export type IrqName = keyof typeof irqs;

/** The user asks for a kind of interrupt; returns its flags, and above bit 8 its vectors. */
export const irqInfo = <const D extends string>(device: D, irq: IrqName | number, argsz = 0) =>
  step('irq_info', device, typeof irq === 'number' ? irq : irqs[irq], argsz);

/** Options of {@link setIrqs}; what is left out is 0. */
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

/** Further options of {@link ioeventfd}. */
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
