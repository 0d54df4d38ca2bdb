// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodeMap, isGlue } from '../../src/layout/code-map.js';
import { codeSection } from '../../src/wasm/function-bodies.js';
import { functionNames } from '../../src/wasm/function-names.js';
import { build, closeToolchains } from '../support/race.js';
import { compileWasm } from './compile.js';
import { symbolize } from './symbolize.js';
import { withoutSections } from './without-sections.js';

const calls = readFileSync(new URL('fixtures/calls.c', import.meta.url), 'utf8');

/** The line with a mark, from 1. */
function marked(name: string): number {
  const lines = calls.slice(0, calls.indexOf(`/* MARK ${name} */`)).split('\n');
  const directive = lines.findLastIndex((line) => line.startsWith('#line'));
  const [, from = '1'] = /^#line (\d+)/.exec(lines[directive] ?? '') ?? [];
  return Number(from) + lines.length - 2 - directive;
}

/** Where V8 says that the module's frames are, innermost first. */
function offsetsIn(stack: string): number[] {
  return [...stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)].map(([, hex]) =>
    Number.parseInt(hex!, 16),
  );
}

const frame = (name: string, file = 'calls.c', line = marked(name)) => ({ function: name, file, line });

describe.each(['-gdwarf-4', '-gdwarf-5'])('a small module, %s', (dwarf) => {
  let bytes: Uint8Array;
  let map: CodeMap;
  let stack: string;
  let exports: Record<'direct' | 'indirect' | 'trap', (x: number) => number>;

  beforeAll(async () => {
    bytes = await compileWasm({ 'calls.c': calls }, ['-O2', dwarf, '-ffile-compilation-dir=.']);
    map = CodeMap.fromWasm(bytes);
    const backtrace = () => {
      stack = new Error().stack ?? '';
    };
    const { instance } = await WebAssembly.instantiate(bytes as BufferSource, { env: { backtrace } });
    exports = instance.exports as typeof exports;
  });

  const inlined = [frame('inner'), frame('middle'), frame('outer')];

  it('names the callers that V8 sees, and the functions inlined into them', () => {
    exports.direct(1);
    expect(map.stack(offsetsIn(stack))).toEqual([...inlined, frame('direct')]);
    exports.indirect(1);
    expect(map.stack(offsetsIn(stack))).toEqual([...inlined, frame('indirect')]);
  });

  it('is asked about the call itself, not about what is behind it', () => {
    exports.direct(1);
    exports.indirect(1);
    const opcodes = offsetsIn(stack).map((offset) => bytes[offset]);
    expect(opcodes).toEqual([0x10, 0x11]); // call, call_indirect
  });

  it('finds where code trapped', () => {
    let trapped = '';
    try {
      exports.trap(0x7fff_fff0);
    } catch (error) {
      trapped = (error as Error).stack ?? '';
    }
    expect(map.stack(offsetsIn(trapped))).toEqual([frame('deref', 'include/deep/deref.h', 3), frame('trap')]);
  });

  it('names the functions themselves, which are of one file each', () => {
    const { bodies } = codeSection(bytes);
    const names = functionNames(bytes);
    for (const name of ['outer', 'direct', 'indirect', 'trap']) {
      const body = bodies.find(({ index }) => names.get(index) === name)!;
      const { index, start, end } = body;
      expect(map.functionAt(start)).toEqual({ index, name, start, end });
      expect(map.functionAt(end - 1)).toEqual({ index, name, start, end });
      expect(map.fileOf(index)).toBe('calls.c');
      expect(map.unitOf(index)).toBe('calls.c');
    }
  });

  it('knows nothing of what is no code of a function', () => {
    const { start, bodies } = codeSection(bytes);
    const last = bodies.at(-1)!;
    for (const offset of [-1, 0, start, bodies[0]!.size, last.size, last.end, bytes.length, 2 ** 40]) {
      expect(map.frames(offset)).toEqual([]);
      expect(map.functionAt(offset)).toBeNull();
    }
    for (const index of [-1, 0, last.index + 1]) {
      expect(map.fileOf(index)).toBeNull();
      expect(map.unitOf(index)).toBeNull();
    }
  });

  it('falls back to the name section, then to the index', () => {
    exports.direct(1);
    const [offset] = offsetsIn(stack);
    const { index } = map.functionAt(offset!)!;
    const frameOf = (module: Uint8Array) => CodeMap.fromWasm(module).frames(offset!);
    const unknown = { file: null, line: null };
    const named = withoutSections(bytes, (name) => name.startsWith('.debug_'));
    expect(frameOf(named)).toEqual([{ function: 'outer', ...unknown }]);
    expect(CodeMap.fromWasm(named).functionAt(offset!)).toMatchObject({ index, name: 'outer' });
    expect(CodeMap.fromWasm(named).fileOf(index)).toBeNull();
    const bare = withoutSections(bytes, () => true);
    expect(frameOf(bare)).toEqual([{ function: `wasm-function[${index}]`, ...unknown }]);
  });
});

describe('the base stage', () => {
  let bytes: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    ({ bytes } = await build('base'));
  });
  afterAll(closeToolchains);

  it('agrees with LLVM’s own symbolizer', async () => {
    const map = CodeMap.fromWasm(bytes);
    const { start, bodies } = codeSection(bytes);
    const offsets = bodies.flatMap((body) => {
      const all = Array.from({ length: body.end - body.start }, (_, i) => body.start + i);
      return all.filter((offset) => offset === body.start || offset === body.end - 1 || offset % 61 === 0);
    });
    const expected = await symbolize(
      bytes,
      offsets.map((offset) => offset - start),
    );
    let depth = 0;
    let linkers = 0;
    let nearestOnes = 0;
    for (const [i, all] of expected.entries()) {
      const own = all.filter((frame) => !isGlue(frame));
      const frames = own.length > 0 ? own : all;
      const mine = [...map.frames(offsets[i]!)];
      // It says no line where there is none, and often no file either; the nearest one is of our own.
      for (const [depth, { nearest, line }] of mine.entries()) {
        if (!nearest) continue;
        expect([line! > 0, frames[depth]!.line], `offset 0x${offsets[i]!.toString(16)}`).toEqual([
          true,
          null,
        ]);
        mine[depth] = frames[depth]!;
        nearestOnes++;
      }
      depth = Math.max(depth, frames.length);
      if (frames[0]?.function !== '') {
        expect(mine, `offset 0x${offsets[i]!.toString(16)}`).toEqual(frames);
        continue;
      }
      // What the linker has made is in no DWARF, only in the name section.
      linkers++;
      expect(mine).toEqual([{ function: expect.stringMatching(/^__wasm_/), file: null, line: null }]);
    }
    expect(offsets.length).toBeGreaterThan(1000);
    expect(depth).toBeGreaterThan(3);
    expect(linkers).toBeLessThan(20);
    expect(nearestOnes).toBeGreaterThan(0);
  });

  it('has its functions in the files that define them', () => {
    const map = CodeMap.fromWasm(bytes);
    const names = functionNames(bytes);
    const fileOf = (name: string) => map.fileOf([...names].find(([, candidate]) => candidate === name)![0]);
    expect(fileOf('down_write')).toBe('kernel/locking.c');
    expect(fileOf('vfio_pci_core_enable')).toBe('vfio/pci/vfio_pci_core.c');
    expect(fileOf('__wasm_init_memory')).toBeNull();
    for (const index of names.keys())
      if (map.fileOf(index) !== null) expect(map.unitOf(index)).toBe(map.fileOf(index));
  });
});

it('has what a header defines in the unit that it was compiled in', async () => {
  const text = `# 1 "inline.h"
__attribute__((noinline)) static int twice(int a) { return 2 * a; }
# 2 "unit.c"
int entry(int a) { return twice(a); }
`;
  const bytes = await compileWasm({ 'unit.c': text }, ['-g', '-O0', '-ffile-compilation-dir=.']);
  const map = CodeMap.fromWasm(bytes);
  const [index] = [...functionNames(bytes)].find(([, name]) => name === 'twice')!;
  expect(map.fileOf(index)).toBe('inline.h');
  expect(map.unitOf(index)).toBe('unit.c');
});
