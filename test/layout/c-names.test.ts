// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { withCNames } from '../../src/layout/c-names.js';
import { accessorUnit } from '../../src/layout/spans/accessors.js';
import { bare, type Member, type StructType, type Type } from '../../src/layout/types.js';
import { structC } from '../../src/report/struct-c.js';
import { onPath } from './compile.js';

const WHOLE = { bit: null, bits: null, storage: null };
const abi = { name: 'x86_64', littleEndian: true, pointerSize: 8 } as const;
const base = (name: string, size = 4, encoding: 'signed' | 'other' = 'signed'): Type =>
  ({ kind: 'base', name, size, encoding }) as const;
const struct = (name: string | null, members: readonly (readonly [string | null, Type])[]): StructType => {
  let size = 0;
  const placed = members.map(([name, type]): Member => {
    const offset = size;
    size += Math.max(type.size, 4);
    return { name, type, offset, ...WHOLE };
  });
  return { kind: 'struct', name, size, complete: true, members: placed };
};

/** What would end a declaration, a line, a comment or a string, or is a word of the language. */
const HOSTILE = [
  'a;\n};\n#include "/etc/hostname"\nstruct x { int b',
  '*/ #error out of the comment /*',
  '??/\n#error trigraph',
  '\\\n#error',
  '"',
  '\u202eevil',
  'caf\u00e9',
  'int',
  '__attribute__',
  '__LINE__',
  '_Pragma',
  'Option<u32>',
  '9lives',
  '$',
  'lostbit_1_x',
];

describe('names that are none in C', () => {
  const typedef: Type = { kind: 'typedef', name: HOSTILE[0]!, size: 4, target: base(HOSTILE[1]!) };
  const values = HOSTILE.map((name, i) => ({ name: `${name} ${i}`, value: BigInt(i) }));
  const enumeration: Type = { kind: 'enum', name: HOSTILE[2]!, size: 4, signed: false, values };
  const pointee = struct(HOSTILE[3]!, [['plain', base('int')]]);
  const everywhere = struct(HOSTILE[0]!, [
    ...HOSTILE.map((name): [string, Type] => [name, base('int')]),
    ['typed', typedef],
    ['counted', enumeration],
    ['strange', base('*/\n#error', 3, 'other')],
    ['inner', struct(HOSTILE[1]!, [[HOSTILE[5]!, base('unsigned int')]])],
    [
      'call',
      {
        kind: 'pointer',
        size: 8,
        target: { kind: 'function', size: 0, returns: typedef, parameters: [pointee], variadic: false },
      },
    ],
    ['nameless', struct(null, [[HOSTILE[6]!, base('int')]])],
  ]);

  it('are replaced, and comments say what they were', () => {
    const text = structC(everywhere, abi);
    const [remarks, code] = [
      text.split('\n').filter((line) => line.startsWith('/*')),
      text
        .split('\n')
        .filter((line) => !line.startsWith('/*'))
        .join('\n'),
    ];
    expect(code).toMatch(/^[A-Za-z0-9_\s{};:,=()[\]*]+$/);
    expect(remarks.length).toBeGreaterThan(2 * HOSTILE.length);
    for (const remark of remarks)
      expect(remark).toMatch(/^\/\* lostbit_\d+_\w* is called "[ !#-.0->@-[\]-~\\{}]*" \*\/$/);
    expect(remarks.join('\n')).toContain(
      'is called "a;\\u{a}};\\u{a}#include \\u{22}\\u{2f}etc\\u{2f}hostname',
    );
    expect(remarks.join('\n')).not.toMatch(/\*\/./);
  });

  it.skipIf(!onPath('gcc'))('compile, and their accessors with them', () => {
    const header = structC(everywhere, abi);
    const { text, accessors } = accessorUnit(everywhere, 'struct.h', () => true);
    execFileSync('gcc', ['-x', 'c', '-fsyntax-only', '-w', '-'], {
      input: text.replace('#include "struct.h"', header),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    // What they are for is shown by the names that the file has.
    expect(accessors.map(({ path }) => path)).toEqual(expect.arrayContaining(HOSTILE));
    expect(text.replace('#include "struct.h"', '').replace(/"another struct \w+"/, '')).not.toMatch(
      /[#"\\?]/,
    );
  });

  it('leave alone what is a name', () => {
    const kept = struct('device', [
      ['flags', base('unsigned int')],
      ['__0', base('long long int', 8)],
      ['_reserved', { kind: 'typedef', name: 'bool', size: 1, target: base('_Bool', 1) }],
      ['ratio', base('complex float', 8, 'other')],
    ]);
    expect(withCNames(kept).replaced.size).toBe(0);
    expect(withCNames(kept).struct).toEqual(kept);
    expect(withCNames(kept)).toBe(withCNames(kept));
  });

  it('are two for two layouts of one name', () => {
    const one = struct('Some', [['__0', base('int')]]);
    const other = struct('Some', [['__0', base('long', 8)]]);
    const again = struct('Some', [['__0', base('int')]]);
    const { struct: named, replaced } = withCNames(
      struct('s', [
        ['a', one],
        ['b', other],
        ['c', again],
      ]),
    );
    const tags = named.members.map(({ type }) => (bare(type) as StructType).name);
    expect(tags).toEqual(['Some', 'lostbit_1_Some', 'Some']);
    expect([...replaced]).toEqual([['lostbit_1_Some', 'Some']]);
  });
});
