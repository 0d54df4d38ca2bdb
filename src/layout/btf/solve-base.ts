// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { type BtfBlob, type Reference, referencesOf } from './blob.js';
import { Kind } from './constants.js';

/** What split BTF builds upon: its own names and types are numbered behind those of its base. */
export interface BaseExtent {
  /** Bytes of the base's strings. */
  readonly strings: number;
  /** Types of the base, void not counted. */
  readonly types: number;
}

/** Steps that solving may take; a kernel's largest module takes some hundred thousand. */
const PATIENCE = 50_000_000;

const NEVER_REFERRED_TO: ReadonlySet<number> = new Set([
  Kind.function,
  Kind.variable,
  Kind.dataSection,
  Kind.declTag,
]);
const NO_VALUE: ReadonlySet<number> = new Set([...NEVER_REFERRED_TO, Kind.functionProto, Kind.forward]);
const MODIFIERS: ReadonlySet<number> = new Set([
  Kind.pointer,
  Kind.array,
  Kind.volatile,
  Kind.const,
  Kind.restrict,
  Kind.functionProto,
  Kind.typeTag,
]);
const RECORDS: ReadonlySet<number> = new Set([Kind.struct, Kind.union, Kind.enum, Kind.enum64]);

/** Whether the BTF is whole by itself: all its names and types lie in it. */
export function isWhole(blob: BtfBlob): boolean {
  if (blob.stringBytes === 0 || blob.text(0) !== '') return false;
  return blob.types.every((_, type) => {
    const { names, types } = referencesOf(blob, type);
    return names.every((name) => name < blob.stringBytes) && types.every(({ id }) => id <= blob.types.length);
  });
}

/**
 * How large the base was that split BTF was made against, from the split BTF alone. Throws `E_BTF_BASE`
 * where more than one answer fits.
 *
 * Strings. An offset below the length L of the base's strings is a name of the base, one from L on is the
 * module's own, L less. Writers of BTF keep just the strings that are used, each once. So the largest offset
 * that occurs is that of the last own string, which gives L; and it must hold for all: each offset from L on is
 * where an own string begins, and each own string is used.
 *
 * Types. An id up to the number N of the base's types is a type of the base, one behind it is the module's
 * own. The largest id that occurs is at least the first own one and at most the last, which leaves as many
 * candidates as there are own types. A wrong one shifts all references at once, and soon something refers to
 * what it cannot: a function to no prototype, a member to a function. Of those that get through, right is the
 * one that leaves the fewest own types that exist to be referred to (pointers, arrays, prototypes, anonymous
 * structs) without a reference; it must be alone with that.
 */
export function solveBase(blob: BtfBlob): BaseExtent {
  const names = new Set<number>();
  const references: Reference[] = [];
  for (const type of blob.types.keys()) {
    const { names: own, types } = referencesOf(blob, type);
    for (const name of own) names.add(name);
    references.push(...types);
  }
  return { strings: solveStrings(blob, names), types: solveTypes(blob, references) };
}

/** Whether a base with so many bytes of strings can be the one that the split BTF was made against. */
export function fitsStrings(blob: BtfBlob, strings: number): boolean {
  const starts = new Set(blob.stringStarts());
  return blob.types.every((_, type) =>
    referencesOf(blob, type).names.every((name) => name < strings || starts.has(name - strings)),
  );
}

function solveStrings(blob: BtfBlob, names: ReadonlySet<number>): number {
  const largest = [...names].reduce((a, b) => Math.max(a, b), 0);
  const starts = blob.stringStarts();
  const last = starts.at(-1);
  // Without a string of its own all its names are the base's.
  if (last === undefined) return largest + 1;
  const length = largest - last;
  const own = [...names].filter((name) => name >= length);
  const begins = new Set(starts);
  if (length < 1 || own.length !== starts.length || own.some((name) => !begins.has(name - length)))
    throw unsolved('its names');
  return length;
}

function solveTypes(blob: BtfBlob, references: readonly Reference[]): number {
  const kinds = blob.types.map((_, type) => blob.kind(type));
  const purposeful = kinds.map(
    (kind, type) => MODIFIERS.has(kind) || (RECORDS.has(kind) && blob.head(type).name === 0),
  );
  const distinct = new Map(references.map((reference) => [`${reference.id} ${reference.to}`, reference]));
  const falling = [...distinct.values()].sort((a, b) => b.id - a.id);
  const largest = falling[0]?.id ?? 0;
  const wanted = purposeful.filter(Boolean).length;

  let steps = 0;
  const candidates: { count: number; unused: number }[] = [];
  for (let count = Math.max(largest - kinds.length, 0); count <= largest; count++) {
    const referred = new Set<number>();
    const fits = falling.every(({ id, to }) => {
      if (++steps > PATIENCE) throw unsolved('its types');
      if (id <= count) return true;
      const type = id - count - 1;
      if (purposeful[type]) referred.add(type);
      return canBe(kinds[type]!, to);
    });
    if (fits) candidates.push({ count, unused: wanted - referred.size });
  }
  const [best, second] = candidates.sort((a, b) => a.unused - b.unused);
  if (best === undefined || best.unused === second?.unused) throw unsolved('its types');
  return best.count;
}

function canBe(kind: number, to: Reference['to']): boolean {
  switch (to) {
    case 'anything':
      return true;
    case 'a prototype':
      return kind === Kind.functionProto;
    case 'a variable':
      return kind === Kind.variable;
    case 'an integer':
      return kind === Kind.int;
    case 'a value':
      return !NO_VALUE.has(kind);
    case 'any type':
      return !NEVER_REFERRED_TO.has(kind);
  }
}

function unsolved(what: string): LostbitError {
  return new LostbitError('E_BTF_BASE', `the BTF is split, and ${what} do not say where its base ends`, {
    hint: "give the BTF that it builds upon: the same kernel's vmlinux, or /sys/kernel/btf/vmlinux",
  });
}
