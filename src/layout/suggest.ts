import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { type Field, fieldsOf, type Hole, holesOf } from './fields.js';
import { placeOf } from './gaps.js';
import { heaviestInOrder } from './in-order.js';
import { locationsOf } from './locations.js';
import { type Abi, alignmentIn, bitsStart, declarationOf, type Filler } from './natural.js';
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

/** Up to so many members all orders are tried. */
const MOST_TRIED = 7;
/** Neighbours that are moved together. */
const MOST_TOGETHER = 4;
const MOST_ROUNDS = 8;

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
  const given = new Layouter(struct, abi, itemsOf(struct, abi, new Set()));
  if (!given.reproduces(struct)) {
    throw refused(
      `struct ${struct.name ?? ''} has room between members that no alignment of theirs explains`,
      'unnamed bit-fields, or attributes that BTF does not tell: take the struct from its source',
    );
  }
  const layouter = new Layouter(struct, abi, itemsOf(struct, abi, names));
  const order = layouter.best();
  return suggestionOf(struct, order, layouter.struct(order), abi);
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
        hint: offer(path, byPath.keys()),
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

/** A member, in whichever place, with the unnamed bits that stay in front of it. */
interface Piece {
  readonly member: Member;
  readonly rank: number;
  readonly fillers: readonly Filler[];
  /** Of its type, bytes. */
  readonly aligned: number;
  readonly own: boolean;
}

/** Members that stay together: one, or the bit-fields of a location. */
interface Item {
  readonly pieces: Piece[];
  /** Bytes. */
  readonly aligned: number;
  readonly own: boolean;
  /** It was among bit-fields that stay, so that it is out of order wherever it goes. */
  readonly uprooted: boolean;
}

const isBits = ({ member }: Piece) => member.bits !== null;

/** What is to be put in order: bit-fields of a location are one item without those that leave it. */
function itemsOf(struct: StructType, abi: Abi, own: ReadonlySet<string>): Item[] {
  const locations = locationsOf(struct, abi.littleEndian);
  const { members } = declarationOf(struct, abi);
  const items: Item[] = [];
  const item = (pieces: Piece[], uprooted = false) => ({
    pieces,
    aligned: Math.max(...pieces.map((piece) => Math.max(piece.aligned, piece.member.alignment ?? 1))),
    own: pieces.some((piece) => piece.own),
    uprooted,
  });
  let markers: Piece[] = [];
  for (let i = 0; i < members.length; ) {
    const first = members[i]!.member;
    const location = locations.get(first);
    let end = i + 1;
    if (first.bits !== null)
      while (
        end < members.length &&
        members[end]!.member.bits !== null &&
        locations.get(members[end]!.member) === location
      )
        end++;
    const afterBits = i > 0 && members[i - 1]!.member.bits !== null;
    const pieces = members.slice(i, end).map(({ member, fillers }, n): Piece => {
      const isOwn = member.name !== null && own.has(member.name);
      const whole = isOwn && member.bits !== null ? wholeOf(member) : member;
      // What keeps bit-fields apart is put there anew; what stands in front of anything else nobody explains.
      const stays = member.bits !== null && !(n === 0 && afterBits);
      return {
        member: whole,
        rank: i + n,
        fillers: stays ? fillers.filter(({ bits }) => bits !== 0) : [],
        aligned: alignmentIn(whole.type, abi),
        own: isOwn,
      };
    });
    i = end;
    if (first.bits === null) {
      // An array of no elements marks what comes behind it.
      if (isMarker(first) && i < members.length) markers.push(...pieces);
      else {
        items.push(item([...markers, ...pieces]));
        markers = [];
      }
      continue;
    }
    items.push(...(markers.length > 0 ? [item(markers)] : []));
    markers = [];
    const bits = keptFillers(pieces);
    const lead = bits.length === 0 ? pieces.length : pieces.findIndex(isBits);
    items.push(...pieces.slice(0, lead).map((piece) => item([withoutFillers(piece)])));
    if (bits.length > 0) items.push(item(bits));
    const lastRank = bits.at(-1)?.rank ?? -1;
    for (const piece of pieces.slice(lead).filter((one) => !isBits(one)))
      items.push(item([withoutFillers(piece)], piece.rank < lastRank));
  }
  return items;
}

const withoutFillers = (piece: Piece): Piece => ({ ...piece, fillers: [] });
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

/** Whole bytes that no member has, in front of the item at an index. */
interface Gap {
  readonly index: number;
  /** Bits. */
  readonly start: number;
  readonly end: number;
}

/** Bits from the start of the struct. */
interface Place {
  readonly start: number;
  readonly end: number;
}

interface Cost {
  readonly size: number;
  readonly moved: number;
  readonly holes: number;
  /** Members that lie elsewhere than in the given struct. */
  readonly pushed: number;
}

/** Puts items in order. Places are bits from the start of the struct, in the order of memory. */
class Layouter {
  readonly #struct: StructType;
  readonly #abi: Abi;
  /** In the order that they have, those that left a location at its ends. */
  readonly #items: readonly Item[];
  readonly #aligned: number;
  /** Where the members begin in the given struct, in its order. */
  readonly #given: readonly number[];
  /** Whether the last one has to stay last. */
  readonly #flexible: boolean;

  constructor(struct: StructType, abi: Abi, items: readonly Item[]) {
    this.#struct = struct;
    this.#abi = abi;
    this.#items = items;
    this.#aligned = Math.max(struct.alignment ?? 1, ...items.map(({ aligned }) => aligned));
    this.#given = struct.members.map((member) => placeOf(member, abi.littleEndian).start);
    this.#flexible = hasFlexibleEnd(struct);
  }

  /** Whether the items in their order come to lie where the struct has them. */
  reproduces(struct: StructType): boolean {
    const again = this.struct(this.#items);
    return (
      again.size === struct.size &&
      again.members.every((member, i) => {
        const [a, b] = [member, struct.members[i]!].map((one) => placeOf(one, this.#abi.littleEndian));
        return a!.start === b!.start && a!.end === b!.end;
      })
    );
  }

  best(): readonly Item[] {
    const fixed = 1 + Number(this.#flexible);
    const filled = [...this.#filled()];
    if (this.#items.length - fixed <= MOST_TRIED) return this.#cheapest([...filled, ...this.#orders()]);
    const starts = new Set([this.#items, this.#cheapest(filled)]);
    const improved = [...starts].map((order) => this.#improved(order));
    const best = this.#cheapest([...filled, ...improved, ...improved.map((order) => this.#gathered(order))]);
    return this.#sizeOf(best) > this.#leastSize() ? this.#cheapest([best, ...this.#sorted()]) : best;
  }

  /** The first of those that cost least. */
  #cheapest(orders: Iterable<readonly Item[]>): readonly Item[] {
    let best: readonly Item[] | null = null;
    let least: Cost | null = null;
    for (const order of orders) {
      const size = this.#sizeOf(order);
      if (least !== null && size > least.size) continue;
      const cost = {
        size,
        moved: movedIn(order).size,
        holes: this.#gaps(order, false).length,
        pushed: this.#pushed(order),
      };
      if (least !== null && !isLess(cost, least)) continue;
      least = cost;
      best = order;
    }
    return best!;
  }

  /** Orders by which nothing but fields to be apart moves: into holes, where there are any that they fit into. */
  *#filled(): Generator<readonly Item[]> {
    const items = this.#items;
    yield items;
    const uprooted = items.filter((item) => item.uprooted);
    const own = this.#free(items).filter((item) => item.own);
    if (uprooted.length > 0) yield this.#fill(uprooted);
    if (own.length > uprooted.length) yield this.#fill(own);
  }

  /** Items into holes, those first that fill one exactly, and else the nearest; without one they stay. */
  #fill(leaving: readonly Item[]): readonly Item[] {
    const places = new Map(this.#places(this.#items).map(({ start }, i) => [this.#items[i]!, start]));
    const away = new Set(leaving);
    let order: readonly Item[] = this.#items.filter((item) => !away.has(item));
    for (const queue = [...leaving]; queue.length > 0; ) {
      const home = places.get(queue[0]!)!;
      let best: Fit | null = null;
      for (const gap of this.#gaps(order, true)) {
        let at = gap.start;
        for (let count = 1; count <= queue.length; count++) {
          at = this.#through(queue[count - 1]!, at, null).end;
          if (at > gap.end) break;
          const fit = { gap, count, exact: at === gap.end, far: Math.abs(gap.start - home) };
          if ((fit.exact || count === 1) && (best === null || isBetterFit(fit, best))) best = fit;
        }
      }
      const taken = queue.splice(0, best?.count ?? 1);
      if (best === null) away.delete(taken[0]!);
      order = order.toSpliced(best?.gap.index ?? this.#homeIn(order, taken[0]!, away), 0, ...taken);
    }
    return order;
  }

  /** Behind the last of those that it stood behind and that have not left. */
  #homeIn(order: readonly Item[], item: Item, away: ReadonlySet<Item>): number {
    const before = new Set(this.#items.slice(0, this.#items.indexOf(item)).filter((one) => !away.has(one)));
    return order.findLastIndex((one) => before.has(one)) + 1;
  }

  /** Moves few neighbours at a time into holes where the struct is smaller without them. */
  #improved(start: readonly Item[]): readonly Item[] {
    let order = start;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const size = this.#sizeOf(order);
      if (size <= this.#leastSize()) break;
      const worth = this.#worthMoving(order, size).flatMap((group) => {
        const better = this.#intoHoles(group, order);
        return better === null ? [] : [{ group, diff: diffOf(group), pushed: this.#pushed(better) }];
      });
      worth.sort((a, b) => a.diff - b.diff || a.pushed - b.pushed);
      for (const { group } of worth) {
        const better = this.#intoHoles(group, order);
        if (better !== null && this.#sizeOf(better) < this.#sizeOf(order)) order = better;
      }
      if (this.#sizeOf(order) === size) break;
    }
    return order;
  }

  /** Neighbours without which the struct is smaller. */
  #worthMoving(order: readonly Item[], size: number): Item[][] {
    const free = new Set(this.#free(order));
    const places = this.#places(order);
    const found: Item[][] = [];
    for (let i = 1; i < order.length; i++) {
      for (let count = 1; count <= MOST_TOGETHER; count++) {
        const group = order.slice(i, i + count);
        if (group.length < count || !group.every((item) => free.has(item))) break;
        if (this.#sizeWithout(order, places, i, count) >= size) continue;
        found.push(group);
        break;
      }
    }
    return found;
  }

  #intoHoles(group: readonly Item[], from: readonly Item[]): readonly Item[] | null {
    const moving = new Set(group);
    let order: readonly Item[] = from.filter((item) => !moving.has(item));
    for (const item of group) {
      const gaps = this.#gaps(order, true).filter(
        (gap) => this.#through(item, gap.start, null).end <= gap.end,
      );
      const [tightest] = gaps.sort((a, b) => a.end - a.start - (b.end - b.start) || a.index - b.index);
      if (tightest === undefined) return null;
      order = order.toSpliced(tightest.index, 0, item);
    }
    return order;
  }

  /** Puts at the end what lies around holes, between places that are aligned as the struct is, until it is small enough. */
  #gathered(from: readonly Item[]): readonly Item[] {
    const step = this.#aligned * 8;
    const places = this.#places(from);
    const last = this.#flexible ? [from.at(-1)!] : [];
    const stays = new Set(last).add(from[0]!);
    const gathered = new Set<Item>();
    let order = from;
    for (const { index } of this.#gaps(from, true).reverse()) {
      if (this.#sizeOf(order) <= this.#leastSize()) break;
      const starts = (i: number) => i >= from.length || stays.has(from[i]!) || places[i]!.start % step === 0;
      let begin = index;
      while (begin > 1 && (begin === index || !starts(begin))) begin--;
      let end = index;
      while (!starts(end)) end++;
      for (const item of from.slice(begin, end)) if (!stays.has(item)) gathered.add(item);
      const rest = from.filter((item) => !gathered.has(item) && !last.includes(item));
      order = [...rest, ...[...gathered].sort(byAlignment), ...last];
    }
    return order;
  }

  /** By alignment, the largest first; and always the one of largest alignment that leaves no hole. */
  *#sorted(): Generator<readonly Item[]> {
    const free = this.#free(this.#items);
    yield this.#around(free.toSorted(byAlignment));
    const left = new Set(free);
    const order = [this.#items[0]!];
    let at = this.#through(order[0]!, 0, null).end;
    while (left.size > 0) {
      let best: { item: Item; start: number; end: number } | null = null;
      for (const item of left) {
        const one = { item, ...this.#through(item, at, order.at(-1)!) };
        if (best === null || isBetterNext(one, best)) best = one;
      }
      order.push(best!.item);
      left.delete(best!.item);
      at = best!.end;
    }
    yield this.#flexible ? [...order, this.#items.at(-1)!] : order;
  }

  *#orders(): Generator<readonly Item[]> {
    for (const order of permutations(this.#free(this.#items))) yield this.#around(order);
  }

  #pushed(order: readonly Item[]): number {
    let count = 0;
    let at = 0;
    let behind: Item | null = null;
    for (const item of order) {
      const place = ({ rank }: Piece, start: number) => {
        if (start !== this.#given[rank]) count++;
      };
      at = this.#through(item, at, behind, place).end;
      behind = item;
    }
    return count;
  }

  /** Items that may stand anywhere. */
  #free(order: readonly Item[]): readonly Item[] {
    return order.slice(1, this.#flexible ? -1 : undefined);
  }

  #around(free: readonly Item[]): readonly Item[] {
    const [first] = this.#items;
    return this.#items.length === 1
      ? this.#items
      : [first!, ...free, ...(this.#flexible ? [this.#items.at(-1)!] : [])];
  }

  /** Where an item begins and ends that comes at a place, behind another one. */
  #through(item: Item, from: number, behind: Item | null, place?: (piece: Piece, start: number) => void) {
    let at = from;
    if (behind !== null && isBits(behind.pieces.at(-1)!) && isBits(item.pieces[0]!))
      at = roundUp(at, item.pieces[0]!.aligned * 8);
    let start: number | null = null;
    for (const piece of item.pieces) {
      const { member, aligned, fillers } = piece;
      const asked = member.alignment ?? 1;
      for (const filler of fillers) {
        const bits = filler.bits!;
        const type = filler.type;
        const [unit, own] = type === null ? [8, 1] : [bare(type).size * 8, alignmentIn(type, this.#abi)];
        at = bitsStart(at, bits, unit, own, 1) + bits;
      }
      const begin =
        member.bits === null
          ? roundUp(at, Math.max(aligned, asked) * 8)
          : bitsStart(at, member.bits, bare(member.type).size * 8, aligned, asked);
      place?.(piece, begin);
      start ??= begin;
      at = begin + (member.bits ?? member.type.size * 8);
    }
    return { start: start!, end: at };
  }

  #places(order: readonly Item[]): Place[] {
    const places: Place[] = [];
    let at = 0;
    for (const [i, item] of order.entries()) {
      const place = this.#through(item, at, order[i - 1] ?? null);
      places.push(place);
      at = place.end;
    }
    return places;
  }

  /** Bits. */
  #sizeOf(order: readonly Item[]): number {
    let at = 0;
    let behind: Item | null = null;
    for (const item of order) {
      at = this.#through(item, at, behind).end;
      behind = item;
    }
    return roundUp(at, this.#aligned * 8);
  }

  /** The size without some neighbours; from where all is pushed by a multiple of the alignment, nothing else changes. */
  #sizeWithout(order: readonly Item[], places: readonly Place[], index: number, count: number): number {
    const step = this.#aligned * 8;
    let behind = order[index - 1]!;
    let { end } = places[index - 1]!;
    for (let i = index + count; i < order.length; i++) {
      end = this.#through(order[i]!, end, behind).end;
      behind = order[i]!;
      const pushed = places[i]!.end - end;
      if (pushed % step === 0) return roundUp(places.at(-1)!.end - pushed, step);
    }
    return roundUp(end, step);
  }

  /** Less it cannot be. */
  #leastSize(): number {
    let bits = 0;
    for (const { pieces } of this.#items) {
      const all = pieces.reduce((sum, { member }) => sum + (member.bits ?? member.type.size * 8), 0);
      bits += roundUp(all, 8);
    }
    return roundUp(bits, this.#aligned * 8);
  }

  /** Holes, of whole bytes; with the padding, where something may come behind the last item. */
  #gaps(order: readonly Item[], withPadding: boolean): Gap[] {
    const gaps: Gap[] = [];
    let at = 0;
    const gap = (index: number, end: number) => {
      const start = roundUp(at, 8);
      if (end - start >= 8) gaps.push({ index, start, end });
    };
    for (const [index, { start, end }] of this.#places(order).entries()) {
      gap(index, start);
      at = end;
    }
    if (withPadding && !this.#flexible) gap(order.length, roundUp(at, this.#aligned * 8));
    return gaps;
  }

  /** The struct that has its members in this order. */
  struct(order: readonly Item[]): StructType {
    const members: Member[] = [];
    let at = 0;
    let behind: Item | null = null;
    for (const item of order) {
      const separated: boolean = behind !== null && isBits(behind.pieces.at(-1)!);
      const place = ({ member }: Piece, start: number) => {
        const isFirst = member === item.pieces[0]!.member;
        members.push(this.#placed(member, start, separated && isFirst));
      };
      at = this.#through(item, at, behind, place).end;
      behind = item;
    }
    return { ...this.#struct, size: roundUp(at, this.#aligned * 8) / 8, members };
  }

  #placed(member: Member, start: number, afterZeroWidth: boolean): Member {
    const { bits, type } = member;
    if (bits === null) return { ...member, offset: start / 8 };
    const last = start + bits - 1;
    const least = this.#abi.littleEndian ? start : last;
    const bit = this.#abi.littleEndian ? least % 8 : 7 - (least % 8);
    const { size } = bare(type);
    const unit = Math.floor(start / 8 / size);
    const storage = Math.floor(last / 8 / size) === unit ? { offset: unit * size, size } : null;
    return { ...member, offset: Math.floor(least / 8), bit, storage, afterZeroWidth };
  }
}

const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;

function isLess(a: Cost, b: Cost): boolean {
  return (a.size - b.size || a.moved - b.moved || a.holes - b.holes || a.pushed - b.pushed) < 0;
}

/** So many items in a gap, and how far that is from where the first of them was. */
interface Fit {
  readonly gap: Gap;
  readonly count: number;
  readonly exact: boolean;
  readonly far: number;
}

function isBetterFit(a: Fit, b: Fit): boolean {
  if (a.exact !== b.exact) return a.exact;
  return (b.count - a.count || a.far - b.far) < 0;
}

const byAlignment = (a: Item, b: Item) => b.aligned - a.aligned;

/** What leaves no hole, then what is aligned to most, then what leaves a place that is. */
function isBetterNext(
  a: { item: Item; start: number; end: number },
  b: { item: Item; start: number; end: number },
): boolean {
  const aligned = (at: number) => at & -at;
  return (a.start - b.start || b.item.aligned - a.item.aligned || aligned(b.end) - aligned(a.end)) < 0;
}

/** How much a reviewer has to look at if a group is moved: members in order, and rather those to be apart. */
function diffOf(group: readonly Item[]): number {
  const pieces = group.flatMap((item) => (item.uprooted ? [] : item.pieces));
  return pieces.reduce((sum, { own }) => sum + (own ? 2 : 3), 0);
}

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) {
    yield items;
    return;
  }
  for (const [i, item] of items.entries())
    for (const rest of permutations(items.toSpliced(i, 1))) yield [item, ...rest];
}

/** The pieces that are out of order: as few as can be, rather those that were to be apart, and rather small ones. */
function movedIn(order: readonly Item[]): Set<number> {
  const pieces = order.flatMap((item) => item.pieces);
  const widths = pieces.map(({ member }) => member.bits ?? member.type.size * 8);
  const all = widths.reduce((sum, width) => sum + width, 1);
  const merits = pieces.map(({ own }, i) => widths[i]! + (own ? 0 : all));
  const most = merits.reduce((sum, merit) => sum + merit, 1);
  const ranks = pieces.map(({ rank }) => rank);
  const kept = heaviestInOrder(
    ranks,
    merits.map((merit) => most + merit),
  );
  return new Set(ranks.filter((_, i) => !kept.has(i)));
}

/** An array of no length, or a struct that ends in one. */
function isFlexible(type: Type): boolean {
  const inner = bare(type);
  if (inner.kind === 'array') return inner.size === 0;
  const last = inner.kind === 'struct' ? inner.members.at(-1) : undefined;
  return last !== undefined && isFlexible(last.type);
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

const hasFlexibleEnd = ({ members }: StructType) => members.length > 1 && isFlexible(members.at(-1)!.type);
