// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { addressIn } from './places.js';

/** A load or a store of the unit that the code generator has for a bit-field, as it stands in the text. */
export interface Unit {
  readonly volatile: boolean;
  readonly bits: number;
  /** Is its address a `ptr`? Older releases say what a pointer leads to. */
  readonly opaque: boolean;
  readonly address: string;
  readonly align: number;
  /** What an instruction ends with that belongs to the same line of the source. */
  readonly debug: string;
}

/** Bits of a unit, from its least significant one. */
export interface Bits {
  readonly shift: number;
  readonly size: number;
}

/** A field that is put into its unit. */
export interface UnitWrite {
  /** From the load to the store, or the store alone where the field fills the unit. */
  readonly lines: number;
  /** What is stored. */
  readonly value: string;
  readonly bits: Bits;
}

const LOAD =
  /^ {2}(%bf\.load\d*) = load (volatile )?(i\d+), (?:(ptr) |i\d+\* )(.*?), align (\d+)((?:, !.*)?)$/;
const STORE = /^ {2}store (volatile )?(i\d+) (\S+), (?:(ptr) |i\d+\* )(.*?), align (\d+)((?:, !.*)?)$/;
const BINARY = /^ {2}(%bf\.\S+) = (and|or|shl|lshr|ashr) (i\d+) (\S+), (\S+?)(?:, !dbg !\d+)?$/;

/** A load of a unit, and the name of what was loaded. */
export function unitLoad(line: string): { name: string; unit: Unit } | null {
  const [, name, ...parts] = LOAD.exec(line) ?? [];
  return name === undefined ? null : { name, unit: unitOf(parts) };
}

/** A store of an integer, which may be a unit. */
export function integerStore(line: string): { value: string; unit: Unit } | null {
  const [, volatile, type, value, ...parts] = STORE.exec(line) ?? [];
  return value === undefined ? null : { value, unit: unitOf([volatile, type, ...parts]) };
}

function unitOf(parts: readonly (string | undefined)[]): Unit {
  const [volatile, type = '', opaque, address = '', align, debug = ''] = parts;
  return {
    volatile: volatile !== undefined,
    bits: Number(type.slice(1)),
    opaque: opaque !== undefined,
    address: addressIn(address),
    align: Number(align),
    debug: /, !dbg !\d+/.exec(debug)?.[0] ?? '',
  };
}

/** What follows the load of a unit, if it puts a field into it and stores it again. */
export function writeBehind(
  lines: readonly string[],
  load: number,
  loaded: string,
  unit: Unit,
): UnitWrite | null {
  let bits: Bits | null = null;
  let value = '';
  for (let i = load + 1; i <= load + 5; i++) {
    const line = lines[i] ?? '';
    const store = integerStore(line);
    if (store !== null) {
      const isSame = store.value === value && store.unit.address === unit.address;
      return bits !== null && isSame ? { lines: i - load + 1, value, bits } : null;
    }
    const [, result = '', opcode, type, left, right = ''] = BINARY.exec(line) ?? [];
    if (type !== `i${unit.bits}`) return null;
    if (opcode === 'and' && left === loaded) {
      bits = clearedBits(right, unit.bits);
      value = result;
    }
    // A constant of zeros is not or'ed to what was cleared.
    if (opcode === 'or' && left === value) value = result;
  }
  return null;
}

/** The lines of a write without its store, with a unit of zeros for the one that was loaded. */
export function withoutLoad(lines: readonly string[]): string[] {
  const made = lines.slice(0, -1).filter((line) => !LOAD.test(line));
  return made.map((line) => line.replace(/^( {2}%bf\.clear\d* = and i\d+ )%bf\.load\d*,/, '$10,'));
}

/** Which bits are taken out of a unit, by what follows its load. */
export function bitsRead(lines: readonly string[], load: number, loaded: string, width: number): Bits {
  const [, result, opcode, , left, right = ''] = BINARY.exec(lines[load + 1] ?? '') ?? [];
  const [, , next, , nextLeft, nextRight = ''] = BINARY.exec(lines[load + 2] ?? '') ?? [];
  const follows = (what: string) => next === what && nextLeft === result;
  if (left !== loaded) return { shift: 0, size: width };
  switch (opcode) {
    case 'and':
      return { shift: 0, size: onesIn(right) };
    case 'lshr':
      return { shift: Number(right), size: follows('and') ? onesIn(nextRight) : width - Number(right) };
    case 'ashr':
      return { shift: Number(right), size: width - Number(right) };
    default: {
      const size = width - (follows('ashr') ? Number(nextRight) : 0);
      return { shift: width - Number(right) - size, size };
    }
  }
}

/** The bits that a mask clears, if they are adjacent. */
function clearedBits(mask: string, width: number): Bits | null {
  if (!/^-?\d+$/.test(mask)) return null;
  const digits = BigInt.asUintN(width, ~BigInt(mask)).toString(2);
  if (!/^1+0*$/.test(digits)) return null;
  const size = digits.replace(/0+$/, '').length;
  return { shift: digits.length - size, size };
}

const onesIn = (mask: string) => BigInt(mask).toString(2).length;
