// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { placeOf } from './gaps.js';
import { type ByteRange, bare, type Member, type StructType } from './types.js';

/**
 * The C11 memory location of each member that is one or is in one (C11 3.14): a scalar alone, or a maximal run of
 * adjacent bit-fields of width above zero. Two threads may write two locations at once without disturbing each
 * other, and a compiler that keeps to C11 writes no other location than the source does; within one, it may write all.
 *
 * Null for a struct, a union and an array, which hold several. What a union overlays is a location for each of its
 * members. Bytes are of the struct; a location of bit-fields goes from the first to the last byte that they are in.
 *
 * Where the input does not show zero-width bit-fields, one is assumed if a bit-field would have had room right behind
 * the one before, and yet begins where the next unit of its type does.
 */
export function locationsOf(struct: StructType, littleEndian = true): ReadonlyMap<Member, ByteRange | null> {
  const locations = new Map<Member, ByteRange | null>();
  for (const run of struct.kind === 'union'
    ? struct.members.map((one) => [one])
    : runsOf(struct, littleEndian)) {
    const location = run[0]!.bits === null ? scalar(run[0]!) : covering(run, littleEndian);
    for (const member of run) locations.set(member, location);
  }
  return locations;
}

/** Members in the order of the struct, bit-fields of one location together. */
function runsOf(struct: StructType, littleEndian: boolean): Member[][] {
  const runs: Member[][] = [];
  for (const member of struct.members) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const joins = before !== undefined && before.bits !== null && member.bits !== null;
    if (joins && !isSeparated(before, member, littleEndian)) run!.push(member);
    else runs.push([member]);
  }
  return runs;
}

function isSeparated(before: Member, member: Member, littleEndian: boolean): boolean {
  if (member.afterZeroWidth !== undefined) return member.afterZeroWidth;
  // An attribute moves a bit-field as a zero-width one would, and separates nothing.
  if (member.alignment !== undefined) return false;
  const { end } = placeOf(before, littleEndian);
  const { start, size } = placeOf(member, littleEndian);
  const unit = size * 8;
  if (start <= end || unit === 0) return false;
  const hadRoom = Math.floor(end / unit) === Math.floor((end + member.bits! - 1) / unit);
  return hadRoom && start % unit === 0;
}

function scalar({ offset, type }: Member): ByteRange | null {
  const inner = bare(type);
  const isScalar = !['struct', 'union', 'array', 'unknown', 'void', 'function'].includes(inner.kind);
  return isScalar ? { offset, size: inner.size } : null;
}

function covering(run: readonly Member[], littleEndian: boolean): ByteRange {
  const places = run.map((member) => placeOf(member, littleEndian));
  const offset = Math.floor(places.reduce((least, { start }) => Math.min(least, start), Infinity) / 8);
  const end = Math.ceil(places.reduce((most, place) => Math.max(most, place.end), 0) / 8);
  return { offset, size: end - offset };
}
