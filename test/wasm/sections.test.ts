// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { customSections } from '../../src/wasm/sections.js';
import { wrapInWasm } from '../layout/dwarf-builder.js';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const bad = (message: string) =>
  expect.objectContaining({ code: 'E_BAD_MODULE', message: expect.stringContaining(message) });

describe('custom sections', () => {
  it('are found between others', () => {
    const type = [1, 4, 1, 0x60, 0, 0];
    const custom = (name: string, ...bytes: number[]) => [
      0,
      1 + name.length + bytes.length,
      name.length,
      ...Buffer.from(name),
      ...bytes,
    ];
    const module = Uint8Array.from([
      ...HEADER,
      ...custom('name', 1, 2),
      ...type,
      ...custom('.debug_info', 3),
    ]);
    expect([...customSections(module)]).toEqual([
      ['name', Uint8Array.of(1, 2)],
      ['.debug_info', Uint8Array.of(3)],
    ]);
  });

  it('agree with the engine', async () => {
    const module = wrapInWasm(
      new Map([
        ['a', Uint8Array.of(9)],
        ['b', new Uint8Array(300).fill(7)],
      ]),
    );
    const compiled = await WebAssembly.compile(module as BufferSource);
    for (const [name, bytes] of customSections(module)) {
      expect(new Uint8Array(WebAssembly.Module.customSections(compiled, name)[0]!)).toEqual(bytes);
    }
    expect(customSections(module).size).toBe(2);
  });

  it.each([
    ['nothing', [], 'magic'],
    ['something else', [1, 2, 3, 4, 5, 6, 7, 8, 9], 'magic'],
    ['another version', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], 'version 2'],
    ['a section without a size', [...HEADER, 0], 'ends too early'],
    ['a section that overruns the module', [...HEADER, 0, 9, 1, 0x61], 'ends too early'],
    [
      'a name that overruns its section',
      [...HEADER, 0, 2, 4, 0x61, 0x61, 0x61, 0x61, 0x61],
      'overruns its section',
    ],
    ['an endless size', [...HEADER, 0, ...new Array(12).fill(0xff)], 'LEB128'],
    ['a size of 2^56', [...HEADER, 1, ...new Array(8).fill(0x80), 1], 'too large'],
  ])('of %s are refused', (_, bytes, message) => {
    expect(() => customSections(Uint8Array.from(bytes))).toThrow(bad(message));
  });
});
