// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { checkExtent } from './extent.js';
import { placeOf } from './gaps.js';
import { locationsOf } from './locations.js';
import type { ByteRange, Member, StructType } from './types.js';

/** A row of a struct's layout. Bytes are of the whole struct. */
export interface Field {
  /** `a`; `point.x` in a named member of an untagged type; in an anonymous member the name alone. */
  readonly path: string;
  readonly member: Member;
  /** The byte of its least significant bit; of whole bytes the first. */
  readonly offset: number;
  /** Bytes; of a bit-field those of its declared type. */
  readonly size: number;
  /** Its least significant bit in that byte, 0 the byte's least significant; null for whole bytes. */
  readonly bit: number | null;
  /** Width of a bit-field; null for whole bytes. */
  readonly bits: number | null;
  /** The unit of its declared type, as {@link Member.storage}; of whole bytes itself. */
  readonly unit: ByteRange | null;
  /** Its C11 memory location; null where it holds several. */
  readonly location: ByteRange | null;
  /** Bits [start, end) of the whole in the order of memory. */
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of a struct as its declaration names them: an anonymous member, and a member whose type has no tag, is
 * gone into; a member of a type with a tag or a typedef is one field, and so is an array. Throws `E_LARGE_STRUCT` where
 * they are more than can be written out.
 */
export function fieldsOf(struct: StructType, littleEndian = true): Field[] {
  checkExtent(struct);
  return [...fieldsIn(struct, littleEndian, '', 0)];
}

function* fieldsIn(
  struct: StructType,
  littleEndian: boolean,
  prefix: string,
  base: number,
): Generator<Field> {
  const locations = locationsOf(struct, littleEndian);
  const moved = (range: ByteRange | null) => range && { offset: base + range.offset, size: range.size };
  for (const member of struct.members) {
    const { name, type, bit, bits } = member;
    const path = prefix + (name ?? '');
    if ((type.kind === 'struct' || type.kind === 'union') && type.name === null) {
      yield* fieldsIn(type, littleEndian, name === null ? prefix : `${path}.`, base + member.offset);
      continue;
    }
    const { start, end, size } = placeOf(member, littleEndian);
    yield {
      path,
      member,
      offset: base + member.offset,
      size,
      bit,
      bits,
      unit: moved(bits === null ? { offset: member.offset, size } : member.storage),
      location: moved(locations.get(member) ?? null),
      start: base * 8 + start,
      end: base * 8 + end,
    };
  }
}

/** Bits of a struct that no field has: whole bytes, or some bits of one. */
export interface Hole {
  readonly offset: number;
  /** Bytes; 1 where it is some bits of one. */
  readonly size: number;
  /** The least significant of the bits; null for whole bytes. */
  readonly bit: number | null;
  readonly bits: number | null;
  /** Behind the last field: what rounds the size up. */
  readonly padding: boolean;
}

/** What no field covers, in the order of memory. */
export function holesOf(struct: StructType, littleEndian = true): Hole[] {
  const fields = fieldsOf(struct, littleEndian).sort((a, b) => a.start - b.start);
  const holes: Hole[] = [];
  let end = 0;
  for (const field of fields) {
    if (field.start > end) holes.push(...holesBetween(end, field.start, littleEndian, false));
    end = Math.max(end, field.end);
  }
  return [...holes, ...holesBetween(end, struct.size * 8, littleEndian, true)];
}

function* holesBetween(start: number, end: number, littleEndian: boolean, padding: boolean): Generator<Hole> {
  for (let at = start; at < end; ) {
    const offset = Math.floor(at / 8);
    const whole = at % 8 === 0 ? Math.floor((end - at) / 8) : 0;
    if (whole > 0) {
      yield { offset, size: whole, bit: null, bits: null, padding };
      at += whole * 8;
      continue;
    }
    const bits = Math.min(end, offset * 8 + 8) - at;
    const bit = littleEndian ? at % 8 : 8 - (at % 8) - bits;
    yield { offset, size: 1, bit, bits, padding };
    at += bits;
  }
}
