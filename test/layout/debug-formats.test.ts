// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { Elf } from '../../src/layout/elf/elf.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import type { Type } from '../../src/layout/types.js';
import { paholeWithSpans } from '../../src/report/pahole-spans.js';
import { onPath } from './compile.js';
import { buildElf } from './elf-builder.js';
import { torture } from './torture.js';
import { Writer } from './writer.js';

const clang = ['clang-22', 'clang-21', 'clang-20', 'clang-19', 'clang'].find(onPath);
const gcc = onPath('gcc') ? 'gcc' : undefined;
const here = process.arch === 'x64' && process.platform === 'linux';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lostbit-formats-'));
  writeFileSync(join(folder, 't.c'), torture);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles a file of the folder to an object of its own; returns its path. */
function compile(compiler: string, flags: readonly string[], source = 't.c', name = ''): string {
  const own = mkdtempSync(join(folder, 'o-'));
  const object = join(own, `${name || 'a'}.o`);
  execFileSync(compiler, ['-w', '-g', ...flags, '-c', join(folder, source), '-o', object], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return object;
}

/** Each struct of a file, and its layout as text. */
async function layoutsOf(file: string): Promise<Record<string, string>> {
  const source = await openLayouts(file);
  return Object.fromEntries(
    source
      .structNames()
      .map((name) => [name, paholeWithSpans(source.struct(name), { target: source.target })]),
  );
}

/** What a compiler says of the same source in the plainest way. */
const plain = new Map<string, Promise<Record<string, string>>>();
function plainOf(compiler: string): Promise<Record<string, string>> {
  const before = plain.get(compiler) ?? layoutsOf(compile(compiler, ['-gdwarf-5']));
  plain.set(compiler, before);
  return before;
}

/** DWARF 2 has no tag for restrict. */
const unrestricted = ({ pointers: _, ...others }: Record<string, string>) => others;

const formats: readonly (readonly [string, string | undefined, readonly string[]])[] = [
  ['DWARF 3', clang, ['-gdwarf-3']],
  ['DWARF 3 of gcc', gcc, ['-gdwarf-3']],
  ['64-bit DWARF 3', clang, ['-gdwarf-3', '-gdwarf64']],
  ['64-bit DWARF 5', clang, ['-gdwarf-5', '-gdwarf64']],
  ['64-bit DWARF 5 of gcc', gcc, ['-gdwarf-5', '-gdwarf64']],
  ['type units, DWARF 4', clang, ['-gdwarf-4', '-fdebug-types-section']],
  ['type units, DWARF 5', clang, ['-gdwarf-5', '-fdebug-types-section']],
  ['type units of gcc, DWARF 4', gcc, ['-gdwarf-4', '-fdebug-types-section']],
  ['type units of gcc, DWARF 5', gcc, ['-gdwarf-5', '-fdebug-types-section']],
  ['split, DWARF 4', clang, ['-gdwarf-4', '-gsplit-dwarf']],
  ['split, DWARF 5', clang, ['-gdwarf-5', '-gsplit-dwarf']],
  ['split in one file', clang, ['-gsplit-dwarf=single']],
  ['split of gcc, type units, DWARF 4', gcc, ['-gdwarf-4', '-gsplit-dwarf', '-fdebug-types-section']],
  ['split of gcc, type units, DWARF 5', gcc, ['-gdwarf-5', '-gsplit-dwarf', '-fdebug-types-section']],
  ["gcc's objects for link-time optimisation", gcc, ['-flto', '-fno-fat-lto-objects']],
  ['sections packed the old way', gcc, ['-gz=zlib-gnu']],
];

describe.skipIf(!here)('the same layouts out of other debug information', () => {
  for (const [name, compiler, flags] of formats)
    it.skipIf(compiler === undefined)(name, async () => {
      expect(await layoutsOf(compile(compiler!, flags))).toEqual(await plainOf(compiler!));
    });

  it.each([clang, gcc].filter((one) => one !== undefined))('DWARF 2, %s', async (compiler) => {
    expect(unrestricted(await layoutsOf(compile(compiler, ['-gdwarf-2'])))).toEqual(
      unrestricted(await plainOf(compiler)),
    );
  });

  it.skipIf(clang === undefined)('mips, whose ABI of 64 bits lays out as that of x86_64 does', async () => {
    const object = (machine: string) => compile(clang!, [`--target=${machine}-linux-gnu`, '-ffreestanding']);
    const little = object('mips64el');
    expect((await openLayouts(little)).target).toEqual({
      name: 'mips64el',
      littleEndian: true,
      pointerSize: 8,
    });
    const { long_double: _, ...expected } = await plainOf(clang!);
    expect(await layoutsOf(little)).toMatchObject(expected);
    const big = await openLayouts(object('mips64'));
    expect(big.target).toEqual({ name: 'mips64', littleEndian: false, pointerSize: 8 });
    expect(big.struct('big')).toMatchObject(sizesOf((await openLayouts(little)).struct('big')));
    for (const [machine, littleEndian] of [
      ['mips', false],
      ['mipsel', true],
    ] as const) {
      const { target, struct } = await openLayouts(object(machine));
      expect(target).toEqual({ name: machine, littleEndian, pointerSize: 4 });
      expect(struct('list_head')).toMatchObject({ size: 8, members: [{ offset: 0 }, { offset: 4 }] });
    }
  });
});

const sizesOf = (type: Type) =>
  type.kind === 'struct'
    ? { size: type.size, members: type.members.map(({ name, offset }) => ({ name, offset })) }
    : { size: type.size };

const refusal = async (file: string): Promise<LostbitError> => {
  const error: unknown = await openLayouts(file).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(LostbitError);
  return error as LostbitError;
};

describe.skipIf(!here || clang === undefined)('what is in other files', () => {
  const two = { 'one.c': 'struct one { int a; char b; } one;', 'two.c': 'struct two { long c; } two;' };
  beforeAll(() => {
    for (const [name, text] of Object.entries(two)) writeFileSync(join(folder, name), text);
  });

  it('a .dwo is found where the object names it and beside it, and opened by itself', async () => {
    const object = compile(clang!, ['-gsplit-dwarf'], 'one.c');
    const split = object.replace(/o$/, 'dwo');
    expect((await openLayouts(split)).struct('one')).toMatchObject({ size: 8 });
    const moved = join(folder, 'moved');
    mkdirSync(moved);
    writeFileSync(join(moved, 'a.o'), readFileSync(object));
    expect((await openLayouts(join(moved, 'a.o'))).struct('one')).toMatchObject({ size: 8 });
    renameSync(split, join(moved, 'a.dwo'));
    expect((await openLayouts(join(moved, 'a.o'))).struct('one')).toMatchObject({ size: 8 });
  });

  it('one that is not there, is none, or is of another build is named, with what avoids it', async () => {
    const object = compile(clang!, ['-gsplit-dwarf'], 'one.c');
    const split = object.replace(/o$/, 'dwo');
    const named = {
      code: 'E_NO_DEBUG_INFO',
      message: expect.stringContaining(`not read: 1 of 1 units that are split off, as '${split}'`),
      advice: { hint: expect.stringContaining('compile without -gsplit-dwarf') },
    };
    renameSync(split, `${split}.away`);
    expect(await refusal(object)).toMatchObject(named);
    mkdirSync(split);
    expect(await refusal(object)).toMatchObject(named);
    rmSync(split, { recursive: true });
    execFileSync('mkfifo', [split]);
    expect(await refusal(object)).toMatchObject(named);
    rmSync(split);
    renameSync(compile(clang!, ['-gsplit-dwarf'], 'two.c').replace(/o$/, 'dwo'), split);
    expect(await refusal(object)).toMatchObject(named);
    await expect(openLayouts(new Uint8Array(readFileSync(object)))).rejects.toMatchObject({
      code: 'E_NO_DEBUG_INFO',
    });
  });

  it('some that are not there are named where a struct is missed', async () => {
    const objects = Object.keys(two).map((source) =>
      compile(clang!, ['-gsplit-dwarf'], source, source.slice(0, -2)),
    );
    const linked = join(folder, 'linked.o');
    execFileSync('ld', ['-r', ...objects, '-o', linked]);
    rmSync(objects[1]!.replace(/o$/, 'dwo'));
    const source = await openLayouts(linked);
    expect(source.struct('one').size).toBe(8);
    expect(() => source.struct('two')).toThrow(
      expect.objectContaining({
        code: 'E_UNKNOWN_TYPE',
        message: "no struct or union 'two' is defined in what was read",
        advice: { hint: expect.stringMatching(/not read: 1 of 2 units .*two\.dwo'; .*-gsplit-dwarf/) },
      }),
    );
  });

  it.each([4, 5])('a package beside the file, DWARF %i', async (version) => {
    const flags = [`-gdwarf-${version}`, '-gsplit-dwarf'];
    const objects = Object.keys(two).map((source) =>
      compile(clang!, flags, source, `${version}${source[0]}`),
    );
    const splits = objects.map((object) => object.replace(/o$/, 'dwo'));
    const linked = join(folder, `packed${version}`);
    execFileSync('ld', ['-r', ...objects, '-o', linked]);
    writeFileSync(
      `${linked}.dwp`,
      packageOf(
        splits.map((split) => new Elf(new Uint8Array(readFileSync(split)))),
        version,
      ),
    );
    for (const split of splits) rmSync(split);
    const source = await openLayouts(linked);
    expect(source.struct('one').members.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(source.struct('two')).toMatchObject({ size: 8, members: [{ name: 'c', type: { name: 'long' } }] });
    const alone = await openLayouts(`${linked}.dwp`);
    expect(alone.structNames()).toEqual(['one', 'two']);
  });

  it('intermediate code is named as such', async () => {
    expect(await refusal(compile(clang!, ['-flto'], 'one.c'))).toMatchObject({
      code: 'E_NO_LAYOUTS',
      message: expect.stringContaining('is LLVM bitcode'),
      advice: { hint: 'compile without -flto, or with -ffat-lto-objects' },
    });
  });

  it('so is what a file was stripped of', async () => {
    const link = new Writer();
    link.text('one.debug');
    const file = join(folder, 'stripped');
    writeFileSync(file, buildElf([{ name: '.gnu_debuglink', bytes: link.bytes() }]));
    expect(await refusal(file)).toMatchObject({
      code: 'E_NO_DEBUG_INFO',
      advice: { hint: "its debug information was moved to 'one.debug': give that" },
    });
  });
});

/** A package of split units, each the only one of its file; as DWARF 5 §7.3.5 has it, or as GNU had it before. */
function packageOf(files: readonly Elf[], version: number): Uint8Array {
  const content = (file: Elf, name: string) => file.content(file.section(name)!);
  const columns = ['.debug_info.dwo', '.debug_abbrev.dwo', '.debug_str_offsets.dwo'];
  const ids = [1, 3, 6];
  const index = new Writer();
  if (version === 5) {
    index.uint(5, 2);
    index.uint(0, 2);
  } else index.uint(2, 4);
  for (const count of [columns.length, files.length, 2]) index.uint(count, 4);
  // Two slots, whose signatures nobody looks at.
  for (const slot of [1, 2]) index.uint(slot, 8);
  for (const slot of [1, 2]) index.uint(slot, 4);
  for (const id of ids) index.uint(id, 4);
  const out = columns.map(() => new Writer());
  const strings = new Writer();
  const sizes: number[] = [];
  for (const file of files)
    for (const [i, name] of columns.entries()) {
      const bytes = content(file, name).slice();
      if (i === 2) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = version === 5 ? 8 : 0; at < bytes.length; at += 4)
          view.setUint32(at, view.getUint32(at, true) + strings.length, true);
      }
      index.uint(out[i]!.length, 4);
      sizes.push(bytes.length);
      out[i]!.raw(bytes);
      if (i === 2) strings.raw(content(file, '.debug_str.dwo'));
    }
  for (const size of sizes) index.uint(size, 4);
  return buildElf(
    [
      ...columns.map((name, i) => ({ name, bytes: out[i]!.bytes() })),
      { name: '.debug_str.dwo', bytes: strings.bytes() },
      { name: '.debug_cu_index', bytes: index.bytes() },
    ],
    { type: 2 },
  );
}
