// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { spell } from '../layout/spell.js';
import { bare, type Member, type StructType, type Type } from '../layout/types.js';
import { explainUnknown } from '../layout/unknown-member.js';
import { printable } from '../printable.js';

/**
 * How a field is read: p = root; for each hop except the last: p = u32 at (p + hop); the field is in the
 * load at p + last hop. Little endian, as WebAssembly is.
 */
export interface FieldAccess {
  /** Byte offsets; a pointer is loaded between two of them. */
  readonly hops: readonly number[];
  /** The pointers that are followed: one fewer than hops. */
  readonly pointers: readonly FollowedPointer[];
  /** Bytes of the smallest load that covers the field, aligned within its struct where that is possible. */
  readonly size: 1 | 2 | 4 | 8;
  /** Shift of the field in that load. */
  readonly bit: number;
  /** Width of the field. */
  readonly bits: number;
  readonly signed: boolean;
  /** It is a pointer, whatever its type is called. */
  readonly pointer: boolean;
  /** In C: `bool`, `u32`, `struct eventfd_ctx *`. */
  readonly type: string;
}

/** A pointer that a path leads through. */
export interface FollowedPointer {
  /** The path to the pointer itself. */
  readonly path: string;
  /** Bytes of the type that it points to. */
  readonly target: number;
  /** It is followed by an index: it points to an array of such elements. */
  readonly indexed: boolean;
}

/** Where a path has got to: a place in memory and what is there. */
export interface Place {
  readonly hops: readonly number[];
  readonly pointers: readonly FollowedPointer[];
  readonly type: Type;
  /** The member the place was reached by, where it is a bit-field. */
  readonly bits: Pick<Member, 'bit' | 'bits'> | null;
}

const SIZES = [1, 2, 4, 8] as const;

/** An offset that no memory has, and that more can be added to. */
const BEYOND = 2 ** 40;

/**
 * Resolves a path such as `pdev.dev.power.usage_count`, `rbar[2]` or `ctx.entry[0].masked` against a struct.
 * Pointers are followed where a member or an index follows; anonymous members are looked through; a struct
 * of one scalar member (`atomic_t`) stands for that scalar.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD` which component is wrong, and what was near.
 */
export function resolveFieldPath(root: StructType, path: string): FieldAccess {
  return fieldFrom({ hops: [0], pointers: [], type: root, bits: null }, '', path);
}

/** The same from any place on, which is called `start`: the path begins with that. */
export function fieldFrom(place: Place, start: string, path: string): FieldAccess {
  const { walk, end } = walked(place, start, path);
  return walk.access(end);
}

/** Where such a path leads, whatever is there. */
export function placeFrom(place: Place, start: string, path: string): Place {
  return walked(place, start, path).end;
}

function walked(place: Place, start: string, path: string): { walk: Walk; end: Place } {
  const walk = new Walk(path);
  let end = place;
  walk.done = start;
  // What the start is called is no member of anything.
  for (const step of parse(start === '' ? path : `_${path.slice(start.length)}`).slice(
    start === '' ? 0 : 1,
  )) {
    end = typeof step === 'string' ? walk.member(end, step) : walk.element(end, step);
    walk.done += typeof step === 'string' ? `${walk.done === '' ? '' : '.'}${step}` : `[${step}]`;
  }
  return { walk, end };
}

/** `a.b[2]` as `['a', 'b', 2]`. */
function parse(path: string): (string | number)[] {
  if (!/^[A-Za-z_]\w*(\[\d+\])*(\.[A-Za-z_]\w*(\[\d+\])*)*$/.test(path)) {
    throw new LostbitError('E_UNKNOWN_FIELD', `malformed field path '${printable(path)}'`, {
      hint: "write it as 'member.member[index].member'",
    });
  }
  return (path.match(/\w+/g) ?? []).map((word) => (/^\d/.test(word) ? Number(word) : word));
}

/** The steps of one path; knows it for error messages. */
class Walk {
  readonly path: string;
  /** The part of the path that is resolved. */
  done = '';

  constructor(path: string) {
    this.path = path;
  }

  member({ hops, pointers, type }: Place, name: string): Place {
    const inner = bare(type);
    const struct = inner.kind === 'pointer' ? bare(inner.target) : inner;
    if (struct.kind !== 'struct' && struct.kind !== 'union') throw this.#notAStruct(type, name);
    if (!struct.complete) {
      throw this.#error(
        `${spell(struct)} is declared but not defined in this module, so '${name}' is unknown`,
      );
    }
    const found = findMember(struct, name);
    if (found === null) {
      const { where, hint } = explainUnknown(struct, name, this.done);
      throw this.#error(`no member '${name}' in ${where}`, hint);
    }
    const { member, offset } = found;
    return {
      ...(inner.kind === 'pointer'
        ? { hops: [...hops, offset], pointers: [...pointers, this.#followed(struct, false)] }
        : { hops: advance(hops, offset), pointers }),
      type: member.type,
      bits: member.bits === null ? null : member,
    };
  }

  element({ hops, pointers, type }: Place, index: number): Place {
    const inner = bare(type);
    if (inner.kind === 'pointer') {
      return {
        hops: [...hops, this.#offsetOf(index, inner.target)],
        pointers: [...pointers, this.#followed(inner.target, true)],
        type: inner.target,
        bits: null,
      };
    }
    if (inner.kind !== 'array')
      throw this.#error(`'${this.done}' is a '${spell(type)}', which has no elements`);
    // GNU C's `T x[0]` is a flexible array too.
    if (inner.count !== null && inner.count !== 0 && index >= inner.count) {
      throw this.#error(`index ${index} is out of range, '${this.done}' has ${inner.count} elements`);
    }
    return {
      hops: advance(hops, this.#offsetOf(index, inner.element)),
      pointers,
      type: inner.element,
      bits: null,
    };
  }

  /** The load of the scalar at a place. */
  access({ hops, pointers, type, bits: field }: Place): FieldAccess {
    const inner = bare(type);
    if (inner.kind === 'struct' || inner.kind === 'union') {
      const [only, ...others] = inner.members;
      if (only === undefined || others.length > 0) {
        throw this.#error(
          `'${spell(type)}' has no value of its own`,
          `name one of its members: ${names(inner)}`,
        );
      }
      return this.access({
        hops: advance(hops, only.offset),
        pointers,
        type: only.type,
        bits: only.bits === null ? null : only,
      });
    }
    if (inner.kind !== 'base' && inner.kind !== 'enum' && inner.kind !== 'pointer') {
      throw this.#error(
        `'${spell(type)}' has no value of its own`,
        inner.kind === 'array' ? `name an element: '${this.path}[0]'` : undefined,
      );
    }
    const isInteger = inner.kind !== 'base' || (inner.encoding !== 'float' && inner.encoding !== 'other');
    const bits = field?.bits ?? inner.size * 8;
    const load = isInteger ? covering(hops.at(-1)!, field?.bit ?? 0, bits) : null;
    if (load === null) throw this.#error(`a '${spell(type)}' cannot be read here as one integer`);
    return {
      hops: [...hops.slice(0, -1), load.offset],
      pointers,
      size: load.size,
      bit: load.bit,
      bits,
      signed: inner.kind === 'base' ? inner.encoding === 'signed' : inner.kind === 'enum' && inner.signed,
      pointer: inner.kind === 'pointer',
      type: spell(type),
    };
  }

  #followed({ size }: Type, indexed: boolean): FollowedPointer {
    return { path: this.done, target: size, indexed };
  }

  #offsetOf(index: number, { size }: Type): number {
    if (size === 0) throw this.#error(`the elements of '${this.done}' have no size`);
    return Math.min(index * size, BEYOND);
  }

  #notAStruct(type: Type, name: string): LostbitError {
    const inner = bare(type);
    const indexable =
      inner.kind === 'array' || (inner.kind === 'pointer' && bare(inner.target).kind === 'pointer');
    return this.#error(
      `'${this.done}' is a '${spell(type)}' and has no member '${name}'`,
      indexable ? `name an element: '${this.done}[0].${name}'` : undefined,
    );
  }

  #error(message: string, hint?: string): LostbitError {
    return new LostbitError(
      'E_UNKNOWN_FIELD',
      `${this.path}: ${message}`,
      hint === undefined ? {} : { hint },
    );
  }
}

/** A member by its name, its offset from the start of `struct`; anonymous members are looked through. */
function findMember(struct: StructType, name: string): { member: Member; offset: number } | null {
  for (const member of struct.members) {
    if (member.name === name) return { member, offset: member.offset };
    const inner = member.name === null ? bare(member.type) : null;
    const found = inner?.kind === 'struct' || inner?.kind === 'union' ? findMember(inner, name) : null;
    if (found !== null) return { member: found.member, offset: member.offset + found.offset };
  }
  return null;
}

function advance(hops: readonly number[], offset: number): number[] {
  return [...hops.slice(0, -1), hops.at(-1)! + offset];
}

/** The smallest load that holds `bits` bits from `bit` of the byte at `offset`; null if none does. */
function covering(offset: number, bit: number, bits: number) {
  if (bits < 1) return null;
  for (const size of SIZES) {
    for (const start of [offset - (offset % size), offset]) {
      const shift = (offset - start) * 8 + bit;
      if (shift + bits <= size * 8) return { offset: start, size, bit: shift };
    }
  }
  return null;
}

function names(struct: StructType): string {
  return struct.members.flatMap(({ name }) => name ?? []).join(', ');
}
