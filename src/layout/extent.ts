// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { Type } from './types.js';

/** Of a size or an offset in bytes; no object is larger, and sums of some hundred of them are exact in bits. */
export const LARGEST_SIZE = 2 ** 42;
/** Characters that the fields of a struct may take when each is written with its path. */
const MOST_TEXT = 2 ** 26;
/** What a line has besides its path, roughly. */
const LINE = 100;
/** Deeper than any declarator in C, and than types hold each other by value: corrupt input must not use up the stack. */
export const DEEPEST = { declarator: 32, bodies: 200 } as const;

/** What it takes to write out a type where it stands: one without a tag is written each time that it is met. */
interface Extent {
  readonly lines: number;
  readonly characters: number;
}

const NONE: Extent = { lines: 0, characters: 0 };
const ENDLESS: Extent = { lines: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY };
const known = new WeakMap<Type, Extent>();

/**
 * Refuses a type that is too much to be written out, field by field: types without a tag that hold each other
 * several times are as many fields as two to the power of their depth, and one that points to itself has no end. No C
 * source has such; a file of some hundred bytes can. Throws `E_LARGE_STRUCT`.
 */
export function checkExtent(type: Type): void {
  const isRecord = type.kind === 'struct' || type.kind === 'union';
  const { characters } = isRecord ? extentOfBody(type, new Set()) : extentOf(type, new Set(), 0);
  if (characters <= MOST_TEXT) return;
  const name = isRecord && type.name !== null ? `'${type.name}'` : 'a type';
  throw tooLarge(`${name} has more fields than can be written out`);
}

/** For what is in order as far as it is read, and beyond all that C sources have. */
export function tooLarge(message: string): LostbitError {
  return new LostbitError('E_LARGE_STRUCT', message, { hint: 'the file may be corrupt' });
}

/** Of a type in place; `open` are those without a tag that it stands in, `steps` lead to it from the last of them. */
function extentOf(type: Type, open: Set<Type>, steps: number): Extent {
  if (steps > DEEPEST.declarator) return NONE;
  switch (type.kind) {
    case 'pointer':
    case 'qualified':
      return extentOf(type.target, open, steps + 1);
    case 'array':
      return extentOf(type.element, open, steps + 1);
    case 'struct':
    case 'union':
    case 'enum':
      return type.name === null ? extentOfBody(type, open) : NONE;
    case 'function':
      return extentOfBody(type, open);
    default:
      return NONE;
  }
}

function extentOfBody(type: Type, open: Set<Type>): Extent {
  const before = known.get(type);
  if (before !== undefined) return before;
  if (open.has(type) || open.size > DEEPEST.bodies) return ENDLESS;
  open.add(type);
  let lines = 1;
  let characters = LINE;
  const add = (name: string | null, one: Extent) => {
    lines += one.lines + 1;
    characters += one.characters + (one.lines + 1) * (name?.length ?? 0) + LINE;
  };
  if (type.kind === 'struct' || type.kind === 'union')
    for (const member of type.members) add(member.name, extentOf(member.type, open, 0));
  if (type.kind === 'enum') for (const { name } of type.values) add(name, NONE);
  if (type.kind === 'function')
    for (const part of [type.returns, ...type.parameters]) add(null, extentOf(part, open, 0));
  open.delete(type);
  const extent = { lines, characters };
  known.set(type, extent);
  return extent;
}
