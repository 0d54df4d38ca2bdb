// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { assemble, I32, type TestFunction } from './assemble.js';
import { accessFunction, accessSpecs } from './every-access.js';

const NAMES = ['name', 1, 4, 1, 1, 1, 0x66] as const; // function 1 is `f`
const f = (code: readonly number[], locals: TestFunction['locals'] = []): TestFunction => ({
  name: 'f',
  parameters: [I32],
  results: [],
  locals,
  code,
});
const module = (code: readonly number[], options = {}) =>
  assemble([f(code)], { customs: [NAMES], ...options });
const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** Instructions without an access, the byte of an i32.load hidden in their immediates where there is room. */
const others: readonly (readonly [string, readonly number[]])[] = [
  ['unreachable, nop', [0x01, 0x00]],
  ['block, loop, br, br_if', [0x02, 0x40, 0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0c, 1, 0x0b, 0x0b]],
  ['a block with a result', [0x02, 0x7f, 0x41, 0x28, 0x0b, 0x1a]],
  ['a block of a function type', [0x20, 0, 0x41, 1, 0x41, 2, 0x02, 0, 0x1a, 0x1a, 0x1a, 0x0b]],
  ['a block of a type that takes two bytes', [0x20, 0, 0x02, 0x81, 0, 0x1a, 0x0b]],
  ['if, else', [0x20, 0, 0x04, 0x40, 0x01, 0x05, 0x01, 0x0b]],
  ['br_table', [0x02, 0x40, 0x20, 0, 0x0e, 2, 0, 0, 0, 0x0b]],
  ['return', [0x0f]],
  ['call', [0x20, 0, 0x41, 0x28, 0x41, 0, 0x10, 0x80, 0x80, 0x80, 0x80, 0]],
  ['drop, select', [0x20, 0, 0x20, 0, 0x20, 0, 0x1b, 0x1a]],
  ['select with a type', [0x20, 0, 0x20, 0, 0x20, 0, 0x1c, 1, 0x7f, 0x1a]],
  ['locals', [0x20, 0, 0x22, 0, 0x21, 0]],
  ['constants', [0x41, 0xa8, 0x28, 0x1a, 0x42, 0xa8, 0xa8, 0xa8, 0xa8, 0x28, 0x1a]],
  ['f32.const, f64.const', [0x43, 0x28, 0x28, 0x28, 0x28, 0x1a, 0x44, ...new Array(8).fill(0x28), 0x1a]],
  ['memory.size, memory.grow', [0x3f, 0, 0x40, 0, 0x1a]],
  ['comparisons, arithmetic', [0x20, 0, 0x45, 0x20, 0, 0x6a, 0x67, 0x1a]],
  ['conversions, sign extension', [0x20, 0, 0xb7, 0xaa, 0xc0, 0xac, 0xc4, 0x1a]],
  ['saturating conversions', [0x20, 0, 0xb7, 0xfc, 2, 0x1a]],
  ['data.drop', [0xfc, 9, 0]],
  ['references', [0xd0, 0x70, 0xd1, 0x1a, 0xd0, 0x6f, 0x1a]],
  ['atomic.fence', [0xfe, 3, 0]],
];

describe('instructions', () => {
  it.each(others)('%s', (_, code) => {
    const load = [0x20, 0, 0x28, 2, 4, 0x1a];
    const bytes = module([...load, ...code, ...load]);
    expect(WebAssembly.validate(bytes)).toBe(true);
    const accesses = memoryAccesses(bytes);
    expect(accesses.map(({ kind, immediate }) => [kind, immediate])).toEqual([
      ['load', 4],
      ['load', 4],
    ]);
    expect(accesses.map(({ offset }) => bytes[offset])).toEqual([0x28, 0x28]);
    const { bytes: rewritten } = hookAccesses(bytes, { hook: 'hook', skip: () => false });
    expect(WebAssembly.validate(rewritten)).toBe(true);
  });

  it('of tables are decoded as well', () => {
    // No table is declared: these are of interest to the decoder alone.
    const tables = [
      ...[0x11, 0x80, 0, 0x80, 0], // call_indirect
      ...[0x25, 0, 0x26, 0, 0xd2, 1], // table.get, table.set, ref.func
      ...[0xfc, 12, 0x80, 0, 0, 0xfc, 13, 0, 0xfc, 14, 0, 0, 0xfc, 15, 0, 0xfc, 16, 0, 0xfc, 17, 0],
    ];
    expect(memoryAccesses(module([...tables, 0x28, 2, 4]))).toHaveLength(1);
  });

  it.each<[string, readonly number[]]>([
    ['a SIMD instruction (0xfd 0x0)', [0xfd, 0, 4, 0]],
    ['a SIMD instruction (0xfd 0x113)', [0xfd, 0x93, 2, 0, 0]], // not 0xfe13
    ['an unknown instruction (0xfc 0x12)', [0xfc, 18, 0]],
    ['an unknown instruction (0xfc 0x210)', [0xfc, 0x90, 4]],
    ['an unknown instruction (0xfe 0x4f)', [0xfe, 0x4f, 0, 0]],
    ['an unknown instruction (0xfe 0x4)', [0xfe, 4, 0, 0]],
    ['an unknown instruction (0x6)', [0x06, 0x40, 0x0b]],
    ['an unknown instruction (0x12)', [0x12, 0]],
    ['an unknown instruction (0xc5)', [0xc5]],
    ['an unknown instruction (0x27)', [0x27]],
    ['a second memory', [0x28, 0x42, 1, 0]],
    ['a second memory', [0xfe, 0x10, 0x42, 1, 0]],
    ['a second memory', [0x3f, 1]],
    ['a second memory', [0xfc, 10, 0, 1]],
    ['a second memory', [0xfc, 10, 1, 0]],
    ['a second memory', [0xfc, 11, 1]],
    ['a second memory', [0xfc, 8, 0, 1]],
    ['a typed function reference', [0x02, 0x63, 0x70, 0x0b]],
    ['code behind its end', [0x0b, 0x01]],
    ['ends too early', [0x02, 0x40]],
    ['ends too early', [0x44, 1, 2]],
    ['ends too early', [0x41, 0x80]],
  ])('%s: refused, with the function and the place', (message, code) => {
    const bytes = module(code);
    expect(() => memoryAccesses(bytes)).toThrow(refused('E_INSTRUCTION', message));
    expect(() => memoryAccesses(bytes)).toThrow(/^function 1 \(f\) has .*byte 0x[0-9a-f]+\)$/);
  });

  it('are refused where a local is of an unknown type', () => {
    expect(() => memoryAccesses(assemble([f([], [[1, 0x7b]])]))).toThrow(
      refused('E_INSTRUCTION', 'function 1 has a local of the unknown type 0x7b'),
    );
  });

  it('are refused of a function that is skipped as well', () => {
    const bytes = module([0xfd, 0, 4, 0]);
    expect(() => hookAccesses(bytes, { hook: 'hook', skip: () => true })).toThrow(
      refused('E_INSTRUCTION', 'SIMD'),
    );
  });
});

describe('memories', () => {
  const load = accessFunction(accessSpecs[0]!, 0);

  it.each([
    ['2 memories', [2, 3, 1, 1, 3, 1, 1]],
    ['a memory of 64 bits', [1, 7, 1, 1]],
    ['a memory of 64 bits', [1, 4, 1]],
    ['longer or shorter than it says', [1, 3, 1, 1, 0]],
  ])('%s: refused', (message, memory) => {
    expect(() => memoryAccesses(assemble([load], { memory }))).toThrow(refused('E_BAD_MODULE', message));
  });

  it.each([[[1, 0, 1]], [[1, 1, 1, 1]]])('that are not shared are not refused', (memory) => {
    const plain = accessSpecs.find(({ kind }) => kind === 'load')!;
    expect(memoryAccesses(assemble([accessFunction(plain, 0)], { memory }))).toHaveLength(1);
  });
});
