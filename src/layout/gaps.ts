// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type Member, type StructType, type Type } from './types.js';

/** A member's place counted in bits in the order of memory: from bit 0 on little endian, from bit 7 on big. */
export interface Placed {
  readonly member: Member;
  /** Bits [start, end) of the struct. */
  readonly start: number;
  readonly end: number;
  /** Bytes of the member, of a bit-field those of its declared type. */
  readonly size: number;
  /**
   * Where the unit begins that the member is counted from: its first byte; of a bit-field, the unit of its
   * type that its first bit falls into, which a packed one may leave.
   */
  readonly unit: number;
}

/** Unused bits and, further on, whole bytes. */
export interface Gap {
  readonly bits: number;
  readonly bytes: number;
}

/**
 * The unused space between the members of a struct, counted as `pahole` does: the rest of a bit-field's storage unit in
 * bits, what is between units in bytes.
 */
export interface Gaps {
  readonly members: readonly Placed[];
  readonly before: Gap;
  /** Behind each member but the last, in order. */
  readonly between: readonly Gap[];
  /** Behind the last member. */
  readonly padding: Gap;
}

/** Where a member lies, in bits in the order of memory. */
export function placeOf(member: Member, littleEndian: boolean): Placed {
  const { offset, bit, bits } = member;
  const { size } = member.type;
  if (bits === null) return { member, start: offset * 8, end: (offset + size) * 8, size, unit: offset };
  const least = offset * 8 + (littleEndian ? (bit ?? 0) : 7 - (bit ?? 0));
  const start = littleEndian ? least : least - bits + 1;
  const unit = size === 0 ? offset : Math.floor(start / (size * 8)) * size;
  return { member, start, end: start + bits, size, unit };
}

/** The gaps of a struct; meaningless of a union, whose members overlap. */
export function gapsOf(struct: StructType, littleEndian = true): Gaps {
  const members = struct.members.map((member) => placeOf(member, littleEndian));
  const total = struct.size * 8;
  const gaps: Gap[] = [];
  let seen = 0;
  // The storage unit of the bit-fields that came last: null where the last member is none.
  let open: { bits: number; end: number } | null = null;
  for (const { member, start, end, size, unit } of members) {
    let bits = 0;
    let bytes = 0;
    if (open !== null) {
      const left = Math.min(start, open.end);
      bits = left - seen;
      seen = left;
    }
    if (member.bits === null) {
      // One that lies in the padding of the base before it, as C++ may have it, leaves no gap.
      bytes = Math.max(0, Math.floor(start / 8) - Math.floor(seen / 8));
      open = null;
    } else {
      if (seen < unit * 8 && unit * 8 <= start) {
        bytes = unit - Math.floor(seen / 8);
        seen = unit * 8;
      }
      bits += start - seen;
      open = widened(open, end, unit * 8, size * 8);
    }
    seen = member.bits === null ? Math.max(seen, end) : end;
    gaps.push({ bits, bytes });
  }
  const [before = { bits: 0, bytes: 0 }, ...between] = gaps;
  const left = open === null ? seen : Math.min(total, open.end);
  return {
    members,
    before,
    between,
    padding: { bits: left - seen, bytes: struct.size - Math.floor(left / 8) },
  };
}

/** The unit that bit-fields share, once one more lies in it: it is as large as the largest of their types. */
function widened(open: { bits: number; end: number } | null, end: number, unit: number, bits: number) {
  if (open !== null && end <= open.end && bits <= open.bits) return open;
  const close = unit + bits;
  return { bits, end: end > close ? close + bits : close };
}

/** Bytes that a type is aligned to without attributes, where each scalar is aligned to its own size. */
export function naturalAlignment(type: Type, pointerSize: number): number {
  const inner = bare(type);
  switch (inner.kind) {
    case 'pointer':
      return pointerSize;
    case 'array':
      return naturalAlignment(inner.element, pointerSize);
    case 'struct':
    case 'union': {
      const known = alignments[pointerSize === 4 ? 4 : 8];
      let alignment = known.get(inner);
      if (alignment === undefined) {
        alignment = 1;
        for (const { type } of inner.members)
          alignment = Math.max(alignment, naturalAlignment(type, pointerSize));
        known.set(inner, alignment);
      }
      return alignment;
    }
    default:
      return Math.max(1, inner.size);
  }
}

/** What was found before, by the size of pointers: each struct is asked for by every one that holds it. */
const alignments = { 4: new WeakMap<StructType, number>(), 8: new WeakMap<StructType, number>() } as const;
