// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { codeSection } from '../../src/wasm/function-bodies.js';
import { functionNames } from '../../src/wasm/function-names.js';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (id: number, ...bytes: number[]) => [id, bytes.length, ...bytes];
const imported = (kind: number, ...type: number[]) => [1, 0x65, 1, 0x78, kind, ...type];
const type = section(1, 1, 0x60, 0, 0);
const bad = (message: string) =>
  expect.objectContaining({ code: 'E_BAD_MODULE', message: expect.stringContaining(message) });

describe('function bodies', () => {
  const imports = [
    ...imported(0, 0),
    ...imported(1, 0x70, 0, 1),
    ...imported(1, 0x70, 1, 1, 2),
    ...imported(2, 3, 1, 0x80, 1),
    ...imported(3, 0x7f, 0),
    ...imported(0, 0),
  ];
  const functions = section(3, 2, 0, 0);
  const code = section(10, 2, 2, 0, 0x0b, 3, 0, 1, 0x0b);
  const module = Uint8Array.from([...HEADER, ...type, ...section(2, 6, ...imports), ...functions, ...code]);

  it('are counted behind the imported functions, whatever else is imported', () => {
    expect(WebAssembly.validate(module)).toBe(true);
    const end = module.length;
    expect(codeSection(module)).toEqual({
      start: end - 8,
      bodies: [
        { index: 2, size: end - 7, start: end - 6, end: end - 4 },
        { index: 3, size: end - 4, start: end - 3, end },
      ],
    });
  });

  it('may be none', () => {
    expect(codeSection(Uint8Array.from(HEADER)).bodies).toEqual([]);
  });

  it.each<[string, number[]]>([
    ['overruns the code section', section(10, 1, 9, 0, 0x0b)],
    ['more code than functions', section(10, 1, 2, 0, 0x0b, 0)],
    ['ends too early', section(10, 3, 2, 0, 0x0b)],
    ['unknown kind 7', [...section(2, 1, ...imported(7, 0)), ...section(10, 0)]],
  ])('of a module that %s are refused', (message, sections) => {
    expect(() => codeSection(Uint8Array.from([...HEADER, ...type, ...sections]))).toThrow(bad(message));
  });
});

describe('function names', () => {
  const custom = (...bytes: number[]) =>
    Uint8Array.from([...HEADER, ...section(0, 4, 0x6e, 0x61, 0x6d, 0x65, ...bytes)]);

  it('are found between other subsections', () => {
    const module = custom(0, 2, 1, 0x6d, 1, 7, 2, 3, 1, 0x66, 5, 1, 0x67, 2, 1, 0);
    expect([...functionNames(module)]).toEqual([
      [3, 'f'],
      [5, 'g'],
    ]);
  });

  it('are none where there is no name section', () => {
    expect(functionNames(Uint8Array.from(HEADER)).size).toBe(0);
  });

  it.each<[string, number[]]>([
    ['overruns the name section', [1, 9, 0]],
    ['overrun their subsection', [1, 3, 1, 0, 2, 0x66, 0x67]],
  ])('that are corrupt are refused: %s', (message, bytes) => {
    expect(() => functionNames(custom(...bytes))).toThrow(bad(message));
  });
});
