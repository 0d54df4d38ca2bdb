// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { type BigSource, bigSource } from '../../bench/big-object.js';
import { fieldsOf } from '../../src/layout/fields.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import { paholeText } from '../../src/report/pahole.js';
import { compileOutside, compileWasm, onPath } from './compile.js';

/** Large enough to have units, relocations and functions by the thousand, and quickly made. */
const many = { members: 1000, types: 600, functions: 1500, data: 1_000_000 };
/** npm's LLVM takes its time. */
const fewer = { ...many, types: 100, functions: 100 };

const here = process.arch === 'x64' && process.platform === 'linux';
const gcc = ['gcc', '-x', 'c', '-w', '-fPIC', '-c'];
const clang = ['clang', '-x', 'c', '-w', '-fPIC', '-c'];
const files = ['{in}', '-o', '{out}'];
/** The same object as three units of one. */
const thrice = ['{in}', '{in}', '{in}', '-o', '{out}'];

/** Sizes and alignments of what `bigSource` declares, on machines with pointers of so many bytes. */
const sizes = (pointer: number) => [4, 1, pointer, 2, pointer, 1];

/** Where the rules of C put the members: of this size, each to its alignment, bits into their unit if they fit. */
function expected(pointer: number): { fields: string[]; size: number } {
  let bits = 0;
  const fields = Array.from({ length: 1000 }, (_, i) => {
    const width = 1 + (i % 31);
    if (i % 10 === 9) {
      if ((bits % 32) + width > 32) bits = Math.ceil(bits / 32) * 32;
      bits += width;
      return `m${i} ${bits - width}`;
    }
    const size = sizes(pointer)[i % 6]!;
    const start = Math.ceil(bits / (size * 8)) * size * 8;
    bits = start + size * 8;
    return `m${i} ${start}`;
  });
  return { fields, size: Math.ceil(bits / (pointer * 8)) * pointer };
}

async function check(file: Uint8Array, pointer: number, { types }: BigSource): Promise<void> {
  const opened = await openLayouts(file);
  const struct = opened.struct('big');
  const { fields, size } = expected(pointer);
  expect(struct.size).toBe(size);
  expect(fieldsOf(struct).map(({ path, start }) => `${path} ${start}`)).toEqual(fields);
  const text = paholeText(struct, { target: opened.target });
  expect(text.split('\n').filter((line) => /^\t.* m\d+/.test(line))).toHaveLength(1000);
  expect(text).toContain(`/* size: ${size}, cachelines: ${Math.ceil(size / 64)}, members: 1000 */`);
  expect(opened.structNames()).toHaveLength(types + 1);
  expect(opened.struct(`shape_${types - 1}`).members.map(({ name }) => name)).toContain(`gamma_${types - 1}`);
}

describe('a struct of a thousand members, in an object with much besides', () => {
  const made = [
    ['gcc, DWARF 4', 'gcc', [[...gcc, '-gdwarf-4', ...files]]],
    ['gcc, DWARF 5, packed', 'gcc', [[...gcc, '-gdwarf-5', '-gz=zlib', ...files]]],
    ['clang, DWARF 5', 'clang', [[...clang, '-gdwarf-5', ...files]]],
    ['clang, DWARF 4', 'clang', [[...clang, '-gdwarf-4', ...files]]],
    [
      'gcc, three units and their relocations',
      'gcc',
      [
        [...gcc, '-g', ...files],
        ['ld', '-r', ...thrice],
      ],
    ],
    [
      'gcc, three units, linked',
      'gcc',
      [
        [...gcc, '-g', ...files],
        ['ld', '-shared', ...thrice],
      ],
    ],
  ] as const;

  for (const [name, compiler, steps] of made)
    it.skipIf(!here || !onPath(compiler))(`by ${name}`, async () => {
      await check(compileOutside(bigSource(many), steps), 8, many);
    });

  it('in a WebAssembly module', async () => {
    await check(await compileWasm({ 'big.c': bigSource(fewer) }, ['-w', '-g']), 4, fewer);
  });
});
