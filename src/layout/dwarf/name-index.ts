// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { At, Tag } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';

const TYPES: ReadonlySet<number> = new Set([Tag.structureType, Tag.unionType, Tag.enumerationType]);
const VARIABLES: ReadonlySet<number> = new Set([Tag.variable]);
const FILE_SCOPE = 1;

/**
 * Where the named structs, unions, enums and located variables are defined: one pass over all entries for the types,
 * and one for the variables when the first is asked for, since functions have more of those than all else.
 */
export class NameIndex {
  readonly #dwarf: Dwarf;
  readonly #types: Definitions;
  #variables: Definitions | undefined;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
    this.#types = new Definitions(dwarf, TYPES, (die) => (die.flag(At.declaration) ? null : die.name));
  }

  /** Every definition of a name, those at file scope if there are any. */
  definitions(tag: number, name: string): Die[] {
    return this.#of(tag)
      .offsets(tag, name)
      .map((offset) => this.#dwarf.dieAt(offset));
  }

  /** The first of the definitions. */
  definition(tag: number, name: string): Die | undefined {
    const [offset] = this.#of(tag).offsets(tag, name);
    return offset === undefined ? undefined : this.#dwarf.dieAt(offset);
  }

  names(tag: number): Set<string> {
    return this.#of(tag).names(tag);
  }

  #of(tag: number): Definitions {
    if (!VARIABLES.has(tag)) return this.#types;
    this.#variables ??= new Definitions(this.#dwarf, VARIABLES, variableName);
    return this.#variables;
  }
}

type Offsets = Map<number, Map<string, number[]>>;

/** The entries of some tags by name. */
class Definitions {
  /** Tag → name → offsets, in file order. Function-local names are apart: file scope comes first. */
  readonly #global: Offsets = new Map();
  readonly #local: Offsets = new Map();

  constructor(dwarf: Dwarf, tags: ReadonlySet<number>, nameOf: (die: Die) => string | null) {
    dwarf.forEach((die, depth) => {
      const name = nameOf(die);
      if (name === null) return;
      const byTag = depth === FILE_SCOPE ? this.#global : this.#local;
      const byName = byTag.get(die.tag) ?? new Map<string, number[]>();
      byTag.set(die.tag, byName);
      const offsets = byName.get(name);
      if (offsets === undefined) byName.set(name, [die.offset]);
      else offsets.push(die.offset);
    }, tags);
  }

  offsets(tag: number, name: string): readonly number[] {
    return this.#global.get(tag)?.get(name) ?? this.#local.get(tag)?.get(name) ?? [];
  }

  names(tag: number): Set<string> {
    return new Set([...(this.#global.get(tag)?.keys() ?? []), ...(this.#local.get(tag)?.keys() ?? [])]);
  }
}

function variableName(die: Die): string | null {
  if (die.expression(At.location) === null) return null;
  for (const origin of die.origins()) {
    const name = origin.name;
    if (name !== null) return name;
  }
  return null;
}
