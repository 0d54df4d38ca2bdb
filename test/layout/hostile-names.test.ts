// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { openLayouts } from '../../src/layout/open-layouts.js';
import { BtfBuilder } from './btf-builder.js';
import { outcomesOf } from './chain.js';

test('names of a file are names in every report, whatever they hold', async () => {
  const btf = new BtfBuilder();
  const int = btf.int('i\x1b[2Jnt', 4);
  const names = [
    'a;\n};\n#include "/etc/passwd"',
    '\x1b]0;owned\x07',
    'b\u202ec',
    '<g>&"\ufffe',
    '__proto__',
  ];
  btf.struct(
    'top\r\x9b8m',
    4 * names.length,
    names.map((name, i) => ({ name, type: int, at: 32 * i })),
  );
  const source = await openLayouts(btf.bytes());
  expect(source.structNames()).toEqual(['top\\r\\x9b8m']);
  const struct = source.struct('top\\r\\x9b8m');
  expect(struct.members.map(({ name }) => name)).toEqual([
    'a;\\n};\\n#include "/etc/passwd"',
    '\\x1b]0;owned\\x07',
    'b\\u202ec',
    '<g>&"\\ufffe',
    '__proto__',
  ]);
  // That each of them is printable is asserted there.
  expect(outcomesOf(struct, source)).toMatchObject({
    pahole: 'text',
    text: 'text',
    json: 'text',
    map: 'text',
  });
});
