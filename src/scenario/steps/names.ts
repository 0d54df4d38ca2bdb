// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { offer } from '../../nearest.js';

/** What goes by names that are enumerators of the C side's: which enum, and what stands before each name there. */
export const enumerations = {
  module: { tag: 'lab_module', prefix: 'LAB_' },
  parameter: { tag: 'lab_param', prefix: 'LAB_' },
  fault: { tag: 'lab_fault', prefix: 'LAB_FAULT_' },
  flag: { tag: 'lab_flag', prefix: 'LAB_' },
  migrationState: { tag: 'vfio_device_mig_state', prefix: 'VFIO_DEVICE_STATE_' },
  adapterEvent: { tag: 'stub_mlx5_event', prefix: 'STUB_MLX5_' },
} as const;

export type Enumeration = keyof typeof enumerations;

/** An argument that a module is asked for by its name, or several of them, a bit each: no order has to be kept. */
export type Named =
  | { readonly of: Enumeration; readonly name: string }
  | { readonly of: Enumeration; readonly names: readonly string[] };

export type Arg = number | Named;

/** The C side's name of a name: `packed.a` of the flags is `LAB_PACKED_A`. */
export const enumeratorOf = (of: Enumeration, name: string): string =>
  `${enumerations[of].prefix}${name.toUpperCase().replace(/\W/g, '_')}`;

/** @throws LostbitError `E_BAD_SCENARIO`, or this code, where it is none of these names; offers the nearest ones. */
export function named<const Name extends string>(
  of: Enumeration,
  list: readonly Name[],
  name: Name,
  what: string,
  code = 'E_BAD_SCENARIO',
): { readonly of: Enumeration; readonly name: Name } {
  if (!list.includes(name))
    throw new LostbitError(code, `unknown ${what} '${name}'`, { hint: offer(name, list) });
  return { of, name };
}
