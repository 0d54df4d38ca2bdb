// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { LostbitError } from './errors.js';
import { printable } from './printable.js';

/** The longest name accepted, in bytes. C names are far shorter; a longer one means a wild offset. */
const LONGEST_STRING = 4096;
/** A 64-bit value takes at most ten LEB128 bytes. */
const LONGEST_LEB = 10;

/**
 * A bounds-checked reading position in one section.
 * Every read past the end throws what `complain` makes of a message and a byte offset in the section.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  position = 0;
  readonly #view: DataView;
  readonly #text: Buffer;
  readonly #complain: (message: string, offset: number) => LostbitError;

  constructor(
    bytes: Uint8Array,
    complain: (message: string, offset: number) => LostbitError,
    littleEndian = true,
  ) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#complain = complain;
  }

  /** The error for something wrong at `offset`, by default at the reading position. */
  bad(message: string, offset = this.position): LostbitError {
    return this.#complain(message, offset);
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  seek(offset: number): this {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.bytes.length) {
      throw this.bad(`points outside the section of ${this.bytes.length} bytes`, offset);
    }
    this.position = offset;
    return this;
  }

  skip(count: number): void {
    this.#take(count);
  }

  take(count: number): Uint8Array {
    const start = this.#take(count);
    return this.bytes.subarray(start, start + count);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian);
  }

  u24(): number {
    const [a, b, c] = this.take(3) as unknown as [number, number, number];
    return this.littleEndian ? a | (b << 8) | (c << 16) : (a << 16) | (b << 8) | c;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian);
  }

  /** A number where it is exact, else a bigint. */
  u64(): number | bigint {
    const start = this.#take(8);
    const high = this.#view.getUint32(this.littleEndian ? start + 4 : start, this.littleEndian);
    if (high >= 2 ** 21) return this.#view.getBigUint64(start, this.littleEndian);
    return high * 2 ** 32 + this.#view.getUint32(this.littleEndian ? start : start + 4, this.littleEndian);
  }

  /** An address of 4 or 8 bytes. */
  word(size: number): number | bigint {
    return size === 8 ? this.u64() : this.u32();
  }

  /** An offset of 4 or 8 bytes. One beyond 2^53 points outside every section. */
  offset(size: 4 | 8): number {
    return size === 8 ? Number(this.u64()) : this.u32();
  }

  /** An unsigned LEB128 that must be exact as a number. */
  uleb(): number {
    const start = this.position;
    const first = this.bytes[start];
    if (first !== undefined && first < 0x80) {
      this.position = start + 1;
      return first;
    }
    const value = this.ulebWide();
    if (typeof value === 'bigint')
      throw this.bad(`holds ${value}, too large to be a size or an offset`, start);
    return value;
  }

  /** An unsigned LEB128 of up to 64 bits: a number where it is exact, else a bigint. */
  ulebWide(): number | bigint {
    const start = this.position;
    let value = 0;
    for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    this.position = start;
    return exact(BigInt.asUintN(64, this.#lebBits().value));
  }

  /** A signed LEB128 of up to 64 bits: a number where it is exact, else a bigint. */
  sleb(): number | bigint {
    const start = this.position;
    let short = 0;
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.u8();
      short |= (byte & 0x7f) << (shift - 7);
      if (byte < 0x80) return (short << (32 - shift)) >> (32 - shift);
    }
    this.position = start;
    const { value, width } = this.#lebBits();
    return exact(BigInt.asIntN(Math.min(width, 64), value));
  }

  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  /** A zero-terminated UTF-8 string, made printable: it is a name or a path out of a file. */
  cstring(): string {
    const { bytes, position: start } = this;
    const last = Math.min(start + LONGEST_STRING, bytes.length - 1);
    // Most names are short: a call to what searches natively takes longer.
    let end = start;
    while (end <= last && bytes[end] !== 0) end++;
    if (end > last) {
      throw this.bad(
        bytes.length - start > LONGEST_STRING
          ? `has a name longer than ${LONGEST_STRING} bytes`
          : 'has a string without an end',
      );
    }
    this.position = end + 1;
    return printable(this.#text.toString('utf8', start, end));
  }

  skipCstring(): void {
    const end = this.bytes.indexOf(0, this.position);
    if (end < 0) throw this.bad('has a string without an end');
    this.position = end + 1;
  }

  #lebBits(): { value: bigint; width: number } {
    const start = this.position;
    let value = 0n;
    for (let count = 0; count < LONGEST_LEB; count++) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return { value, width: 7 * (count + 1) };
    }
    throw this.bad(`has a LEB128 number longer than ${LONGEST_LEB} bytes`, start);
  }

  #take(count: number): number {
    const start = this.position;
    if (count > this.bytes.length - start) {
      throw this.bad(`ends too early: ${count} bytes wanted, ${this.bytes.length - start} left`);
    }
    this.position = start + count;
    return start;
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
