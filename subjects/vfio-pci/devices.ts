// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { z } from 'zod';
import { definedNumber } from '../../src/defined-number.js';
import { LostbitError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { printable, printableLines } from '../../src/printable.js';

/** A PCI function that is plugged in: the C's `struct slot_spec`. */
export interface DeviceSpec {
  /** The function has an interrupt pin. Default: false. */
  readonly intx?: boolean;
  /** Functions with equal numbers share a bus, and a reset of it. Default: a bus of its own that cannot be reset. */
  readonly bus?: number;
  /** It can be reset by itself. */
  readonly flr?: boolean;
  /** It keeps its state on the way back from D3hot. */
  readonly noSoftReset?: boolean;
  /** Vectors of MSI-X. */
  readonly msix?: number;
  /** It has a PCI Express capability. */
  readonly express?: boolean;
  /** It is a VGA adapter. */
  readonly vga?: boolean;
  /** A VGA adapter's bus is not the root bus. */
  readonly belowBridge?: boolean;
  /** Virtual functions that it can have. */
  readonly vfs?: number;
  /** Vectors of MSI, up to 32. */
  readonly msi?: number;
  /** Vectors of MSI-X can be added while others are in use. */
  readonly dynMsix?: boolean;
  /** It is of a kind that vfio-pci denies to users by default. */
  readonly denylisted?: boolean;
  /** It is a virtual function: without a pin, and with memory that is always on. */
  readonly virtfn?: boolean;
  /** It is a virtual function of an mlx5 adapter. Such a one can be reset by itself. */
  readonly mlx5?: boolean;
  /** It is of a kind whose interrupt pin is known not to be usable. */
  readonly brokenIntx?: boolean;
  /** It has a PCI Express capability, and config space of 4 KiB. */
  readonly extended?: boolean;
}

/** A scenario's devices by name, the first one in the first slot. */
export type Devices<D extends string = string> = { readonly [Name in D]: DeviceSpec };

/** Slots that there are. */
export const slots = (): number =>
  definedNumber(join(packageRoot(), 'subjects/vfio-pci/ops/slots.h'), 'SLOTS');

const spec = z.strictObject({
  intx: z.boolean().optional(),
  bus: z.int().nonnegative().max(255).optional(),
  flr: z.boolean().optional(),
  noSoftReset: z.boolean().optional(),
  msix: z.int().nonnegative().max(2048).optional(),
  express: z.boolean().optional(),
  vga: z.boolean().optional(),
  belowBridge: z.boolean().optional(),
  vfs: z.int().nonnegative().max(256).optional(),
  msi: z.int().nonnegative().max(32).optional(),
  dynMsix: z.boolean().optional(),
  denylisted: z.boolean().optional(),
  virtfn: z.boolean().optional(),
  mlx5: z.boolean().optional(),
  brokenIntx: z.boolean().optional(),
  extended: z.boolean().optional(),
});
const shape = z.object({ devices: z.record(z.string(), spec) });

/** @throws LostbitError `E_BAD_SCENARIO` */
export function refuse(message: string, hint?: string): never {
  throw new LostbitError('E_BAD_SCENARIO', message, hint === undefined ? {} : { hint });
}

/**
 * Checks at run time what the types say, for files that no compiler has seen.
 *
 * @throws LostbitError `E_BAD_SCENARIO`
 */
export function checkDevices(devices: unknown): asserts devices is Devices {
  const names = Object.keys((devices as object | undefined) ?? {});
  const odd = names.find((name) => !/^[A-Za-z_]\w*$/.test(name) || name === '__proto__');
  if (odd !== undefined)
    refuse(`'${printable(odd)}' in devices is not a valid name`, 'names are letters, digits and _, as in C');
  const { error } = shape.safeParse({ devices });
  if (error !== undefined) refuse(`not a scenario:\n${printableLines(z.prettifyError(error))}`);
  if (names.length < 1 || names.length > slots())
    refuse(
      `${names.length} devices; a scenario has 1 to ${slots()}`,
      names.length > slots() ? 'make several scenarios of it' : undefined,
    );
}
