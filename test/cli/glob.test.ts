// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { matching } from '../../src/cli/glob.js';

const names = ['vga-one', 'vga-two', 'reload', 'a'.repeat(60)];

test.each<[string, string[]]>([
  ['vga-*', ['vga-one', 'vga-two']],
  ['{vga-one,reload}', ['vga-one', 'reload']],
  ['*o*', ['vga-one', 'vga-two', 'reload']],
  ['reload', ['reload']],
  ['nothing*', []],
  ['[', []],
])('%s', (pattern, found) => {
  expect(matching(pattern, names)).toEqual(found);
});

test.each([
  ['many stars', `${'*a'.repeat(25)}b`],
  ['stars in groups', `${'@(*a|*aa)'.repeat(25)}b`],
  ['more than anybody writes', '*a'.repeat(100_000)],
])('a pattern of %s is refused in a moment', (_, pattern) => {
  const started = performance.now();
  expect(() => matching(pattern, names)).toThrow(expect.objectContaining({ code: 'E_PATTERN' }));
  expect(performance.now() - started).toBeLessThan(10_000);
});
