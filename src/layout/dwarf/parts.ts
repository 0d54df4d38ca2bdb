// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Tag } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';
import type { Unit } from './unit.js';

/**
 * All sections of entries that debug information consists of, which may lie in several files: a file's own units and its
 * type units, what was split off into `.dwo` files or a package, and what `dwz -m` has moved into a file that others
 * share. An entry's key is unique among all of them.
 */
export class DwarfParts {
  readonly all: readonly Dwarf[];
  /** What several files share. */
  readonly alternate: Dwarf | null;
  /** The path that the file names it by; null where it names none. */
  readonly alternateName: string | null;
  /** Of the alternate, the units that this file imports: the others are of other files. */
  readonly #imported: ReadonlySet<Unit>;
  #signatures: ReadonlyMap<bigint, { readonly dwarf: Dwarf; readonly unit: Unit }> | undefined;

  constructor(own: readonly Dwarf[], alternate: Dwarf | null = null, alternateName: string | null = null) {
    this.all = alternate === null ? own : [...own, alternate];
    this.alternate = alternate;
    this.alternateName = alternateName;
    let base = 0;
    for (const dwarf of this.all) {
      dwarf.parts = this;
      dwarf.base = base;
      base += dwarf.info.bytes.length;
    }
    this.#imported = alternate === null ? new Set() : importedBy(own, alternate);
  }

  /** Calls `visit` for every entry that has one of the tags, as {@link Dwarf.forEach} does. */
  forEach(visit: (die: Die, depth: number) => void, tags: ReadonlySet<number>): void {
    for (const dwarf of this.all)
      for (const unit of dwarf.units)
        if (dwarf !== this.alternate || this.#imported.has(unit)) dwarf.forEachOf(unit, visit, tags);
  }

  /** The entry with a key. */
  dieAt(key: number): Die {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle]!.base <= key) low = middle + 1;
      else high = middle;
    }
    const dwarf = this.all[low - 1]!;
    return dwarf.dieAt(key - dwarf.base);
  }

  /** The entry of a type that has a unit of its own; null where there is none of that signature. */
  typeOf(signature: bigint): Die | null {
    this.#signatures ??= new Map(
      this.all.flatMap((dwarf) =>
        dwarf.units.flatMap((unit) => (unit.type === null ? [] : [[unit.type.signature, { dwarf, unit }]])),
      ),
    );
    const found = this.#signatures.get(signature);
    return found?.unit.type ? found.dwarf.dieAt(found.unit.type.offset, found.unit) : null;
  }
}

const IMPORTS: ReadonlySet<number> = new Set([Tag.importedUnit]);

/** The units of the alternate that others import, and those that these import in turn. */
function importedBy(own: readonly Dwarf[], alternate: Dwarf): Set<Unit> {
  const found = new Set<Unit>();
  const visit = (die: Die) => {
    const target = die.imported();
    if (target?.dwarf === alternate) found.add(target.unit);
  };
  for (const dwarf of own) dwarf.forEach(visit, IMPORTS);
  // The set grows while it is gone through.
  for (const unit of found) alternate.forEachOf(unit, visit, IMPORTS);
  return found;
}
