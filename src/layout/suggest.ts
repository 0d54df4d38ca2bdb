// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { type Field, fieldsOf, type Hole, holesOf } from './fields.js';
import { type Abi, declarationOf } from './natural.js';
import { Arranger, hasFlexibleEnd, movedIn } from './suggest/arrange.js';
import { type Item, itemsOf } from './suggest/items.js';
import { bare, type Member, type StructType, type Type } from './types.js';

/** Another order of a struct's members, by which some of its fields have bytes of their own. */
export interface Suggestion {
  readonly given: StructType;
  /** The struct as it would be, laid out by the machine's rules. */
  readonly struct: StructType;
  /** For each of its members, which one of the given struct it was. */
  readonly order: readonly number[];
  /** Bytes that it is larger than the given one. */
  readonly cost: number;
  readonly holes: { readonly before: readonly Hole[]; readonly after: readonly Hole[] };
  /** Bit-fields that become whole fields, by the names of their members. */
  readonly redeclared: readonly Redeclared[];
  /** Members that stand elsewhere in the order; all others keep theirs. */
  readonly moved: readonly Move[];
  /** Members that could not be moved: what comes first others count on, a flexible array has to be last. */
  readonly pinned: { readonly first: string; readonly last: string | null };
}

export interface Redeclared {
  readonly name: string;
  readonly before: Type;
  readonly after: Type;
  /** Width of the bit-field. */
  readonly bits: number;
}

export interface Move {
  readonly name: string;
  /** Its place in the new order. */
  readonly index: number;
  /** Whether it is one of the fields that were to be apart. */
  readonly own: boolean;
  /** The member in front of it, as it was and as it is to be; null for the start of the struct. */
  readonly was: string | null;
  readonly behind: string | null;
}

/**
 * Suggests how to give some fields of a struct, those that are written while others run, memory locations of their
 * own. `own` are their paths.
 *
 * A bit-field of them becomes a whole field. It keeps its declared type, unless that is an integer wider than it
 * needs: of `u32 x:1` a `u8 x` is left, since the bit-field was there to save room and has no more values than that.
 * A bool and an enum stay what they are. The other bit-fields stay together as they are, in locations of their own.
 *
 * Of all orders that is preferred which makes the smallest struct. Of those the one that takes the fewest members out
 * of their order, since that is what has to be reviewed; unused bytes are as many in all of them. Of those the one
 * with the fewest holes, and then the one that leaves the most members where they are. Up to eight members nothing is
 * better; beyond that it is a good one, found in a time that grows with the square of the members. The first member stays first: `container_of` of an embedding struct, and a
 * cast, may count on its offset. A named struct is one member, and so is an anonymous one.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD` for a path that is none, `E_NO_SUGGESTION` where the layout must stay as it
 *   is or is not known well enough: unions, packed structs, holes that no alignment explains, unknown types, and
 *   fields to be apart within a member without a tag that share their bytes there.
 */
export function suggestLayout(struct: StructType, abi: Abi, own: ReadonlySet<string>): Suggestion {
  refuseUnfit(struct, abi);
  const names = ownMembers(struct, abi, own);
  const given = new Arranger(struct, abi, itemsOf(struct, abi, new Set()));
  if (!given.reproduces(struct)) {
    throw refused(
      `struct ${struct.name ?? ''} has room between members that no alignment of theirs explains`,
      'unnamed bit-fields, or attributes that BTF does not have: take the struct from its source',
    );
  }
  const arranger = new Arranger(struct, abi, itemsOf(struct, abi, names));
  const order = arranger.best();
  return suggestionOf(struct, order, arranger.struct(order), abi);
}

function refused(message: string, hint: string): LostbitError {
  return new LostbitError('E_NO_SUGGESTION', message, { hint });
}

function refuseUnfit(struct: StructType, abi: Abi): void {
  const called = `${struct.kind} ${struct.name ?? ''}`.trim();
  if (struct.kind === 'union')
    throw refused(`the members of ${called} lie over each other in any order`, 'name a struct');
  if (!struct.complete || struct.members.length === 0)
    throw refused(`${called} has no members that are known`, 'take it from where it is defined');
  for (const { name, type } of struct.members) {
    if (bare(elementOf(type)).kind === 'unknown')
      throw refused(
        `how '${name}' of ${called} is aligned is not known`,
        'a kernel module’s BTF needs its kernel’s: give that with --base',
      );
  }
  if (declarationOf(struct, abi).packed)
    throw refused(
      `${called} is packed: where its members are is fixed by something outside`,
      'it has no holes to fill; give a copy of what it holds a struct of its own',
    );
}

function elementOf(type: Type): Type {
  const inner = bare(type);
  return inner.kind === 'array' ? elementOf(inner.element) : inner;
}

/** The members that hold the fields to be apart and are to be changed; a field within another member must be so already. */
function ownMembers(struct: StructType, abi: Abi, own: ReadonlySet<string>): Set<string> {
  const fields = fieldsOf(struct, abi.littleEndian);
  const byPath = new Map(fields.map((field) => [field.path, field]));
  const members = new Set(struct.members);
  const names = new Set<string>();
  for (const path of own) {
    const field = byPath.get(path);
    if (field === undefined) {
      throw new LostbitError('E_UNKNOWN_FIELD', `struct ${struct.name ?? ''} has no field '${path}'`, {
        hint: offer(path, byPath.keys(), 'it has no members'),
      });
    }
    if (members.has(field.member)) names.add(path);
    else if (!isAlone(field, fields)) {
      throw refused(
        `'${path}' shares its bytes within a member that has no tag, which is moved as a whole`,
        'take it out of there first',
      );
    }
  }
  return names;
}

function isAlone(field: Field, fields: readonly Field[]): boolean {
  return (
    field.bits === null &&
    fields.every((other) => other === field || other.end <= field.start || field.end <= other.start)
  );
}

function suggestionOf(given: StructType, order: readonly Item[], struct: StructType, abi: Abi): Suggestion {
  const pieces = order.flatMap((item) => item.pieces);
  const moved = movedIn(order);
  const { littleEndian } = abi;
  return {
    given,
    struct,
    order: pieces.map(({ rank }) => rank),
    cost: struct.size - given.size,
    holes: { before: holesOf(given, littleEndian), after: holesOf(struct, littleEndian) },
    redeclared: pieces.flatMap(({ member, rank }) => {
      const was = given.members[rank]!;
      return was.bits === member.bits
        ? []
        : [{ name: memberLabel(was), before: was.type, after: member.type, bits: was.bits! }];
    }),
    moved: pieces.flatMap(({ member, rank, own }, i) => {
      if (!moved.has(rank)) return [];
      const label = (one: Member | undefined) => (one === undefined ? null : memberLabel(one));
      const was = label(given.members[rank - 1]);
      return [{ name: memberLabel(member), index: i, own, was, behind: label(pieces[i - 1]?.member) }];
    }),
    pinned: {
      first: memberLabel(struct.members[0]!),
      last: hasFlexibleEnd(given) ? memberLabel(struct.members.at(-1)!) : null,
    },
  };
}

/** A member's name; of an anonymous one what it is and begins with. */
export function memberLabel({ name, type }: Member): string {
  if (name !== null) return name;
  if (type.kind !== 'struct' && type.kind !== 'union') return '';
  const [first] = type.members;
  const inside = first === undefined ? '' : ` ${memberLabel(first)} …`;
  return `${type.kind} {${inside} }`;
}
