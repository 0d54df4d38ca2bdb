// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { At, Rle } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';
import type { Unit } from './unit.js';

/** Addresses from `low` up to, not including, `high`; bytes from the start of the code section's content. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Whether one of the ranges, sorted, has the address. */
export function covers(ranges: readonly Range[], address: number): boolean {
  const range = lastFrom(ranges, address);
  return range !== null && address < range.high;
}

/** The last of the sorted ranges that begins at the address or before; null if there is none. */
export function lastFrom<T extends { readonly low: number }>(
  sorted: readonly T[],
  address: number,
): T | null {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.low <= address) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1] ?? null;
}

/** Which code an entry is about (DWARF 5 §2.17), each list read once. Throws `E_BAD_DWARF`. */
export class Ranges {
  readonly #dwarf: Dwarf;
  readonly #lists = new Map<string, readonly Range[]>();
  #read = 0;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /**
   * The entry's ranges, sorted, without those that are empty. What the linker has dropped is beyond every
   * address that is asked for.
   */
  of(die: Die): readonly Range[] {
    const offset = this.#listOffset(die);
    if (offset !== null) return this.#list(die.unit, offset);
    const low = die.address(At.lowPc);
    const high = die.address(At.highPc) ?? end(low, die.size(At.highPc));
    return live([[low, high]]);
  }

  #listOffset(die: Die): number | null {
    const { unit } = die;
    const index = die.rangeListIndex(At.ranges);
    if (index === null) return die.sectionOffset(At.ranges);
    const base = this.#dwarf.baseOf(unit, At.rnglistsBase);
    return (
      base +
      this.#dwarf
        .section('.debug_rnglists')
        .seek(base + index * unit.offsetSize)
        .offset(unit.offsetSize)
    );
  }

  #list(unit: Unit, offset: number): readonly Range[] {
    const key = `${unit.offset}/${offset}`;
    let list = this.#lists.get(key);
    if (list === undefined) {
      const section = this.#dwarf.section(unit.version < 5 ? '.debug_ranges' : '.debug_rnglists');
      section.seek(offset);
      const base = this.#dwarf.root(unit).address(At.lowPc) ?? 0;
      list = live(unit.version < 5 ? this.#pairs(unit, base) : this.#entries(unit, base));
      // Lists never overlap, so all together are no longer than the section. Without this check a crafted
      // file could have one long list read from each of its offsets.
      this.#read += section.position - offset;
      if (this.#read > section.bytes.length) throw section.bad('has range lists that overlap', offset);
      this.#lists.set(key, list);
    }
    return list;
  }

  /** DWARF 4 §2.17.3. */
  #pairs({ addressSize }: Unit, unitBase: Address): Pair[] {
    const reader = this.#dwarf.section('.debug_ranges');
    const largest = addressSize === 8 ? 2n ** 64n - 1n : 0xffffffff;
    const pairs: Pair[] = [];
    for (let base = unitBase; ; ) {
      const low = reader.word(addressSize);
      const high = reader.word(addressSize);
      if (low === 0 && high === 0) return pairs;
      if (low === largest) base = high;
      else pairs.push([sum(base, low), sum(base, high)]);
    }
  }

  /** DWARF 5 §7.25. */
  #entries(unit: Unit, unitBase: Address): Pair[] {
    const reader = this.#dwarf.section('.debug_rnglists');
    const plain = () => reader.word(unit.addressSize);
    const indexed = () => this.#dwarf.address(unit, reader.uleb());
    const length = (low: Address): Pair => [low, sum(low, reader.uleb())];
    const pairs: Pair[] = [];
    for (let base = unitBase; ; ) {
      const kind = reader.u8();
      switch (kind) {
        case Rle.endOfList:
          return pairs;
        case Rle.baseAddressx:
          base = indexed();
          break;
        case Rle.baseAddress:
          base = plain();
          break;
        case Rle.startxEndx:
          pairs.push([indexed(), indexed()]);
          break;
        case Rle.startxLength:
          pairs.push(length(indexed()));
          break;
        case Rle.startEnd:
          pairs.push([plain(), plain()]);
          break;
        case Rle.startLength:
          pairs.push(length(plain()));
          break;
        case Rle.offsetPair:
          pairs.push([sum(base, reader.uleb()), sum(base, reader.uleb())]);
          break;
        default:
          throw reader.bad(`has a range list entry of the unknown kind 0x${kind.toString(16)}`);
      }
    }
  }
}

type Address = number | bigint;
type Pair = readonly [low: Address | null, high: Address | null];

function sum(base: Address, offset: Address): Address {
  return typeof base === 'number' && typeof offset === 'number'
    ? base + offset
    : BigInt(base) + BigInt(offset);
}

function end(low: Address | null, length: number | null): Address | null {
  return low === null || length === null ? null : sum(low, length);
}

function live(pairs: readonly Pair[]): Range[] {
  return pairs
    .flatMap(([low, high]) =>
      typeof low === 'number' && typeof high === 'number' && low < high ? [{ low, high }] : [],
    )
    .sort((a, b) => a.low - b.low);
}
