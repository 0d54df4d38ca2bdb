// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type StructType, type Type } from '../../src/layout/types.js';

/** Where a scalar lies: bytes of the struct, and bits of the byte that holds the least significant one. */
export interface Placed {
  readonly offset: number;
  readonly bit: number | null;
  readonly bits: number | null;
  readonly size: number;
}

/** Finds a scalar by a path such as `m1.m4[2][0]`; anonymous members are looked through. */
export function placeOf(root: StructType, path: string): Placed {
  let offset = 0;
  let type: Type = root;
  let field: Pick<Placed, 'bit' | 'bits'> = { bit: null, bits: null };
  for (const step of path.match(/\w+/g) ?? []) {
    const inner = bare(type);
    if (inner.kind === 'array' && /^\d/.test(step)) {
      offset += Number(step) * inner.element.size;
      type = inner.element;
      continue;
    }
    const found = findMember(inner, step);
    if (found === null) throw new Error(`no ${step} of ${path} in ${inner.kind}`);
    offset += found.offset;
    type = found.type;
    field = found;
  }
  return { offset, bit: field.bit, bits: field.bits, size: type.size };
}

function findMember(type: Type, name: string): (Placed & { type: Type }) | null {
  if (type.kind !== 'struct' && type.kind !== 'union') return null;
  for (const member of type.members) {
    if (member.name === name) return { ...member, size: member.type.size };
    const inside = member.name === null ? findMember(bare(member.type), name) : null;
    if (inside !== null) return { ...inside, offset: inside.offset + member.offset };
  }
  return null;
}

/** Which bits of the struct's image, counted as 8 × byte + bit of the byte, a scalar's lowest `width` are. */
export function bitsOf({ offset, bit, bits, size }: Placed, littleEndian: boolean, width?: number): number[] {
  const first = bit ?? 0;
  const least = bits !== null || littleEndian ? offset : offset + size - 1;
  return Array.from({ length: width ?? bits ?? size * 8 }, (_, i) => {
    const byte = Math.floor((first + i) / 8);
    return (littleEndian ? least + byte : least - byte) * 8 + ((first + i) % 8);
  }).sort((a, b) => a - b);
}

/** The bits that are set in an image. */
export function setBits(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => i * 8 + bit),
  );
}
