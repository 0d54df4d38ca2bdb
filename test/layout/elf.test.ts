// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Elf } from '../../src/layout/elf/elf.js';
import { debugSections } from '../../src/layout/elf/relocate.js';
import {
  type BuiltRelocation,
  type BuiltSection,
  buildElf,
  type ElfOptions,
  relocationTable,
  symbolTable,
} from './elf-builder.js';
import { Writer } from './writer.js';

const bad = (message: string | RegExp) =>
  expect.objectContaining({ code: 'E_BAD_ELF', message: expect.stringMatching(message) });

const shapes = [
  { is64: true, littleEndian: true },
  { is64: true, littleEndian: false },
  { is64: false, littleEndian: true },
  { is64: false, littleEndian: false },
];

describe.each(shapes)('ELF, 64 bits $is64, little endian $littleEndian', (shape) => {
  const Machine = { x86: 62, riscv: 243, arm: 40 };

  it('has its sections', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    for (const extended of [false, true]) {
      const elf = new Elf(
        buildElf(
          [
            { name: '.a', bytes },
            { name: '.b', bytes: bytes.slice(1) },
          ],
          { ...shape, extended },
        ),
      );
      expect(elf.sections.map(({ name }) => name)).toEqual(['', '.a', '.b', '.shstrtab']);
      expect(elf.content(elf.section('.b')!)).toEqual(Uint8Array.of(2, 3));
      expect(elf.section('.c')).toBeUndefined();
    }
  });

  /** `.debug_info` of the bytes given after the relocations; the symbols are 0x1000 and 0x20. */
  function relocate(
    bytes: number[],
    relocations: readonly BuiltRelocation[],
    options: ElfOptions = {},
  ): number[] {
    const all = { ...shape, machine: Machine.riscv, ...options };
    const rela = relocations.every(({ addend }) => addend !== null);
    const sections: BuiltSection[] = [
      { name: '.debug_info', bytes: Uint8Array.from(bytes) },
      { name: '.rela', type: rela ? 4 : 9, link: 3, info: 1, bytes: relocationTable(relocations, all) },
      { name: '.symtab', type: 2, bytes: symbolTable([0, 0x1000, 0x20], all) },
    ];
    return [...debugSections(new Elf(buildElf(sections, all))).get('.debug_info')!];
  }

  const order = (bytes: number[]) => (shape.littleEndian ? bytes : bytes.toReversed());
  const RISCV = {
    add: [33, 34, 35, 36],
    sub: [37, 38, 39, 40],
    set: [54, 55, 56],
    sub6: 52,
    set6: 53,
    setUleb: 60,
    subUleb: 61,
  };
  const at = (type: number, symbol: number, addend: number | null, offset = 0) => ({
    offset,
    type,
    symbol,
    addend,
  });

  it('sets what stands at a place', () => {
    const zeroes = [0, 0, 0, 0, 0, 0, 0, 0];
    expect(relocate(zeroes, [at(1, 1, 4)])).toEqual([...order([4, 0x10, 0, 0]), 0, 0, 0, 0]);
    expect(relocate(zeroes, [at(1, 1, -0x1001, 4)])).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
    expect(relocate(zeroes, [at(2, 1, 4)])).toEqual(order([4, 0x10, 0, 0, 0, 0, 0, 0]));
    expect(relocate(zeroes, [at(57, 1, 0, 4)])).toEqual([0, 0, 0, 0, ...order([0xfc, 0x0f, 0, 0])]);
    expect(relocate(zeroes, [at(0, 1, 0), at(51, 1, 0)])).toEqual(zeroes);
  });

  it('adds and subtracts, as RISC-V does', () => {
    for (const [i, size] of [1, 2, 4, 8].entries()) {
      const bytes = (value: number) => order([value, ...new Array(size - 1).fill(0)]);
      expect(relocate(bytes(5), [at(RISCV.add[i]!, 2, 1)])).toEqual(bytes(0x26));
      expect(relocate(bytes(0x26), [at(RISCV.sub[i]!, 2, 1)])).toEqual(bytes(5));
      expect(relocate(bytes(5), [at(RISCV.add[i]!, 2, 2), at(RISCV.sub[i]!, 2, 0)])).toEqual(bytes(7));
      if (size < 8) expect(relocate(bytes(5), [at(RISCV.set[i]!, 2, 1)])).toEqual(bytes(0x21));
    }
    expect(relocate(order([5, 0]), [at(RISCV.sub[1]!, 2, 0)])).toEqual(order([0xe5, 0xff]));
    expect(relocate([0xc1], [at(RISCV.set6, 2, 3)])).toEqual([0xe3]);
    expect(relocate([0xc1], [at(RISCV.sub6, 2, 0)])).toEqual([0xe1]);
    expect(relocate([0x80, 0x00, 7], [at(RISCV.setUleb, 1, 0x23), at(RISCV.subUleb, 2, 0)])).toEqual([
      0x83, 0x20, 7,
    ]);
  });

  it('takes the addend from the place where the table has none', () => {
    const machine = Machine.arm;
    expect(relocate(order([8, 0, 0, 0]), [at(2, 1, null)], { machine })).toEqual(order([8, 0x10, 0, 0]));
    expect(relocate([0, 0, ...order([8, 0, 0, 0])], [at(3, 1, null, 2)], { machine })).toEqual([
      0,
      0,
      ...order([6, 0x10, 0, 0]),
    ]);
  });

  it('leaves a linked file as the linker left it', () => {
    expect(relocate([1, 2, 3, 4], [at(1, 1, 4)], { type: 2 })).toEqual([1, 2, 3, 4]);
  });

  it('refuses relocations that cannot be', () => {
    expect(() => relocate([0, 0], [at(1, 1, 0)])).toThrow(
      bad('relocates byte 0 of .debug_info, which has 2 bytes'),
    );
    expect(() => relocate([0, 0, 0, 0], [at(1, 9, 0)])).toThrow(bad('symbol 9 of 3'));
    expect(() => relocate([0, 0, 0, 0], [at(200, 1, 0)])).toThrow(
      bad('type 200, which is not known for riscv'),
    );
    expect(() => relocate([0, 0, 0, 0], [at(1, 1, 0)], { machine: 999 })).toThrow(bad('for machine 999'));
    expect(() => relocate(new Array(11).fill(0x80), [at(60, 1, 0)])).toThrow(bad('something else there'));
    const noSymbols = [
      { name: '.debug_info', bytes: Uint8Array.of(0) },
      { name: '.rela', type: 4, link: 1, info: 1, bytes: new Uint8Array() },
    ];
    expect(() => debugSections(new Elf(buildElf(noSymbols, shape)))).toThrow(bad('without a symbol table'));
  });

  function compressed(type: number, size: number, content: Uint8Array): () => Uint8Array {
    const out = new Writer(shape.littleEndian);
    out.uint(type, 4);
    if (shape.is64) out.uint(0, 4);
    out.uint(size, shape.is64 ? 8 : 4);
    out.uint(1, shape.is64 ? 8 : 4);
    out.raw(content);
    const elf = new Elf(buildElf([{ name: '.z', flags: 0x800, bytes: out.bytes() }], shape));
    return () => elf.content(elf.section('.z')!);
  }

  it('unpacks compressed sections', () => {
    const text = new Uint8Array(Buffer.from('debug '.repeat(100)));
    const packed = deflateSync(text);
    expect(new Uint8Array(compressed(1, text.length, packed)())).toEqual(text);
    expect(compressed(1, 0, new Uint8Array())()).toEqual(new Uint8Array());
    expect(compressed(1, text.length + 1, packed)).toThrow(bad('of 600 bytes that should be 601'));
    expect(compressed(1, text.length - 1, packed)).toThrow(bad('cannot be decompressed'));
    expect(compressed(1, text.length, text)).toThrow(bad('cannot be decompressed'));
    expect(compressed(7, text.length, packed)).toThrow(bad('in the unknown way 7'));
    expect(compressed(1, 2 ** 30, packed)).toThrow(bad('claims to be of 1073741824 bytes'));
  });

  it('refuses sections outside the file', () => {
    const wild = (claims: { offset?: number; size?: number }) => () => {
      const elf = new Elf(buildElf([{ name: '.a', bytes: Uint8Array.of(1), claims }], shape));
      return elf.content(elf.section('.a')!);
    };
    expect(wild({ size: 0xffff_ffff })).toThrow(bad('section .a of 4294967295 bytes that overruns'));
    expect(wild({ offset: 0xffff_ffff })).toThrow(bad('overruns'));
    const file = buildElf([], shape);
    expect(() => new Elf(file.subarray(0, 20))).toThrow(bad('ELF file (ends too early|points outside)'));
    expect(() => new Elf(file.subarray(0, file.length - 1))).toThrow(bad('headers that overrun the file'));
    expect(() => new Elf(Uint8Array.of(1, 2, 3, 4))).toThrow(bad('ELF magic'));
  });
});
