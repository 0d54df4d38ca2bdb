// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { locationsOf } from '../locations.js';
import { type Abi, alignmentIn, declarationOf, type Filler } from '../natural.js';
import { bare, type Member, type StructType, type Type } from '../types.js';

/** A member, in whichever place, with the unnamed bits that stay in front of it. */
export interface Piece {
  readonly member: Member;
  readonly rank: number;
  readonly fillers: readonly Filler[];
  /** Of its type, bytes. */
  readonly aligned: number;
  readonly own: boolean;
}

/** Members that stay together: one, or the bit-fields of a location. */
export interface Item {
  readonly pieces: readonly Piece[];
  /** Bytes. */
  readonly aligned: number;
  readonly own: boolean;
  /** It was among bit-fields that stay, so that it is out of order wherever it goes. */
  readonly uprooted: boolean;
}

export const isBits = ({ member }: Piece) => member.bits !== null;

/** What is to be put in order, in the order of the struct: bit-fields of a location without those that leave it. */
export function itemsOf(struct: StructType, abi: Abi, own: ReadonlySet<string>): Item[] {
  const locations = locationsOf(struct, abi.littleEndian);
  const { members } = declarationOf(struct, abi);
  const items: Item[] = [];
  let markers: Piece[] = [];
  for (let i = 0, end = 0; i < members.length; i = end) {
    const { member } = members[i]!;
    const afterBits = i > 0 && members[i - 1]!.member.bits !== null;
    const joins = (next: Member | undefined) =>
      next !== undefined && next.bits !== null && locations.get(next) === locations.get(member);
    end = i + 1;
    if (member.bits !== null) while (joins(members[end]?.member)) end++;
    const pieces = members.slice(i, end).map((one, n): Piece => {
      // What keeps bit-fields apart is put there anew; other separators are not explained by anything.
      const stays = one.member.bits !== null && !(n === 0 && afterBits);
      return pieceOf(one.member, stays ? one.fillers : [], i + n, abi, own);
    });
    // An array of no elements marks what comes behind it.
    if (isMarker(member) && end < members.length) markers.push(...pieces);
    else {
      const [first, ...rest] = parted(pieces);
      items.push(item([...markers, ...first!.pieces], first!.uprooted), ...rest);
      markers = [];
    }
  }
  return items;
}

function pieceOf(
  member: Member,
  fillers: readonly Filler[],
  rank: number,
  abi: Abi,
  own: ReadonlySet<string>,
): Piece {
  const isOwn = member.name !== null && own.has(member.name);
  const laid = isOwn && member.bits !== null ? wholeOf(member) : member;
  const unnamed = fillers.filter(({ bits }) => bits !== 0);
  return { member: laid, rank, fillers: unnamed, aligned: alignmentIn(laid.type, abi), own: isOwn };
}

function item(pieces: readonly Piece[], uprooted: boolean): Item {
  const aligned = pieces.map((piece) => Math.max(piece.aligned, piece.member.alignment ?? 1));
  return { pieces, aligned: Math.max(...aligned), own: pieces.some(({ own }) => own), uprooted };
}

/** One member, or the bit-fields of a location with those in front of them and behind that leave it. */
function parted(pieces: readonly Piece[]): Item[] {
  const bits = keptFillers(pieces);
  const firstRank = bits[0]?.rank ?? Number.POSITIVE_INFINITY;
  const lastRank = bits.at(-1)?.rank ?? -1;
  const alone = pieces.filter((piece) => !isBits(piece)).map((piece) => ({ ...piece, fillers: [] }));
  return [
    ...alone.filter(({ rank }) => rank < firstRank).map((piece) => item([piece], false)),
    ...(bits.length > 0 ? [item(bits, false)] : []),
    ...alone.filter(({ rank }) => rank > firstRank).map((piece) => item([piece], piece.rank < lastRank)),
  ];
}

const isMarker = ({ type }: Member) => bare(type).kind === 'array' && type.size === 0;

/** The bit-fields that stay; unnamed bits in front of one that leaves are in front of the next. */
function keptFillers(pieces: readonly Piece[]): Piece[] {
  const kept: Piece[] = [];
  let fillers: Filler[] = [];
  for (const piece of pieces) {
    fillers.push(...piece.fillers);
    if (!isBits(piece)) continue;
    kept.push({ ...piece, fillers });
    fillers = [];
  }
  return kept;
}

/** A bit-field as a whole field. */
function wholeOf(member: Member): Member {
  return { ...member, type: narrowed(member.type, member.bits!), bit: null, bits: null, storage: null };
}

const INTEGERS = [
  { size: 1, unsigned: ['u8', 'unsigned char'], signed: ['s8', 'signed char'] },
  { size: 2, unsigned: ['u16', 'unsigned short'], signed: ['s16', 'short'] },
  { size: 4, unsigned: ['u32', 'unsigned int'], signed: ['s32', 'int'] },
] as const;

/** The narrowest integer type that has so many bits, where the given one is wider; in the kernel's names. */
function narrowed(type: Type, bits: number): Type {
  if (type.kind === 'qualified') {
    const target = narrowed(type.target, bits);
    return { ...type, size: target.size, target };
  }
  const inner = bare(type);
  if (inner.kind !== 'base' || (inner.encoding !== 'signed' && inner.encoding !== 'unsigned')) return type;
  const fits = INTEGERS.find(({ size }) => size * 8 >= bits && size < inner.size);
  if (fits === undefined) return type;
  const [name, spelled] = fits[inner.encoding];
  const { size } = fits;
  return {
    kind: 'typedef',
    name,
    size,
    target: { kind: 'base', name: spelled, size, encoding: inner.encoding },
  };
}
