// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { Kind } from '../../src/layout/btf/constants.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import { spell } from '../../src/layout/spell.js';
import { bare, type Type } from '../../src/layout/types.js';
import { customSections } from '../../src/wasm/sections.js';
import { damaged } from '../support/seed.js';
import { BtfBuilder } from './btf-builder.js';
import { sampleKernel, sampleModule } from './btf-samples.js';
import { compileWasm, onPath } from './compile.js';
import { damage } from './damage.js';
import { buildElf, relocationTable, symbolTable } from './elf-builder.js';

const driver = readFileSync(new URL('fixtures/driver.c', import.meta.url), 'utf8');
const kernel = sampleKernel();
const whole = kernel.btf.bytes();
const split = sampleModule(kernel).bytes();
const module = buildElf([{ name: '.BTF', bytes: split }]);

const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('openLayouts', () => {
  let folder: string;
  let wasm: Uint8Array;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lostbit-layout-'));
    wasm = await compileWasm({ 'driver.c': driver }, ['-O2', '-g']);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('knows a file by its content', async () => {
    expect(await openLayouts(wasm)).toMatchObject({
      kind: 'dwarf',
      lacksBase: false,
      target: { name: 'wasm32', pointerSize: 4 },
    });
    expect(await openLayouts(whole)).toMatchObject({ kind: 'btf', target: { name: null } });
    expect(await openLayouts(module)).toMatchObject({
      kind: 'btf',
      lacksBase: true,
      target: { name: 'x86_64' },
    });
    const path = join(folder, 'no.extension');
    writeFileSync(path, module);
    const base = join(folder, 'base');
    writeFileSync(base, gzipSync(whole));
    expect((await openLayouts(path, { base })).struct('lock').size).toBe(12);
  });

  it('prefers DWARF, which needs no base', async () => {
    const sections = [...customSections(wasm)].map(([name, bytes]) => ({ name, bytes }));
    const both = buildElf([...sections, { name: '.BTF', bytes: split }], {
      is64: false,
      machine: 3,
      type: 2,
    });
    const source = await openLayouts(both);
    expect(source).toMatchObject({
      kind: 'dwarf',
      target: { name: 'i386', littleEndian: true, pointerSize: 4 },
    });
    expect(source.struct('core_device')).toEqual((await openLayouts(wasm)).struct('core_device'));
  });

  it.each(['gzip', 'xz', 'zstd'].filter((command) => command === 'gzip' || onPath(command)))(
    'unpacks %s',
    async (command) => {
      const path = join(folder, `m.${command}`);
      writeFileSync(
        path,
        command === 'gzip' ? gzipSync(module) : execFileSync(command, ['-c'], { input: module }),
      );
      expect((await openLayouts(path)).structNames()).toEqual(['region', 'device']);
      const packed = readFileSync(path);
      await expect(openLayouts(packed.subarray(0, packed.length >> 1))).rejects.toThrow(
        refused('E_UNPACK', new RegExp(`^the file is packed by ${command} and cannot be unpacked: .+`)),
      );
    },
  );

  it.skipIf(!onPath('xz'))(
    'unpacks xz without the command of that name, and says what is wrong',
    async () => {
      const packed = new Uint8Array(execFileSync('xz', ['--check=crc32', '-c'], { input: module }));
      const path = process.env.PATH;
      process.env.PATH = '';
      try {
        expect((await openLayouts(packed)).structNames()).toEqual(['region', 'device']);
        packed[packed.length >> 1]! ^= 1;
        await expect(openLayouts(packed)).rejects.toThrow(refused('E_UNPACK', 'its data is corrupt'));
        await expect(openLayouts(packed.subarray(0, 20))).rejects.toThrow(
          refused('E_UNPACK', 'ends too early'),
        );
      } finally {
        process.env.PATH = path;
      }
    },
  );

  it('says what is wrong with what is none', async () => {
    const text = join(folder, 'driver.c');
    writeFileSync(text, driver);
    await expect(openLayouts(text)).rejects.toThrow(
      refused('E_NO_LAYOUTS', /driver\.c' is text, and says nothing/),
    );
    await expect(openLayouts(new Uint8Array())).rejects.toThrow(refused('E_NO_LAYOUTS', 'the file is empty'));
    await expect(openLayouts(new Uint8Array(99))).rejects.toThrow(
      refused('E_NO_LAYOUTS', 'no format that is known'),
    );
    await expect(openLayouts(join(folder, 'none'))).rejects.toThrow(refused('E_NO_FILE', 'ENOENT'));
    await expect(openLayouts(folder)).rejects.toThrow(refused('E_NO_FILE', 'it is a directory'));
    await expect(openLayouts(buildElf([]))).rejects.toThrow(
      refused('E_NO_DEBUG_INFO', 'neither DWARF nor BTF'),
    );
    await expect(openLayouts(module, { base: text })).rejects.toThrow(refused('E_NO_LAYOUTS', 'is text'));
    await expect(openLayouts(module.subarray(0, 100))).rejects.toThrow(
      refused('E_BAD_ELF', 'section headers outside the file of 100 bytes'),
    );
    await expect(openLayouts(whole.subarray(0, 100))).rejects.toThrow(refused('E_BAD_BTF', 'overrun'));
    await expect(openLayouts(wasm.subarray(0, 100))).rejects.toThrow(
      refused('E_BAD_MODULE', 'ends too early'),
    );
  });
});

/** Milliseconds; a sound file takes a few. Not a measurement: it catches what never ends. */
const PATIENCE = 10_000;

async function refusable<T>(ask: () => T | Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof LostbitError) return null;
    throw error;
  }
}

/** Everything that can be reached from a type, up to some hundred types. */
function look(type: Type, seen: Set<Type>): void {
  if (seen.has(type) || seen.size > 300) return;
  seen.add(type);
  expect(spell(type).length).toBeGreaterThan(0);
  const inner = bare(type);
  if (inner.kind === 'pointer') look(inner.target, seen);
  if (inner.kind === 'array') look(inner.element, seen);
  if (inner.kind === 'function')
    for (const parameter of [inner.returns, ...inner.parameters]) look(parameter, seen);
  if (inner.kind === 'struct' || inner.kind === 'union')
    for (const { type } of inner.members) look(type, seen);
}

/** Asks a file everything; each question may be refused, but only as a LostbitError, and within reason. */
async function interrogate(file: Uint8Array, base?: Uint8Array): Promise<void> {
  const start = performance.now();
  const source = await refusable(() => openLayouts(file, base === undefined ? {} : { base }));
  for (const name of source?.structNames() ?? []) {
    const struct = await refusable(() => source!.struct(name));
    if (struct !== null) await refusable(() => look(struct, new Set()));
  }
  expect(performance.now() - start).toBeLessThan(PATIENCE);
}

describe('corrupt files are refused or read', () => {
  const fuzz = (file: () => Uint8Array, numRuns: number, base?: Uint8Array) =>
    fc.assert(
      fc.asyncProperty(damage, async (change) => interrogate(change(file().slice()), base)),
      { numRuns: damaged(numRuns) },
    );

  it('BTF of all kinds', async () => {
    const btf = new BtfBuilder();
    const int = btf.int('int', 4);
    const state = btf.add(Kind.enum, 'state', 4, [btf.text('ON'), 1], 1);
    const wide = btf.add(Kind.enum64, 'wide', 8, [btf.text('W'), 1, 2], 1);
    const named = btf.add(Kind.typedef, 'named', btf.add(Kind.const, '', int));
    const call = btf.pointer(btf.prototype(int, [['a', named]]));
    const other = btf.pointer(btf.add(Kind.forward, 'device', 0));
    const members = [state, wide, named, call, other, btf.array(int, 3), btf.add(Kind.float, 'double', 8)];
    const inner = btf.struct(
      'inner',
      64,
      members.map((type, i) => ({ name: `m${i}`, type, at: i * 64 })),
    );
    btf.struct('device', 72, [
      { name: 'inner', type: inner, at: 0 },
      { name: 'a', type: int, at: 512, bits: 3 },
      { name: 'b', type: int, at: 515, bits: 9 },
    ]);
    btf.add(Kind.dataSection, '.data', 4, [btf.add(Kind.variable, 'v', int, [1]), 0, 4], 1);
    const file = btf.bytes();
    await fuzz(() => file, 750);
  });

  it('split BTF without its base, and with it', async () => {
    await fuzz(() => split, 625);
    await fuzz(() => split, 250, whole);
    await fc.assert(
      fc.asyncProperty(damage, (change) => interrogate(split, change(whole.slice()))),
      { numRuns: damaged(125) },
    );
  });

  it('ELF files', async () => {
    await fuzz(() => module, 250);
    const sections = customSections(await compileWasm({ 'driver.c': driver }, ['-O2', '-gdwarf-5']));
    const debug = [...sections]
      .filter(([name]) => name.startsWith('.debug_'))
      .map(([name, bytes]) => ({ name, bytes }));
    const names = debug.findIndex(({ name }) => name === '.debug_info') + 1;
    const relocations = Array.from({ length: 8 }, (_, i) => ({
      offset: 4 + i,
      type: [0, 14][i % 2]!,
      symbol: 1,
      addend: 4,
    }));
    const object = buildElf([
      ...debug,
      { name: '.rela', type: 4, link: debug.length + 2, info: names, bytes: relocationTable(relocations) },
      { name: '.symtab', type: 2, bytes: symbolTable([0, 0]) },
    ]);
    await fuzz(() => object, 500);
  });
});
