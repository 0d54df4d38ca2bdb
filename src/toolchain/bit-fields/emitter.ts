// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Piece } from './gcc-rule.js';
import type { Unit } from './patterns.js';

/** The pieces of an access, and where they are as seen from the code generator's unit. */
export interface PlacedPieces {
  readonly pieces: readonly Piece[];
  /** Bytes that the object is aligned to. */
  readonly align: number;
  /** Where the unit begins in the object, bits. */
  readonly unitStart: number;
}

/**
 * Writes the instructions of accesses by pieces. The optimiser would put adjacent pieces together, and load less than
 * a unit where a part of it will do; where it could, the access is volatile, which WebAssembly has no notion of.
 */
export class Emitter {
  readonly lines: string[] = [];
  readonly #littleEndian: boolean;
  readonly #saysNuw: boolean;
  #names = 0;

  constructor(module: string) {
    this.#littleEndian = !/^target datalayout = "E/m.test(module);
    this.#saysNuw = module.includes(' = getelementptr inbounds nuw ');
  }

  /** Would the code generator's own instructions do the same, and the optimiser leave them alone? */
  isAsItStands(kind: 'read' | 'write', access: PlacedPieces, unit: Unit): boolean {
    const [only, ...more] = access.pieces;
    if (only === undefined || more.length > 0) return false;
    if (only.offset !== access.unitStart / 8 || only.size * 8 !== unit.bits) return false;
    return kind === 'read' ? !fitsLess(only) : !isNarrowed(this.#keptBy(only), unit.bits);
  }

  /** Has `name` be a unit in which nothing but the field is what it is in memory. */
  read(name: string, access: PlacedPieces, unit: Unit): void {
    const type = `i${unit.bits}`;
    const several = access.pieces.length > 1;
    const parts = access.pieces.map((piece) => {
      const width = piece.size * 8;
      const { inUnit, inPiece } = this.#shifts(piece, access, unit);
      let value = this.#load(piece, access, unit, several || fitsLess(piece));
      if (several)
        value = this.#let(`and i${width} ${value}, ${signed(maskOf(piece, inPiece), width)}`, unit);
      if (inUnit < inPiece) value = this.#let(`lshr i${width} ${value}, ${inPiece - inUnit}`, unit);
      value = this.#resized(value, width, unit.bits, unit);
      return inUnit > inPiece ? this.#let(`shl ${type} ${value}, ${inUnit - inPiece}`, unit) : value;
    });
    const all = parts.reduce((sum, part) => this.#let(`or ${type} ${sum}, ${part}`, unit));
    this.lines.push(`  ${name} = or ${type} ${all}, 0${unit.debug}`);
  }

  /** Stores the field that `value` has where the unit has it. */
  write(value: string, access: PlacedPieces, unit: Unit): void {
    const several = access.pieces.length > 1;
    for (const piece of access.pieces) {
      const width = piece.size * 8;
      const type = `i${width}`;
      const { inUnit, inPiece } = this.#shifts(piece, access, unit);
      let part = inUnit === 0 ? value : this.#let(`lshr i${unit.bits} ${value}, ${inUnit}`, unit);
      part = this.#resized(part, unit.bits, width, unit);
      const kept = this.#keptBy(piece);
      if (kept !== 0n) {
        part = this.#let(`and ${type} ${part}, ${signed(maskOf(piece, 0), width)}`, unit);
        if (inPiece > 0) part = this.#let(`shl ${type} ${part}, ${inPiece}`, unit);
        const loaded = this.#load(piece, access, unit, several || isNarrowed(kept, width));
        const around = this.#let(`and ${type} ${loaded}, ${signed(kept, width)}`, unit);
        part = this.#let(`or ${type} ${around}, ${part}`, unit);
      }
      const [volatile, address] = [isVolatile(unit, several), this.#address(piece, access, unit)];
      this.lines.push(`  store ${volatile}${type} ${part}, ${address}${unit.debug}`);
    }
  }

  #load(piece: Piece, access: PlacedPieces, unit: Unit, exact: boolean): string {
    const address = this.#address(piece, access, unit);
    return this.#let(`load ${isVolatile(unit, exact)}i${piece.size * 8}, ${address}`, unit);
  }

  /** With its type, and what it is aligned to. */
  #address({ offset, size }: Piece, access: PlacedPieces, unit: Unit): string {
    const by = offset - access.unitStart / 8;
    const fromUnit = by === 0 ? unit.align : Math.min(unit.align, by & -by);
    const fromObject = offset === 0 ? access.align : Math.min(access.align, offset & -offset);
    const align = `align ${Math.min(Math.max(fromUnit, fromObject), size)}`;
    // That it stays in the object, as this release of LLVM says it: only then is it folded into accesses.
    const within = this.#saysNuw && by > 0 ? 'inbounds nuw' : 'inbounds';
    if (unit.opaque) {
      if (by === 0) return `ptr ${unit.address}, ${align}`;
      return `ptr ${this.#let(`getelementptr ${within} i8, ptr ${unit.address}, i32 ${by}`, unit)}, ${align}`;
    }
    const bytes = this.#let(`bitcast i${unit.bits}* ${unit.address} to i8*`, unit);
    const moved = by === 0 ? bytes : this.#let(`getelementptr ${within} i8, i8* ${bytes}, i32 ${by}`, unit);
    return `i${size * 8}* ${this.#let(`bitcast i8* ${moved} to i${size * 8}*`, unit)}, ${align}`;
  }

  /** How far up the bits that a piece is for are in the unit, and in the piece. */
  #shifts(piece: Piece, { unitStart }: PlacedPieces, unit: Unit): { inUnit: number; inPiece: number } {
    const inUnit = this.#littleEndian ? piece.start - unitStart : unitStart + unit.bits - piece.end;
    return { inUnit, inPiece: this.#inPiece(piece) };
  }

  #inPiece({ offset, size, start, end }: Piece): number {
    return this.#littleEndian ? start - offset * 8 : (offset + size) * 8 - end;
  }

  /** The bits of a piece that a write leaves as they are. */
  #keptBy(piece: Piece): bigint {
    return BigInt.asUintN(piece.size * 8, ~maskOf(piece, this.#inPiece(piece)));
  }

  #resized(value: string, from: number, to: number, unit: Unit): string {
    if (from === to) return value;
    return this.#let(`${from < to ? 'zext' : 'trunc'} i${from} ${value} to i${to}`, unit);
  }

  /** A new value. */
  #let(instruction: string, { debug }: Unit): string {
    const name = `%gcc.bits.${this.#names++}`;
    this.lines.push(`  ${name} = ${instruction}${debug}`);
    return name;
  }
}

const isVolatile = (unit: Unit, exact: boolean) => (unit.volatile || exact ? 'volatile ' : '');

/** The bits that a piece is for, that far up. */
const maskOf = ({ start, end }: Piece, shift: number) => (2n ** BigInt(end - start) - 1n) << BigInt(shift);

/** Would the optimiser load but a part of so many bits for the sake of these: of a half, a quarter or an eighth? */
function isNarrowed(bits: bigint, width: number): boolean {
  if (bits === 0n) return false;
  for (let part = width / 2; part >= 8; part /= 2) {
    for (let at = 0; at < width; at += part) {
      const around = (2n ** BigInt(part) - 1n) << BigInt(at);
      if ((bits & ~around) === 0n) return true;
    }
  }
  return false;
}

/** Would half of the bytes do, wherever they begin? */
function fitsLess({ offset, size, start, end }: Piece): boolean {
  const bytes = Math.ceil((((start - offset * 8) % 8) + end - start) / 8);
  return bytes <= size / 2;
}

/** As LLVM prints it. */
const signed = (value: bigint, width: number) => BigInt.asIntN(width, value).toString();
