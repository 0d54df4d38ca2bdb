// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { HookKind, hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { CodeMap } from '../../../src/layout/code-map.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import type { Edited } from '../../../src/wasm/edits.js';
import { compileWasm } from '../../layout/compile.js';

const source = readFileSync(new URL('fixtures/accesses.c', import.meta.url), 'utf8');
const { load, store, atomic } = HookKind;
const flags = ['-g', '-matomics', '-mbulk-memory'];

describe('a compiled module whose hook is C', () => {
  let original: Uint8Array;
  let hooked: Edited;
  let info: DebugInfo;
  let exports: Record<string, (...args: number[]) => unknown>;
  let memory: DataView;
  let subject: number;

  beforeAll(async () => {
    original = await compileWasm({ 'accesses.c': source }, ['-O2', ...flags]);
    hooked = hookAccesses(original, { hook: 'note', skip: () => false });
    info = DebugInfo.fromWasm(original);
    const { instance } = await WebAssembly.instantiate(hooked.bytes);
    exports = instance.exports as typeof exports;
    memory = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
    subject = info.variable('subject').address;
  });

  /** What the hook has noted of a call: the field, or the offset in the subject, and bytes and kind. */
  function noted(name: string, ...args: number[]): unknown[][] {
    const counter = info.variable('noted').address;
    const notes = info.variable('notes').address;
    const fields = new Map(info.struct('everything').members.map((member) => [member.offset, member.name]));
    memory.setUint32(counter, 0, true);
    exports[name]!(...args);
    return Array.from({ length: memory.getUint32(counter, true) }, (_, i) => {
      const word = (index: number) => memory.getUint32(notes + 12 * i + 4 * index, true);
      const offset = word(0) - subject;
      return [fields.get(offset) ?? offset, word(1), word(2)];
    });
  }

  it('reports loads and stores of every width', () => {
    const fields = [
      ['byte', 1],
      ['half', 2],
      ['word', 4],
      ['wide', 8],
      ['single', 4],
      ['twice', 8],
    ];
    expect(noted('stores', subject, 3)).toEqual(fields.map((field) => [...field, store]));
    expect(noted('loads', subject)).toEqual(fields.map((field) => [...field, load]));
    expect(exports.loads!(subject)).toBe(18n);
  });

  it('reports atomics, but no fence', () => {
    expect(noted('atomics', subject, 1)).toEqual([
      ['byte', 1, atomic],
      ['half', 2, atomic],
      ['word', 4, atomic],
      ['wide', 8, atomic],
      ['word', 4, atomic],
      ['half', 2, atomic],
    ]);
  });

  it('reports how many bytes are copied and filled', () => {
    const { offset } = info.struct('everything').members.at(-1)!;
    const room = subject + offset;
    expect(noted('fill', room, 20)).toEqual([['room', 20, store]]);
    expect(noted('copy', room + 32, room, 20)).toEqual([
      ['room', 20, load],
      [offset + 32, 20, store],
    ]);
    expect([19, 20, 32, 51, 52].map((i) => memory.getUint8(room + i))).toEqual([0x55, 0, 0x55, 0x55, 0]);
  });

  it('reports a read-modify-write that is not atomic as a load and a store', () => {
    expect(noted('set_bit', subject, 3)).toEqual([
      ['byte', 1, load],
      ['byte', 1, store],
    ]);
  });

  it('has the source lines of its accesses in the original', () => {
    const map = CodeMap.fromWasm(original);
    const lines = source.split('\n');
    const text = memoryAccesses(hooked.bytes)
      .map(({ offset }) => map.frames(hooked.original(offset))[0]!)
      .filter((frame) => frame.function === 'stores')
      .map((frame) => lines[frame.line! - 1]!.trim());
    expect(text).toEqual(
      ['byte', 'half', 'word', 'wide', 'single', 'twice'].map((field) => `p->${field} = value;`),
    );
  });
});

it.each(['-O0', '-O1', '-Os'])('a module compiled with %s can be hooked', async (level) => {
  const module = await compileWasm({ 'accesses.c': source }, [level, ...flags]);
  const { bytes } = hookAccesses(module, { hook: 'note', skip: () => false });
  expect(WebAssembly.validate(bytes)).toBe(true);
});
