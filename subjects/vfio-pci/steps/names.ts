// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../../src/errors.js';
import { offer } from '../../../src/nearest.js';
import { printable } from '../../../src/printable.js';
import type { Enumerator, Shown } from '../../../src/scenario/step.js';

/** Names for the enumerators of one of the C's enums: behind the prefix, `vfio-pci` is `SLOT_VFIO_PCI`. */
export interface Naming<Name extends string> {
  /** What goes by these names, in a word or two. */
  readonly what: string;
  readonly enum: string;
  readonly prefix: string;
  readonly names: readonly Name[];
}

/** @throws LostbitError `E_BAD_SCENARIO` where it is none of the names; offers the nearest ones. */
export function enumeratorOf<Name extends string>(naming: Naming<Name>, name: Name): Enumerator {
  const { what, prefix, names } = naming;
  if (!names.includes(name))
    throw new LostbitError('E_BAD_SCENARIO', `unknown ${what} '${printable(String(name))}'`, {
      hint: offer(String(name), names),
    });
  return { enum: naming.enum, name: prefix + name.toUpperCase().replace(/\W/g, '_') };
}

/** An argument that goes by such a name. */
export const named = <Name extends string>(naming: Naming<Name>, name: Name): Shown => ({
  shown: name,
  is: enumeratorOf(naming, name),
});

/** An argument that has a bit for each of these names. */
export const allNamed = <Name extends string>(naming: Naming<Name>, names: readonly Name[]): Shown => ({
  shown: names.join(' '),
  is: { bits: names.map((name) => enumeratorOf(naming, name)) },
});
