// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { knowingMeanings, variantsIn } from '../../../src/engine/instrument/meanings.js';
import { sitesOf } from '../../../src/engine/instrument/sites.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import { meantFields } from '../../../src/layout/meant.js';
import { locateClang } from '../../../src/toolchain/clang.js';
import { compileOutside, compileWasm } from '../../layout/compile.js';
import { type Arguments, type FieldName, inC, randomBody, randomOf, setBy } from './random-setters.js';

const fixture = readFileSync(new URL('fixtures/merged.c', import.meta.url), 'utf8');
const levels = ['-O0', '-O1', '-O2', '-O3', '-Os', '-Oz'];
const flags = [
  '-g',
  '-matomics',
  '-mbulk-memory',
  '-mmutable-globals',
  '-ffile-compilation-dir=.',
  // As the modules of the engines.
  '-Xclang',
  '-disable-red-zone',
];
const fine = '-ffine-grained-bitfield-accesses';

interface Compiler {
  readonly name: string;
  /** Of the system's, where they are. */
  readonly programs: Awaited<ReturnType<typeof locateClang>>['programs'] | null;
}
const llvm: Compiler = { name: 'llvm', programs: null };
const compilers: readonly Compiler[] = await locateClang().then(
  ({ programs }) => [{ name: 'clang', programs }, llvm],
  () => [llvm],
);

async function compile({ programs }: Compiler, source: string, more: readonly string[]): Promise<Uint8Array> {
  if (programs === null) return compileWasm({ 'merged.c': source }, [...flags, ...more]);
  const target = ['--target=wasm32-unknown-unknown', '-ffreestanding', '-nostdlib', '-x', 'c'];
  return compileOutside(source, [
    [programs.clang.path, ...target, ...flags, ...more, '-c', '{in}', '-o', '{out}'],
    [programs['wasm-ld'].path, '--no-entry', '--export-all', '{in}', '-o', '{out}'],
  ]);
}

/** A store as it was reported: what it means of the struct, and what it may. */
interface ReportedStore {
  readonly fields: readonly string[];
  readonly oneOf: readonly string[];
  readonly kind: string;
}

type Exports = Record<string, (...args: number[]) => unknown>;

/** A compiled file whose stores are reported by what they mean. */
class Subject {
  readonly #module: Uint8Array;
  readonly #exports: Exports;
  readonly #memory: DataView;
  readonly #info: DebugInfo;

  private constructor(module: Uint8Array, instance: WebAssembly.Instance) {
    this.#module = module;
    this.#exports = instance.exports as Exports;
    this.#memory = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
    this.#info = DebugInfo.fromWasm(module);
  }

  static async of(module: Uint8Array): Promise<Subject> {
    const { bytes } = hookAccesses(knowingMeanings(module).bytes, {
      hook: 'reported',
      what: ({ site }) => site,
      variants: variantsIn(module),
      skip: () => false,
    });
    return new Subject(module, (await WebAssembly.instantiate(bytes)).instance);
  }

  /** The accesses of the struct that a call makes, whose bytes are all `byte` before. */
  call(name: string, byte: number, ...args: number[]): ReportedStore[] {
    const [room, noted, notes] = ['room', 'noted', 'notes'].map((one) => this.#info.variable(one).address);
    const memory = this.#memory;
    for (let i = 0; i < 16; i++) memory.setUint8(room! + i, byte);
    memory.setUint32(noted!, 0, true);
    this.#exports[name]!(room!, ...args);
    const sites = sitesOf(this.#module);
    const { members } = this.#info.struct('flags');
    return Array.from({ length: memory.getUint32(noted!, true) }, (_, i) => {
      const [address, bytes, what] = [0, 4, 8].map((at) => memory.getUint32(notes! + 12 * i + at, true));
      const { kind, ...meant } = sites[what!]!;
      const offset = (address! - room!) * 8;
      const span = members.map(({ name, offset: at, bit, bits, type }) => {
        const from = at * 8 + (bit ?? 0) - offset;
        const mask = ((1n << BigInt(bits ?? type.size * 8)) - 1n) << BigInt(Math.max(from, 0));
        return { name: name ?? '', mask: from < 0 ? 0n : mask & ((1n << BigInt(bytes! * 8)) - 1n) };
      });
      const found = meantFields(span, meant);
      const names = (some: typeof span) => some.map(({ name }) => name);
      return { kind, fields: names([...found.fields]), oneOf: names([...found.oneOf]) };
    }).filter(({ fields, oneOf }) => fields.length + oneOf.length > 0);
  }
}

const stores = (reported: readonly ReportedStore[]) => reported.filter(({ kind }) => kind === 'store');
const named = (reported: readonly ReportedStore[]) =>
  [...new Set(reported.flatMap(({ fields }) => fields))].sort().join(' ');
const open = (reported: readonly ReportedStore[]) => reported.flatMap(({ oneOf }) => oneOf);

/** Of each function of merged.c, arguments and the fields that they have it store. */
const expected: readonly (readonly [name: string, args: readonly number[], fields: string])[] = [
  ['either', [1], 'a'],
  ['either', [0], 'b'],
  ['either_tail', [1], 'a'],
  ['either_tail', [0], 'b'],
  ['clear_either', [1], 'a'],
  ['clear_either', [0], 'b'],
  ['one_of_four', [0], 'a'],
  ['one_of_four', [1], 'b'],
  ['one_of_four', [2], 'c'],
  ['one_of_four', [3], 'd'],
  ['one_of_four', [4], ''],
  ['set_or_clear', [1], 'a'],
  ['set_or_clear', [0], 'b'],
  ['both', [0], 'a b'],
  ['first_and_perhaps', [1], 'a b'],
  ['first_and_perhaps', [0], 'a'],
  ['value', [1], 'a'],
  ['value', [0], 'a'],
  ['number_or_flag', [1, 2], 'e'],
  ['number_or_flag', [0, 2], 'a'],
  ['around', [3, 5], 'a b'],
  ['around', [2, 0], 'b'],
  ['around', [2, 3], 'a'],
  ['through_inline', [1], 'a'],
  ['through_inline', [0], 'b'],
  ['byte_or_flag', [1], 'plain'],
  ['byte_or_flag', [0], 'a'],
];

describe.each(compilers)('$name', (compiler) => {
  const shapes = [...levels.map((level) => [level, 'fine']), ['-O2', 'wide']];

  it.each(shapes)('%s, %s: the field that a merged store means is named', async (level, access) => {
    const tested = await Subject.of(
      await compile(compiler, fixture, access === 'fine' ? [level!, fine] : [level!]),
    );
    const found = (byte: number) =>
      expected.map(([name, args]) => {
        const reported = stores(tested.call(name, byte, ...args));
        return [name, args, named(reported), open(reported)];
      });
    const wanted = expected.map(([name, args, fields]) => [name, args, fields, []]);
    // Whether or not the bits are as they will be: that nothing changes must not hide what is meant.
    for (const byte of [0x00, 0xff, 0x5a]) expect(found(byte)).toEqual(wanted);
  });
});

const seed = Number(process.env.LOSTBIT_SEED ?? 1);
const programs = Number(process.env.LOSTBIT_PROGRAMS ?? 60);

it.each(levels.filter((level) => level !== '-O0'))(
  'a load that such a store puts back may be for any of them, %s',
  async (level) => {
    const sites = sitesOf(await compile(compilers[0]!, fixture, [level, fine]));
    const [load, store, ...variants] = sites.filter((site) => site.function === 'either');
    expect(load).toMatchObject({
      kind: 'load',
      mask: 3n,
      unsure: 3n,
      decided: [{ store: store!.site, besides: 0n }],
    });
    expect(store).toMatchObject({
      kind: 'store',
      mask: 3n,
      unsure: 3n,
      variants: variants.map(({ site }) => site),
    });
    expect(variants.map(({ mask, unsure }) => [mask, unsure]).sort()).toEqual([
      [1n, 0n],
      [2n, 0n],
    ]);
    // Where the code was made from: the lines are gone, and the nearest one is there.
    expect(store!.stack).toMatchObject([{ function: 'either', file: expect.any(String), nearest: true }]);
    const lines = fixture.split('\n');
    const start = lines.findIndex((line) => line.includes('EXPORT(either)')) + 1;
    expect(store!.stack[0]!.line).toBeGreaterThanOrEqual(start);
    expect(store!.stack[0]!.line).toBeLessThanOrEqual(start + 6);
  },
);

describe(`random setters, seed ${seed}`, async () => {
  const random = randomOf(seed);
  const bodies = Array.from({ length: programs }, () => randomBody(random));
  const functions = bodies.map(
    (body, i) =>
      `void __attribute__((export_name("f${i}"))) f${i}(struct flags *t, u32 p, u32 q, u32 r)\n{\n\t${inC(body)}\n}\n`,
  );
  const source = fixture + functions.join('');
  const given = Array.from({ length: 12 }, () => ({
    p: random(8),
    q: random(8),
    r: random(8),
    byte: random(256),
  }));

  it.each(levels)('are named, or reported as unknown, %s', async (level) => {
    const tested = await Subject.of(await compile(compilers[0]!, source, [level, fine]));
    const wrong: unknown[] = [];
    let calls = 0;
    let unknown = 0;
    for (const [i, body] of bodies.entries())
      for (const { byte, ...args } of given) {
        const set = setBy(body, args satisfies Arguments);
        const reported = stores(tested.call(`f${i}`, byte, args.p, args.q, args.r));
        const surely = new Set(reported.flatMap(({ fields }) => fields));
        const perhaps = new Set([...surely, ...open(reported)]);
        const isRight =
          [...surely].every((name) => set.has(name as FieldName)) &&
          [...set].every((name) => perhaps.has(name));
        if (!isRight) wrong.push({ function: functions[i], args, byte, set: [...set], reported });
        calls++;
        if (open(reported).length > 0) unknown++;
      }
    expect(wrong).toEqual([]);
    expect(unknown / calls).toBeLessThan(0.05);
  });
});
