// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Kind } from './constants.js';
import type { BtfSpace, Entry } from './space.js';

/** What a type's size can be, bytes. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** A member's type behind its typedefs, qualifiers and arrays. */
interface Core {
  /** The type, where it is one of the base that is not there. */
  readonly unknown: number | null;
  /** How many of them the member is. */
  readonly count: number;
  /** Its largest possible alignment, by its kind; infinite where that sets no limit. */
  readonly alignment: number;
}

interface Field extends Core {
  readonly offset: number;
  readonly bits: number | null;
}

/** Most typedefs, qualifiers and arrays around a type; longer chains are corrupt. */
const LONGEST_CHAIN = 32;
/** From here on an attribute put a member there (`____cacheline_aligned`), and not its type. */
const CACHE_LINE = 32;

/**
 * Sizes of the types of a base that is not there, from how structs of the module lay them out; those that occur
 * by value alone have any. A type is never larger than the room up to the next member, nor smaller than that
 * room without what the next member's alignment may have left empty; two neighbours of the same type stand as
 * far apart as they are long. A type's alignment divides every offset that it is found at. An attribute that
 * aligns a single member is taken for padding only where other structs say that the type is smaller.
 */
export function inferSizes(space: BtfSpace, pointerSize: number): Map<number, Bounds> {
  const structs = space.ownIds().flatMap((id) => {
    const entry = space.entry(id);
    return entry?.kind === Kind.struct || entry?.kind === Kind.union ? [entry] : [];
  });
  const records = structs.map((entry) => ({ entry, fields: fieldsOf(space, entry, pointerSize) }));

  const alignments = new Map<number, number>();
  for (const { fields } of records)
    for (const { unknown, offset, bits } of fields)
      if (unknown !== null && bits === null) lower(alignments, unknown, powerIn(offset));

  const most = new Map<number, number>();
  for (const { unknown, count, room } of records.flatMap(roomsOf))
    if (count > 0) lower(most, unknown, Math.floor(room / count));
  // A size is a multiple of the alignment, and so no less.
  for (const [id, size] of most) if (size > 0) lower(alignments, id, 2 ** Math.floor(Math.log2(size)));

  const least = new Map<number, number>();
  const raise = (id: number, size: number) => {
    if (size <= (most.get(id) ?? Number.POSITIVE_INFINITY)) least.set(id, Math.max(least.get(id) ?? 0, size));
  };
  for (const { unknown, count, room, next, end } of records.flatMap(roomsOf)) {
    if (count === 0) continue;
    if (next?.unknown === unknown && next.bits === null) {
      if (room % count === 0) raise(unknown, room / count);
      continue;
    }
    const padding = next === null ? powerIn(end) : alignmentAt(next, alignments);
    raise(unknown, Math.ceil((room - padding + 1) / count));
  }
  for (const { fields } of records)
    for (const { unknown, bits } of fields)
      if (unknown !== null && bits !== null) raise(unknown, Math.ceil(bits / 8));

  return new Map([...most].map(([id, size]) => [id, { least: Math.max(least.get(id) ?? 0, 0), most: size }]));
}

/** The room that each whole member of an unknown type has, up to what comes next in its struct. */
function roomsOf({ entry, fields }: { entry: Entry; fields: readonly Field[] }) {
  const end = entry.sizeOrType;
  return fields.flatMap(({ unknown, bits, offset, count }, i) => {
    if (unknown === null || bits !== null || offset > end) return [];
    const following = entry.kind === Kind.union ? undefined : fields[i + 1];
    // In a union a member may be far smaller than the union, which the alignment of nothing explains.
    const next = following ?? (entry.kind === Kind.union ? ANYTHING : null);
    const room = (following?.offset ?? end) - offset;
    return room < 0 ? [] : [{ unknown, count, room, next, end }];
  });
}

const ANYTHING: Field = {
  unknown: null,
  count: 0,
  alignment: Number.POSITIVE_INFINITY,
  offset: 0,
  bits: null,
};

function fieldsOf(space: BtfSpace, entry: Entry, pointerSize: number): Field[] {
  return space.elements(entry).map(([, typeId, place]) => {
    const width = entry.flag ? place >>> 24 : 0;
    const position = entry.flag ? place & 0xffffff : place;
    return {
      ...coreOf(space, typeId, pointerSize),
      offset: Math.floor(position / 8),
      bits: width > 0 ? width : null,
    };
  });
}

function coreOf(space: BtfSpace, typeId: number, pointerSize: number): Core {
  let count = 1;
  let id = typeId;
  for (let i = 0; i < LONGEST_CHAIN && id !== 0; i++) {
    const entry = space.entry(id);
    if (entry === null) return { unknown: id, count, alignment: Number.POSITIVE_INFINITY };
    switch (entry.kind) {
      case Kind.typedef:
      case Kind.volatile:
      case Kind.const:
      case Kind.restrict:
      case Kind.typeTag:
        id = entry.sizeOrType;
        break;
      case Kind.array: {
        const [element, , length] = entry.blob.words(entry.index, 3) as [number, number, number];
        count *= length;
        id = element;
        break;
      }
      case Kind.pointer:
        return { unknown: null, count, alignment: pointerSize };
      case Kind.int:
      case Kind.enum:
      case Kind.enum64:
      case Kind.float:
      case Kind.struct:
      case Kind.union:
        return { unknown: null, count, alignment: powerIn(entry.sizeOrType) };
      default:
        return { unknown: null, count, alignment: Number.POSITIVE_INFINITY };
    }
  }
  return { unknown: null, count, alignment: Number.POSITIVE_INFINITY };
}

/** What a member's alignment is at most, where it stands. */
function alignmentAt(
  { offset, bits, unknown, alignment }: Field,
  known: ReadonlyMap<number, number>,
): number {
  // A bit-field begins where there is room for it, which may be far from what its type is aligned to.
  if (bits !== null) return Number.POSITIVE_INFINITY;
  const here = powerIn(offset);
  if (here >= CACHE_LINE) return here;
  return Math.min(
    here,
    alignment,
    unknown === null ? Number.POSITIVE_INFINITY : (known.get(unknown) ?? here),
  );
}

/** The largest power of two that divides a number; infinite for 0. */
function powerIn(value: number): number {
  return value === 0 ? Number.POSITIVE_INFINITY : (value & -value) >>> 0;
}

function lower(map: Map<number, number>, key: number, value: number): void {
  map.set(key, Math.min(map.get(key) ?? Number.POSITIVE_INFINITY, value));
}
