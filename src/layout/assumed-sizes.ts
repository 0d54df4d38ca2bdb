// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type Member, type StructType } from './types.js';

/**
 * A struct in which members of types that the file does not hold, and of which the layout leaves several sizes, are taken
 * to reach as far as they can: so that no hole is claimed where there may be none. The types stay `unknown`.
 */
export function withAssumedSizes(struct: StructType): StructType {
  const members = struct.members.map((member, i): Member => {
    const { type } = member;
    if (!isUnsized(member)) return member;
    const next = struct.members.slice(i + 1).find(({ offset }) => offset > member.offset);
    const room = (next?.offset ?? struct.size) - member.offset;
    // Of a bit-field the unit: a byte, or as many as it needs.
    const size = member.bits === null ? room : Math.ceil(((member.bit ?? 0) + member.bits) / 8);
    return { ...member, type: { kind: 'unknown', id: idOf(member), size, sized: false } as typeof type };
  });
  return { ...struct, members };
}

/** Does a struct hold anything by value that the file does not? */
export const hasUnknown = (struct: StructType): boolean =>
  struct.members.some(({ type }) => bare(type).kind === 'unknown');

function isUnsized({ type, bits }: Member): boolean {
  const inner = bare(type);
  return inner.kind === 'unknown' && (!inner.sized || (bits !== null && inner.size === 0));
}

function idOf({ type }: Member): number {
  const inner = bare(type);
  return inner.kind === 'unknown' ? inner.id : 0;
}
