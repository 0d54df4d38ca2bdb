// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Tag } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';
import { covers, type Range, type Ranges } from './ranges.js';
import type { Unit } from './unit.js';

/** A function's own code, or the copy of it that was inlined into another's. */
export interface Scope {
  readonly die: Die;
  readonly ranges: readonly Range[];
  /** Functions inlined into this one. */
  readonly inlined: readonly Scope[];
}

/** The functions that a unit has code of. Blocks within them are passed over. Throws `E_BAD_DWARF`. */
export function readScopes(dwarf: Dwarf, ranges: Ranges, unit: Unit): readonly Scope[] {
  const top: Scope[] = [];
  /** Where the scopes among an entry's children go, by the entry's depth. */
  const lists: Scope[][] = [];
  dwarf.forEachOf(unit, (die, depth) => {
    const parent = lists[depth - 1] ?? top;
    lists[depth] = parent;
    if (die.tag !== Tag.subprogram && die.tag !== Tag.inlinedSubroutine) return;
    const own = ranges.of(die);
    if (own.length === 0) return;
    const inlined: Scope[] = [];
    parent.push({ die, ranges: own, inlined });
    lists[depth] = inlined;
  });
  return top;
}

/** The scopes that an address lies in, the function first and the innermost inlined one last. */
export function scopesAt(functions: readonly Scope[], address: number): Scope[] {
  const chain: Scope[] = [];
  for (let scopes = functions; ; ) {
    const scope = scopes.find(({ ranges }) => covers(ranges, address));
    if (scope === undefined) return chain;
    chain.push(scope);
    scopes = scope.inlined;
  }
}
