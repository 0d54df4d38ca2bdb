// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { placeOf } from '../gaps.js';
import { heaviestInOrder } from '../in-order.js';
import { type Abi, alignmentIn, bitsStart } from '../natural.js';
import { bare, type Member, type StructType, type Type } from '../types.js';
import { type Item, isBits, type Piece } from './items.js';

/** Up to so many members all orders are tried. */
const MOST_TRIED = 7;
/** Neighbours that are moved together. */
const MOST_TOGETHER = 4;
const MOST_ROUNDS = 8;

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
export class Arranger {
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
export function movedIn(order: readonly Item[]): Set<number> {
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

/** Whether the last of several members has no length. */
export const hasFlexibleEnd = ({ members }: StructType) =>
  members.length > 1 && isFlexible(members.at(-1)!.type);
