// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { tooLarge } from './extent.js';
import { type Field, fieldsOf } from './fields.js';
import { heaviestInOrder } from './in-order.js';
import { spell } from './spell.js';
import { type ByteRange, bare, type EnumType, type StructType } from './types.js';

/** Bytes of a cache line; the first byte of a struct is taken to begin one. */
const LINE = 64;
/** Fields in all sets of such that share bytes; where each overlaps half of the others it is their square. */
const MOST_SHARED = 2 ** 20;

/** One of two layouts to compare. */
export interface ComparedLayout {
  readonly struct: StructType;
  readonly littleEndian: boolean;
  /** The bytes that compiled code reads and writes for a field, by its path. */
  readonly spans?: ReadonlyMap<string, ByteRange>;
}

export interface Change<T> {
  readonly before: T;
  readonly after: T;
}

/** How a layout differs from another. It holds plain data only, for JSON. */
export interface LayoutComparison {
  readonly struct: string;
  /** Bytes. */
  readonly size: Change<number>;
  /** Cache lines that it takes. */
  readonly lines: Change<number>;
  /** All fields that changed, or that moved among the others; those that only shifted are in `shifts`. */
  readonly fields: readonly FieldChange[];
  /** Fields that kept their type and their order and lie elsewhere, neighbours with the same shift together. */
  readonly shifts: readonly Shift[];
  /** What fields no longer have in common. */
  readonly split: readonly Parting[];
  /** What fields now have in common. */
  readonly merged: readonly Parting[];
  readonly holes: readonly HoleChange[];
  /** Fields in other cache lines than before. */
  readonly crossed: readonly LineChange[];
}

export interface FieldChange {
  readonly path: string;
  /**
   * `widened` and `narrowed` count bits, so that a bit-field that became a whole field is widened; `retyped` has as many bits
   * of another type; `moved` has other fields in front of it, and is otherwise unchanged.
   */
  readonly change: 'added' | 'removed' | 'widened' | 'narrowed' | 'retyped' | 'moved';
  /** Null where it was added. */
  readonly before: FieldPlace | null;
  /** Null where it was removed. */
  readonly after: FieldPlace | null;
  /** Bits towards the end of memory that it lies further on; null where it is in one layout only. */
  readonly shift: number | null;
  /** Whether it stands elsewhere in the order of the fields. */
  readonly reordered: boolean;
}

export interface FieldPlace extends Pick<Field, 'offset' | 'size' | 'bit' | 'bits' | 'unit' | 'location'> {
  /** As C declares it: `bool virq_disabled:1`. */
  readonly declaration: string;
  /** Null where it is not known. */
  readonly span: ByteRange | null;
}

/** Fields, in the order of memory, that all lie so many bits further on. */
export interface Shift {
  readonly fields: readonly string[];
  readonly bits: number;
}

/** What a write to a field may touch of others: the unit of its type, its C11 memory location, what code accesses. */
export type SharedBy = 'unit' | 'location' | 'span';

/** Fields of both layouts that share bytes in one of them, and not all of them in the other. */
export interface Parting {
  readonly by: SharedBy;
  /** The bytes that they share: before the change of what was split, behind it of what was merged. */
  readonly range: ByteRange;
  readonly fields: readonly string[];
  /** The same fields as they are together in the other layout; one that shares with two others stands twice. */
  readonly parts: readonly (readonly string[])[];
}

/** Unused bits between two fields that are neighbours in memory. */
export interface Room {
  /** Bits from the start of the struct, in the order of memory. */
  readonly start: number;
  readonly bits: number;
  /** The fields around it; null at an end of the struct. */
  readonly behind: string | null;
  readonly ahead: string | null;
}

/** How the unused bits between two fields that kept their order changed. */
export interface HoleChange {
  /** `filled` was taken by fields, wholly; `closed` went away without any; `shrunk` is smaller. */
  readonly change: 'opened' | 'filled' | 'closed' | 'grown' | 'shrunk';
  /** Unused bits. */
  readonly bits: Change<number>;
  readonly before: readonly Room[];
  readonly after: readonly Room[];
  /** Fields that came to lie there. */
  readonly by: readonly string[];
  /** Fields that lay there. */
  readonly left: readonly string[];
}

/** First and last cache line of a field. */
export type Lines = readonly [first: number, last: number];

export interface LineChange {
  readonly path: string;
  readonly before: Lines;
  readonly after: Lines;
}

/** What a change did to a struct's layout, field by field, by their paths. Throws `E_LARGE_STRUCT`. */
export function compareLayouts(before: ComparedLayout, after: ComparedLayout): LayoutComparison {
  const [asIs, asWas] = [new Side(after).paths, new Side(before).paths];
  const old = new Side(before, namesFrom(asWas, asIs));
  const now = new Side(after, namesFrom(asIs, asWas));
  const kept = keptInOrder(old, now);
  return {
    struct: after.struct.name ?? '',
    size: { before: before.struct.size, after: after.struct.size },
    lines: { before: linesOf(before.struct), after: linesOf(after.struct) },
    fields: fieldChanges(old, now, kept),
    shifts: shiftsOf(old, now, kept),
    split: partings(old, now),
    merged: partings(now, old),
    holes: holeChanges(old, now, kept),
    crossed: crossings(old, now),
  };
}

/** A name, or a type, that only the kernel's BTF has: in each file it goes by another number. */
const UNKNOWN_NAME = /^\?[0-9a-f]+$/;
const UNKNOWN_TYPE = /\/\* type \d+ \*\//g;

/** A layout with what is asked of it, fields in the order of memory. Those without a known name are counted. */
class Side {
  readonly fields: ReadonlyMap<string, Field>;
  readonly paths: readonly string[];
  readonly rooms: readonly (Room & { readonly index: number })[];
  readonly #spans: ReadonlyMap<string, ByteRange> | undefined;

  /** @param names what fields without a known name are called on the other side. */
  constructor(
    { struct, littleEndian, spans }: ComparedLayout,
    names: ReadonlyMap<string, string> = new Map(),
  ) {
    const sorted = fieldsOf(struct, littleEndian).sort((a, b) => a.start - b.start || a.end - b.end);
    const named = new Map<string, Field>();
    const counts = new Map<string, number>();
    let nameless = 0;
    for (const field of sorted) {
      const path = UNKNOWN_NAME.test(field.path) ? `?${++nameless}` : field.path;
      named.set(uniqueIn(named, counts, names.get(path) ?? path), field);
    }
    this.fields = named;
    this.paths = [...named.keys()];
    this.rooms = this.#findRooms(struct.size * 8);
    this.#spans = spans;
  }

  place(path: string): FieldPlace | null {
    const field = this.fields.get(path);
    if (field === undefined) return null;
    const { offset, size, bit, bits, unit, location } = field;
    return { declaration: declared(field), offset, size, bit, bits, unit, location, span: this.#span(path) };
  }

  #span(path: string): ByteRange | null {
    return this.#spans?.get(path) ?? null;
  }

  /** Bytes that a write to a field may touch; null where that is not known, or where it has no bytes. */
  touched(path: string, by: SharedBy): ByteRange | null {
    const field = this.fields.get(path);
    if (field === undefined || field.end === field.start) return null;
    if (by === 'span') return this.#span(path);
    const offset = Math.floor(field.start / 8);
    return field[by] ?? { offset, size: Math.ceil(field.end / 8) - offset };
  }

  /** `index` counts the fields in front of it. */
  #findRooms(size: number): (Room & { index: number })[] {
    const rooms: (Room & { index: number })[] = [];
    let end = 0;
    let behind: string | null = null;
    for (const [index, path] of [...this.paths, null].entries()) {
      const next = path === null ? { start: size, end: size } : this.fields.get(path)!;
      if (next.start > end) rooms.push({ start: end, bits: next.start - end, behind, ahead: path, index });
      if (next.end >= end) {
        end = next.end;
        behind = path;
      }
    }
    return rooms;
  }
}

/** The names that the other side has for fields without one: where as many stand between two fields that both have. */
function namesFrom(own: readonly string[], others: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const places = new Map(others.map((path, i) => [path, i]));
  let [first, theirs] = [0, 0];
  for (const [i, path] of [...own, null].entries()) {
    const there = path === null ? others.length : path.startsWith('?') ? undefined : places.get(path);
    if (there === undefined) continue;
    if (there - theirs === i - first)
      for (let k = 0; k < i - first; k++)
        if (own[first + k]!.startsWith('?') && !others[theirs + k]!.startsWith('?'))
          names.set(own[first + k]!, others[theirs + k]!);
    [first, theirs] = [i + 1, there + 1];
  }
  return names;
}

/** Numbers paths that occur twice, as of unnamed members of a type with a tag (a compiler extension). */
function uniqueIn(known: ReadonlyMap<string, unknown>, counts: Map<string, number>, path: string): string {
  if (!known.has(path)) return path;
  let n = counts.get(path) ?? 2;
  while (known.has(`${path}#${n}`)) n++;
  counts.set(path, n + 1);
  return `${path}#${n}`;
}

const linesOf = ({ size }: StructType) => Math.ceil(size / LINE);
const widthOf = ({ start, end }: Field) => end - start;

/** A field's declaration, with the members of types without a tag. */
function declared({ member }: Pick<Field, 'member'>): string {
  return spell(member.type, member.name ?? '', bodyOf) + bitsOf(member.bits);
}

/** The same, without what two files cannot agree about. */
function comparable(field: Field): string {
  const name = UNKNOWN_NAME.test(field.path) ? '?' : field.member.name;
  return declared({ member: { ...field.member, name } }).replace(UNKNOWN_TYPE, '/* type */');
}

function bodyOf(type: StructType | EnumType): string {
  const parts =
    type.kind === 'enum'
      ? type.values.map(({ name, value }) => `${name} = ${value}`)
      : type.members.map((member) => spell(member.type, member.name ?? '', bodyOf) + bitsOf(member.bits));
  return `{ ${parts.join('; ')} }`;
}

const bitsOf = (bits: number | null) => (bits === null ? '' : `:${bits}`);

/** The paths of fields of both that have stayed in order: as many as can; else those that did not change, the large. */
function keptInOrder(old: Side, now: Side): ReadonlySet<string> {
  const ranks = new Map(old.paths.map((path, i) => [path, i]));
  const common = now.paths.filter((path) => ranks.has(path));
  const widths = common.map((path) => widthOf(now.fields.get(path)!));
  const all = sum(widths) + 1;
  const merits = common.map(
    (path, i) => widths[i]! + (widths[i] === widthOf(old.fields.get(path)!) ? all : 0),
  );
  const most = sum(merits) + 1;
  const chosen = heaviestInOrder(
    common.map((path) => ranks.get(path)!),
    merits.map((merit) => most + merit),
  );
  return new Set(common.filter((_, i) => chosen.has(i)));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function fieldChanges(old: Side, now: Side, kept: ReadonlySet<string>): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const path of now.paths) {
    const field = now.fields.get(path)!;
    const was = old.fields.get(path);
    const change = was === undefined ? 'added' : changeOf(was, field, kept.has(path));
    if (change === null) continue;
    changes.push({
      path,
      change,
      before: old.place(path),
      after: now.place(path),
      shift: was === undefined ? null : field.start - was.start,
      reordered: was !== undefined && !kept.has(path),
    });
  }
  for (const path of old.paths.filter((one) => !now.fields.has(one)))
    changes.push({
      path,
      change: 'removed',
      before: old.place(path),
      after: null,
      shift: null,
      reordered: false,
    });
  return changes;
}

function changeOf(was: Field, is: Field, inOrder: boolean): FieldChange['change'] | null {
  // Of a type that a file does not hold nothing is known but whether it is a bit-field's.
  if ((isUnknown(was) || isUnknown(is)) && was.bits === is.bits) return inOrder ? null : 'moved';
  if (widthOf(is) !== widthOf(was)) return widthOf(is) > widthOf(was) ? 'widened' : 'narrowed';
  if (comparable(is) !== comparable(was)) return 'retyped';
  return inOrder ? null : 'moved';
}

const isUnknown = ({ member }: Field) => bare(member.type).kind === 'unknown';

function shiftsOf(old: Side, now: Side, kept: ReadonlySet<string>): Shift[] {
  const shifts: { fields: string[]; bits: number }[] = [];
  for (const path of now.paths.filter((one) => kept.has(one))) {
    const was = old.fields.get(path)!;
    const is = now.fields.get(path)!;
    if (changeOf(was, is, true) !== null) continue;
    const bits = is.start - was.start;
    const run = shifts.at(-1);
    if (run?.bits === bits) run.fields.push(path);
    else shifts.push({ fields: [path], bits });
  }
  return shifts.filter(({ bits }) => bits !== 0);
}

/** What shares bytes on one side, and not all of it on the other. */
function partings(together: Side, apart: Side): Parting[] {
  const found: Parting[] = [];
  for (const by of ['location', 'unit', 'span'] as const) {
    const common = together.paths.filter(
      (path) => together.touched(path, by) !== null && apart.touched(path, by) !== null,
    );
    for (const fields of sharers(common, (path) => together.touched(path, by)!)) {
      const parts = sharers(fields, (path) => apart.touched(path, by)!);
      if (parts.length < 2) continue;
      const ranges = fields.map((path) => together.touched(path, by)!);
      const offset = Math.min(...ranges.map((range) => range.offset));
      const end = Math.max(...ranges.map((range) => range.offset + range.size));
      found.push({ by, range: { offset, size: end - offset }, fields, parts });
    }
  }
  return found;
}

/** All largest sets of paths of which any two share bytes; a path alone is one too. */
function sharers(paths: readonly string[], rangeOf: (path: string) => ByteRange): string[][] {
  const edges = paths.flatMap((path, i) => {
    const { offset, size } = rangeOf(path);
    return [
      { at: offset, opens: 1, i },
      { at: offset + size, opens: 0, i },
    ];
  });
  edges.sort((a, b) => a.at - b.at || a.opens - b.opens || a.i - b.i);
  const sets: string[][] = [];
  const open = new Set<number>();
  let grew = false;
  let total = 0;
  for (const { i, opens } of edges) {
    if (opens === 1) open.add(i);
    else {
      if (grew) {
        total += open.size;
        if (total > MOST_SHARED) throw tooLarge('fields share bytes with too many others');
        sets.push([...open].sort((a, b) => a - b).map((one) => paths[one]!));
      }
      open.delete(i);
    }
    grew = opens === 1;
  }
  return sets;
}

/** Between two neighbours among the fields that kept their order lies the same place in both layouts. */
function holeChanges(old: Side, now: Side, kept: ReadonlySet<string>): HoleChange[] {
  const before = stretches(old, kept);
  const after = stretches(now, kept);
  const changes: HoleChange[] = [];
  for (const [i, was] of before.entries()) {
    const is = after[i]!;
    const bits = { before: total(was.rooms), after: total(is.rooms) };
    if (bits.before === bits.after) continue;
    const change =
      bits.before === 0
        ? 'opened'
        : bits.after > bits.before
          ? 'grown'
          : bits.after > 0
            ? 'shrunk'
            : is.others.length > 0
              ? 'filled'
              : 'closed';
    changes.push({ change, bits, before: was.rooms, after: is.rooms, by: is.others, left: was.others });
  }
  return changes;
}

const total = (rooms: readonly Room[]) => sum(rooms.map(({ bits }) => bits));

/** What lies in front of each field that kept its order, and behind the last one. */
function stretches(side: Side, kept: ReadonlySet<string>): { rooms: Room[]; others: string[] }[] {
  const found: { rooms: Room[]; others: string[] }[] = [{ rooms: [], others: [] }];
  const rooms = new Map(side.rooms.map(({ index, ...room }) => [index, room]));
  for (const [index, path] of [...side.paths, null].entries()) {
    const stretch = found.at(-1)!;
    const room = rooms.get(index);
    if (room !== undefined) stretch.rooms.push(room);
    if (path === null) break;
    if (kept.has(path)) found.push({ rooms: [], others: [] });
    else stretch.others.push(path);
  }
  return found;
}

function crossings(old: Side, now: Side): LineChange[] {
  return now.paths.flatMap((path) => {
    const was = old.fields.get(path);
    if (was === undefined) return [];
    const before = linesAt(was);
    const after = linesAt(now.fields.get(path)!);
    return before[0] === after[0] && before[1] === after[1] ? [] : [{ path, before, after }];
  });
}

function linesAt({ start, end }: Field): Lines {
  const line = (bit: number) => Math.floor(bit / 8 / LINE);
  return [line(start), line(Math.max(start, end - 1))];
}
