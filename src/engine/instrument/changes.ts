// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { maskOf, readsIn } from './bits.js';
import type { MemoryAccess } from './memory-accesses.js';
import { possibleBits } from './possible-bits.js';
import { isSame, type Value, type Write, withoutConstant } from './values.js';

/** What a write does to the bits of its span, the least significant first. */
export interface Change {
  /** Those that it may mean to write. What it puts back as it was read, it does not mean. */
  readonly mask: bigint;
  /** Of these, those that it means whichever way the function came here. */
  readonly sure: bigint;
  /** The bits of its value that make a difference. */
  readonly needed: bigint | undefined;
  /** Whose other bits it writes back: in a loop, one of several; none of an atomic one. */
  readonly of: readonly Value[];
  /** Where it may mean one thing or another, the masks of each that is known; else none. */
  readonly variants: readonly bigint[];
  /** It may mean something else than these: its value comes from a mask that the code does not say, but the run time. */
  readonly isOpen: boolean;
}

/** Null where a write means all bits. */
export function changeOf({ access, operands: [address, value] }: Write): Change | null {
  if (address === undefined || value === undefined || access.bytes === null) return null;
  const all = maskOf(access.bytes);
  if (access.kind === 'atomic.rmw' && value.made === 'constant') {
    const mask = (atomicChange[operatorOf(access.opcode)]?.(value.constant) ?? all) & all;
    return { mask, sure: mask, needed: undefined, of: [], variants: [], isOpen: false };
  }
  if (access.kind !== 'store') return null;
  const of = [...readsIn(value)].filter(
    (read) => read.access?.kind === 'load' && isSameSpan(access, address, read),
  );
  const whole = { mask: all, sure: all, needed: all, of: [], variants: [], isOpen: false };
  if (of.length === 0) return whole;
  // Who stores just what he has read means something all the same.
  const ways = possibleBits(value, new Set(of)).filter(({ kept }) => (all & ~kept) !== 0n);
  if (ways.length === 0) return whole;
  const mask = all & ~ways.reduce((some, { kept }) => some & kept, all);
  const sure = all & ~ways.reduce((some, { may }) => some | may, 0n);
  if (sure === all) return whole;
  const known = ways.filter(({ kept, may }) => (kept & all) === (may & all));
  const masks = new Set(known.map(({ kept }) => all & ~kept));
  const isOpen = known.length < ways.length;
  return { mask, sure, needed: mask, of, variants: masks.size > 1 || isOpen ? [...masks] : [], isOpen };
}

/** What atomic instructions of each kind change, by their operand; of those left out, all. */
const atomicChange: Readonly<Record<number, (operand: bigint) => bigint>> = {
  2: (operand) => ~operand, // and
  3: (operand) => operand, // or
  4: (operand) => operand, // xor
};

/** From add on, each with seven instructions of different widths. */
function operatorOf(opcode: number): number {
  return Math.floor((opcode - 0xfe1e) / 7);
}

function isSameSpan({ bytes, immediate }: MemoryAccess, address: Value, { access, from }: Value): boolean {
  if (access === null || access.bytes !== bytes) return false;
  const [one, other] = [withoutConstant(address), withoutConstant(from[0]!)];
  const [from1, from2] = [one.plus + immediate, other.plus + access.immediate];
  if (one.base.made === 'constant' && other.base.made === 'constant')
    return Number(one.base.constant) + from1 === Number(other.base.constant) + from2;
  return from1 % 2 ** 32 === from2 % 2 ** 32 && isSame(one.base, other.base);
}
