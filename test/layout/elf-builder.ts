// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Writer } from './writer.js';

export interface BuiltSection {
  readonly name: string;
  readonly type?: number;
  readonly flags?: number;
  readonly link?: number;
  readonly info?: number;
  readonly bytes: Uint8Array;
  /** What its header says instead of the truth. */
  readonly claims?: { readonly offset?: number; readonly size?: number };
}

export interface ElfOptions {
  readonly is64?: boolean;
  readonly littleEndian?: boolean;
  /** e_type; 1 is an object. */
  readonly type?: number;
  readonly machine?: number;
  /** Writes the numbers of sections as a file of more than 65,000 of them does. */
  readonly extended?: boolean;
}

/** An ELF file of the sections given, numbered from 1, by the letter of the System V ABI. */
export function buildElf(sections: readonly BuiltSection[], options: ElfOptions = {}): Uint8Array {
  const { is64 = true, littleEndian = true, type = 1, machine = 62, extended = false } = options;
  const word = is64 ? 8 : 4;
  const names = new Writer();
  names.text('');
  const all: BuiltSection[] = [...sections, { name: '.shstrtab', type: 3, bytes: new Uint8Array() }];
  const nameAt = all.map(({ name }) => {
    const at = names.length;
    names.text(name);
    return at;
  });
  const contents = all.map(({ bytes }, i) => (i === all.length - 1 ? names.bytes() : bytes));

  const out = new Writer(littleEndian);
  out.raw(
    Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, littleEndian ? 1 : 2, 1, ...new Array(9).fill(0)),
  );
  const headerSize = is64 ? 64 : 52;
  const table = headerSize + contents.reduce((sum, { length }) => sum + length, 0);
  out.uint(type, 2);
  out.uint(machine, 2);
  out.uint(1, 4);
  out.uint(0, word); // entry
  out.uint(0, word); // program headers
  out.uint(table, word);
  out.uint(0, 4);
  out.uint(headerSize, 2);
  out.uint(0, 2);
  out.uint(0, 2);
  out.uint(is64 ? 64 : 40, 2);
  out.uint(extended ? 0 : all.length + 1, 2);
  out.uint(extended ? 0xffff : all.length, 2);
  for (const content of contents) out.raw(content);

  const header = (
    name: number,
    kind: number,
    flags: number,
    at: number,
    size: number,
    link: number,
    info: number,
  ) => {
    out.uint(name, 4);
    out.uint(kind, 4);
    for (const value of [flags, 0, at, size]) out.uint(value, word);
    out.uint(link, 4);
    out.uint(info, 4);
    for (const value of [1, 0]) out.uint(value, word);
  };
  header(0, 0, 0, 0, extended ? all.length + 1 : 0, extended ? all.length : 0, 0);
  let at = headerSize;
  for (const [i, { type: kind = 1, flags = 0, link = 0, info = 0, claims = {} }] of all.entries()) {
    const { length } = contents[i]!;
    header(nameAt[i]!, kind, flags, claims.offset ?? at, claims.size ?? length, link, info);
    at += length;
  }
  return out.bytes();
}

export interface BuiltRelocation {
  readonly offset: number | bigint;
  readonly type: number;
  readonly symbol: number;
  /** Null in a table whose addends stand at the place. */
  readonly addend: number | bigint | null;
}

export function relocationTable(
  relocations: readonly BuiltRelocation[],
  { is64 = true, littleEndian = true }: ElfOptions = {},
): Uint8Array {
  const out = new Writer(littleEndian);
  const word = is64 ? 8 : 4;
  for (const { offset, type, symbol, addend } of relocations) {
    out.uint(offset, word);
    out.uint(is64 ? (BigInt(symbol) << 32n) | BigInt(type) : (symbol << 8) | type, word);
    if (addend !== null) out.uint(BigInt.asUintN(word * 8, BigInt(addend)), word);
  }
  return out.bytes();
}

export function symbolTable(
  values: readonly (number | bigint)[],
  { is64 = true, littleEndian = true }: ElfOptions = {},
): Uint8Array {
  const out = new Writer(littleEndian);
  for (const value of values) {
    out.uint(0, 4);
    if (!is64) out.uint(value, 4);
    out.uint(0, is64 ? 4 : 8); // size, info, other, section
    if (is64) {
      out.uint(value, 8);
      out.uint(0, 8);
    }
  }
  return out.bytes();
}
