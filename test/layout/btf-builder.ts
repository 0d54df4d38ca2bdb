// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { HEADER, IntEncoding, Kind, MAGIC } from '../../src/layout/btf/constants.js';
import { Writer } from './writer.js';

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** Bits from the struct's start. */
  readonly at: number;
  /** Width of a bit-field. */
  readonly bits?: number;
}

/** Writes BTF by the letter of its documentation, to have exact input for the reader. */
export class BtfBuilder {
  readonly littleEndian: boolean;
  readonly #base: BtfBuilder | null;
  readonly #types: Writer;
  readonly #strings = new Writer();
  readonly #offsets = new Map<string, number>();
  #count = 0;

  constructor({
    littleEndian = true,
    base = null,
  }: { littleEndian?: boolean; base?: BtfBuilder | null } = {}) {
    this.littleEndian = littleEndian;
    this.#base = base;
    this.#types = new Writer(littleEndian);
    // Split BTF shares its base's empty string.
    if (base === null) this.text('');
  }

  get extent(): { strings: number; types: number } {
    const base = this.#base?.extent ?? { strings: 0, types: 0 };
    return { strings: base.strings + this.#strings.length, types: base.types + this.#count };
  }

  /** The offset of a string, the base's where it has it. */
  text(text: string): number {
    const known = this.#base?.find(text) ?? this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.extent.strings;
    this.#offsets.set(text, offset);
    this.#strings.text(text);
    return offset;
  }

  find(text: string): number | undefined {
    return this.#base?.find(text) ?? this.#offsets.get(text);
  }

  /** Any type: its tail is words of four bytes. Returns its id. */
  add(
    kind: number,
    name: string,
    sizeOrType: number,
    words: readonly number[] = [],
    count = 0,
    flag = false,
  ): number {
    return this.addNamedAt(kind, this.text(name), sizeOrType, words, count, flag);
  }

  /** The same, by the offset of its name. */
  addNamedAt(
    kind: number,
    name: number,
    sizeOrType: number,
    words: readonly number[] = [],
    count = 0,
    flag = false,
  ): number {
    const out = this.#types;
    out.uint(name, 4);
    out.uint(((flag ? 0x80000000 : 0) | (kind << 24) | count) >>> 0, 4);
    out.uint(sizeOrType, 4);
    for (const word of words) out.uint(word >>> 0, 4);
    this.#count++;
    return this.extent.types;
  }

  int(name: string, size: number, encoding: number = IntEncoding.signed, bits = size * 8, shift = 0): number {
    return this.add(Kind.int, name, size, [(encoding << 24) | (shift << 16) | bits]);
  }

  pointer(to: number): number {
    return this.add(Kind.pointer, '', to);
  }

  array(element: number, count: number, index = 1): number {
    return this.add(Kind.array, '', 0, [element, index, count]);
  }

  struct(name: string, size: number, members: readonly BtfMember[], kind: number = Kind.struct): number {
    const flag = members.some(({ bits }) => bits !== undefined);
    const words = members.flatMap(({ name: member, type, at, bits = 0 }) => [
      this.text(member),
      type,
      flag ? (bits << 24) | at : at,
    ]);
    return this.add(kind, name, size, words, members.length, flag);
  }

  prototype(returns: number, parameters: readonly (readonly [name: string, type: number])[]): number {
    const words = parameters.flatMap(([name, type]) => [this.text(name), type]);
    return this.add(Kind.functionProto, '', returns, words, parameters.length);
  }

  bytes(): Uint8Array {
    const out = new Writer(this.littleEndian);
    out.uint(MAGIC, 2);
    out.uint(1, 1);
    out.uint(0, 1);
    for (const value of [HEADER, 0, this.#types.length, this.#types.length, this.#strings.length])
      out.uint(value, 4);
    out.raw(this.#types.bytes());
    out.raw(this.#strings.bytes());
    return out.bytes();
  }
}
