// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { Elf } from '../../src/layout/elf/elf.js';
import { compileOutside, onPath, reportSeed } from './compile.js';
import { expectImages, imagesProgram } from './images.js';
import { type RandomStruct, randomStructs } from './random-struct.js';

/** Checks what a compiler says of random structs against the bytes of objects that it makes. */
function check(
  structs: readonly RandomStruct[],
  steps: readonly (readonly string[])[],
  target: string,
): void {
  const elf = new Elf(compileOutside(imagesProgram(structs), steps));
  const info = DebugInfo.fromElf(elf);
  expect(info.target.name).toBe(target);
  expectImages(
    structs,
    (tag) => info.struct(tag),
    (section) => elf.content(elf.section(section)!),
    info.target.littleEndian,
  );
}

const once = { numRuns: 1, endOnFailure: true, reporter: reportSeed };

// gcc writes bit-fields as DW_AT_bit_offset in DWARF 4 and as DW_AT_data_bit_offset in DWARF 5.
describe.skipIf(!onPath('gcc') || process.arch !== 'x64' || process.platform !== 'linux').each([4, 5])(
  'gcc on x86_64, DWARF %i',
  (version) => {
    const gcc = ['gcc', '-x', 'c', '-w', '-g', `-gdwarf-${version}`];
    const linked = ['-nostdlib', '-static', '-Wl,-e0'];

    it.each([
      ['a program', linked],
      ['an object', ['-c']],
      ['an object with compressed sections', ['-c', '-gz=zlib']],
      ['an object for i386', ['-c', '-m32']],
    ])('has each field in the bits that its initialiser sets, in %s', (_, flags) => {
      const target = flags.includes('-m32') ? 'i386' : 'x86_64';
      fc.assert(
        fc.property(randomStructs(40, true), (structs) => {
          check(structs, [[...gcc, ...flags, '{in}', '-o', '{out}']], target);
        }),
        once,
      );
    });
  },
);

describe.skipIf(!onPath('gcc'))('gcc, DWARF 5', () => {
  it('says what alignment is demanded', () => {
    const text = `struct s { char a; char b __attribute__((aligned(32))); int c; } __attribute__((aligned(64))) s;
      struct plain { int x; } plain;`;
    const compile = ['gcc', '-x', 'c', '-g', '-gdwarf-5', '-c', '{in}', '-o', '{out}'];
    const info = DebugInfo.fromElf(compileOutside(text, [compile]));
    const struct = info.struct('s');
    expect(struct).toMatchObject({ size: 64, alignment: 64 });
    expect(struct.members.map(({ alignment }) => alignment)).toEqual([undefined, 32, undefined]);
    expect(info.struct('plain').alignment).toBeUndefined();
  });
});

const clang = ['clang-22', 'clang-21', 'clang-20', 'clang-19', 'clang'].find(onPath);

/** What compilers call each target, and what it needs: the pointers of a freestanding object are enough. */
const TRIPLES = {
  x86_64: 'x86_64-linux-gnu',
  i386: 'i386-linux-gnu',
  aarch64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabi',
  riscv64: 'riscv64-linux-gnu',
  ppc64le: 'powerpc64le-linux-gnu',
  s390x: 's390x-linux-gnu',
};

describe
  .skipIf(clang === undefined)
  .each(
    Object.entries(TRIPLES).flatMap(([target, triple]) =>
      [4, 5].map((version) => ({ target, triple, version })),
    ),
  )('$target by clang, DWARF $version', ({ target, triple, version }) => {
  it('has each field in the bits that its initialiser sets', () => {
    const flags = ['-w', '-g', `-gdwarf-${version}`, '-ffreestanding', `--target=${triple}`];
    fc.assert(
      fc.property(randomStructs(40, true), (structs) => {
        check(structs, [[clang!, '-x', 'c', ...flags, '-c', '{in}', '-o', '{out}']], target);
      }),
      once,
    );
  });
});
