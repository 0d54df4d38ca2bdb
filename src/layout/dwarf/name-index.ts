// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { At, Tag } from './constants.js';
import type { Die } from './die.js';
import type { DwarfParts } from './parts.js';

const TYPES: ReadonlySet<number> = new Set([
  Tag.structureType,
  Tag.classType,
  Tag.unionType,
  Tag.enumerationType,
]);
const VARIABLES: ReadonlySet<number> = new Set([Tag.variable]);
const FUNCTIONS: ReadonlySet<number> = new Set([Tag.subprogram]);
const FILE_SCOPE = 1;

/**
 * Where the named structs, unions, enums and located variables are defined: one pass over all entries for the types,
 * and one each for variables and functions when the first is asked for: there are more of those than of all else.
 */
export class NameIndex {
  readonly #parts: DwarfParts;
  readonly #types: Definitions;
  #variables: Definitions | undefined;
  #functions: Definitions | undefined;

  constructor(parts: DwarfParts) {
    this.#parts = parts;
    this.#types = new Definitions(parts, TYPES, ownName);
  }

  /** Every definition of a name, those at file scope if there are any. */
  definitions(tag: number, name: string): Die[] {
    return this.#of(tag)
      .keys(tag, name)
      .map((key) => this.#parts.dieAt(key));
  }

  /** The first of the definitions. */
  definition(tag: number, name: string): Die | undefined {
    const [key] = this.#of(tag).keys(tag, name);
    return key === undefined ? undefined : this.#parts.dieAt(key);
  }

  names(tag: number): Set<string> {
    return this.#of(tag).names(tag);
  }

  /** Whether a type is declared, by whatever tag. It goes through all entries. */
  isDeclared(name: string): boolean {
    let found = false;
    this.#parts.forEach((die) => {
      found ||= die.flag(At.declaration) && die.name === name;
    }, TYPES);
    return found;
  }

  #of(tag: number): Definitions {
    if (FUNCTIONS.has(tag)) {
      this.#functions ??= new Definitions(this.#parts, FUNCTIONS, ownName);
      return this.#functions;
    }
    if (!VARIABLES.has(tag)) return this.#types;
    this.#variables ??= new Definitions(this.#parts, VARIABLES, variableName);
    return this.#variables;
  }
}

type Keys = Map<number, Map<string, number[]>>;

/** The entries of some tags by name. */
class Definitions {
  /** Tag → name → keys, in file order. Function-local names are apart: file scope comes first. */
  readonly #global: Keys = new Map();
  readonly #local: Keys = new Map();

  constructor(parts: DwarfParts, tags: ReadonlySet<number>, nameOf: (die: Die) => string | null) {
    parts.forEach((die, depth) => {
      const name = nameOf(die);
      if (name === null) return;
      const byTag = depth === FILE_SCOPE ? this.#global : this.#local;
      const byName = byTag.get(die.tag) ?? new Map<string, number[]>();
      byTag.set(die.tag, byName);
      const keys = byName.get(name);
      if (keys === undefined) byName.set(name, [die.key]);
      else keys.push(die.key);
    }, tags);
  }

  keys(tag: number, name: string): readonly number[] {
    return this.#global.get(tag)?.get(name) ?? this.#local.get(tag)?.get(name) ?? [];
  }

  names(tag: number): Set<string> {
    return new Set([...(this.#global.get(tag)?.keys() ?? []), ...(this.#local.get(tag)?.keys() ?? [])]);
  }
}

/** Copies of a function that were inlined have none: their origin has it. */
const ownName = (die: Die) => (die.flag(At.declaration) ? null : die.name);

function variableName(die: Die): string | null {
  if (die.expression(At.location) === null) return null;
  for (const origin of die.origins()) {
    const name = origin.name;
    if (name !== null) return name;
  }
  return null;
}
