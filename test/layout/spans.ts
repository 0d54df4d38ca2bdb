// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect } from 'vitest';
import type { AccessSpan } from '../../src/layout/access-spans.js';
import { type Field, fieldsOf } from '../../src/layout/fields.js';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import type { CompilerTarget } from '../../src/layout/targets.js';
import { type ByteRange, bare, type StructType, type Type } from '../../src/layout/types.js';
import { structC } from '../../src/report/struct-c.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { toolchain } from '../support/race.js';
import { PRELUDE, type RandomStruct } from './random-struct.js';
import { tags, torture } from './torture.js';

/** `offset+size`, a dash for none. */
export const shown = (range: ByteRange | null) => (range === null ? '-' : `${range.offset}+${range.size}`);

/** What is read, written, and both, of each field. */
export const shownAll = (spans: ReadonlyMap<string, AccessSpan>): Record<string, string> =>
  Object.fromEntries(
    [...spans].map(([path, { read, write, span }]) => [path, [read, write, span].map(shown).join(' ')]),
  );

/** One struct with a field of each struct of every kind and of each given one, and a header that defines it. */
export async function allTogether(
  structs: readonly RandomStruct[],
  target: CompilerTarget,
): Promise<{ struct: StructType; tree: FileTree }> {
  const own = tags.filter(
    (tag) => torture.includes(`USE(struct, ${tag})`) && (tag !== 'wide_scalars' || target.pointerSize === 8),
  );
  const names = [...own, ...structs.map(({ tag }) => tag)];
  const members = names.map((one) => `struct ${one} in_${one};`).join('\n');
  const definitions = structs.map(({ definition }) => definition).join('\n');
  const pointedTo = /^struct target .*$/m.exec(PRELUDE)![0];
  const text = [torture, pointedTo, definitions, `struct all {\n${members}\n};\n`].join('\n');
  const read = await recordLayouts(await toolchain(), new Map([['all.c', text]]), 'all.c', target);
  const struct: StructType = { ...untagged(read.struct('all')), name: 'all' };
  return { struct, tree: new Map([['all.h', structC(struct, target)]]) };
}

/** A type without its tags and its members', so that all of its fields are its own. */
function untagged<T extends Type>(type: T): T {
  switch (type.kind) {
    case 'struct':
    case 'union':
      return {
        ...type,
        name: null,
        members: type.members.map((member) => ({ ...member, type: untagged(member.type) })),
      };
    default:
      return type;
  }
}

/**
 * Holds spans to what C11 promises: a field is accessed as a whole, and writing it touches no other location.
 * What a union overlays is no other one.
 */
export function expectLawful(
  struct: StructType,
  spans: ReadonlyMap<string, AccessSpan>,
  littleEndian: boolean,
): void {
  const fields = fieldsOf(struct, littleEndian);
  const overlays = overlaysIn(struct);
  const wrong: string[] = [];
  for (const field of fields) {
    const access = spans.get(field.path);
    if (access === undefined) {
      expect(['struct', 'union', 'array'], field.path).toContain(bare(field.member.type).kind);
      continue;
    }
    expect(access.unknown, field.path).toBeNull();
    const start = Math.floor(field.start / 8);
    const end = Math.ceil((isX87(field) ? field.start + 80 : field.end) / 8);
    for (const range of [access.read, access.write, access.span]) {
      if (range === null) continue;
      const within = range.offset <= start && end <= range.offset + range.size;
      const inside = range.offset >= 0 && range.offset + range.size <= struct.size;
      if (!within || !inside) wrong.push(`${field.path} ${start}-${end} is accessed by ${shown(range)}`);
    }
    if (access.span === null) continue;
    for (const other of fields) {
      if (shown(other.location) === shown(field.location) && other.location !== null) continue;
      if (apart(overlays.get(field.path)!, overlays.get(other.path)!)) continue;
      const bytes = other.location ?? { offset: other.start / 8, size: (other.end - other.start) / 8 };
      if (overlap(access.span, bytes))
        wrong.push(`${field.path} ${shown(access.span)} touches ${other.path} ${shown(bytes)}`);
    }
  }
  expect(wrong).toEqual([]);
}

/**
 * Of each span of the one, whether it lies in the other's, but for padding: a unit that ends where nothing follows
 * may be rounded up, wherever it begins.
 */
export function expectWithin(
  inner: ReadonlyMap<string, AccessSpan>,
  outer: ReadonlyMap<string, AccessSpan>,
  struct: StructType,
  littleEndian: boolean,
): void {
  expect([...inner.keys()]).toEqual([...outer.keys()]);
  const used = new Set<number>();
  for (const { start, end } of fieldsOf(struct, littleEndian))
    for (let byte = Math.floor(start / 8); byte < end / 8; byte++) used.add(byte);
  for (const [path, one] of inner) {
    for (const key of ['read', 'write', 'span'] as const) {
      const [small, large] = [bytesOf(one[key]), bytesOf(outer.get(path)![key])];
      const beyond = small.filter((byte) => used.has(byte) && !large.includes(byte));
      expect(beyond, `${path} ${key}`).toEqual([]);
    }
  }
}

const bytesOf = (range: ByteRange | null) =>
  range === null ? [] : Array.from({ length: range.size }, (_, i) => range.offset + i);

const overlap = (a: ByteRange, b: ByteRange) => a.offset < b.offset + b.size && b.offset < a.offset + a.size;

/** Of the ten bytes of a value, padded to 12 or 16. */
function isX87({ member, size }: Field): boolean {
  const type = bare(member.type);
  return type.kind === 'base' && type.name === 'long double' && size > 8;
}

/** For each field the members of unions that it lies in. */
function overlaysIn(struct: StructType): Map<string, ReadonlyMap<Type, number>> {
  const all = new Map<string, ReadonlyMap<Type, number>>();
  const walk = (type: StructType, prefix: string, around: ReadonlyMap<Type, number>): void => {
    for (const [i, member] of type.members.entries()) {
      const within = type.kind === 'union' ? new Map(around).set(type, i) : around;
      const path = prefix + (member.name ?? '');
      const inner = member.type;
      if ((inner.kind === 'struct' || inner.kind === 'union') && inner.name === null)
        walk(inner, member.name === null ? prefix : `${path}.`, within);
      else all.set(path, within);
    }
  };
  walk(struct, '', new Map());
  return all;
}

const apart = (a: ReadonlyMap<Type, number>, b: ReadonlyMap<Type, number>) =>
  [...a].some(([union, member]) => b.has(union) && b.get(union) !== member);
