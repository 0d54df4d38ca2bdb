import { At, Tag } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';

const TYPES: ReadonlySet<number> = new Set([Tag.structureType, Tag.unionType, Tag.enumerationType]);
const FILE_SCOPE = 1;

/** Where the named structs, unions, enums and located variables are defined: one pass over all entries. */
export class NameIndex {
  readonly #dwarf: Dwarf;
  /** Tag → name → offsets, in file order. Function-local names are apart: file scope comes first. */
  readonly #global = new Map<number, Map<string, number[]>>();
  readonly #local = new Map<number, Map<string, number[]>>();

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
    dwarf.forEach((die, depth) => {
      const name = definedName(die);
      if (name === null) return;
      const byTag = depth === FILE_SCOPE ? this.#global : this.#local;
      const byName = byTag.get(die.tag) ?? new Map<string, number[]>();
      byTag.set(die.tag, byName);
      const offsets = byName.get(name);
      if (offsets === undefined) byName.set(name, [die.offset]);
      else offsets.push(die.offset);
    });
  }

  /** Every definition of a name, those at file scope if there are any. */
  definitions(tag: number, name: string): Die[] {
    const offsets = this.#global.get(tag)?.get(name) ?? this.#local.get(tag)?.get(name) ?? [];
    return offsets.map((offset) => this.#dwarf.dieAt(offset));
  }

  names(tag: number): Set<string> {
    return new Set([...(this.#global.get(tag)?.keys() ?? []), ...(this.#local.get(tag)?.keys() ?? [])]);
  }
}

function definedName(die: Die): string | null {
  if (TYPES.has(die.tag)) return die.flag(At.declaration) ? null : die.name;
  if (die.tag !== Tag.variable || die.expression(At.location) === null) return null;
  for (const origin of die.origins()) {
    const name = origin.name;
    if (name !== null) return name;
  }
  return null;
}
