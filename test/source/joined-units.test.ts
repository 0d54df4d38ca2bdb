// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { joinedUnits } from '../../src/source/joined-units.js';
import { readTreeC } from '../../src/source/own-c.js';
import { ownPath, ownRoot } from '../../src/source/own-path.js';
import { unitsApart } from '../../src/source/units-apart.js';

const dialect = { includes: ['include', ownRoot] };

/** Units as they are joined, by their names, and what the first of those that are made begins with. */
function joined(files: Readonly<Record<string, string>>) {
  const at = (name: string) => (name.startsWith('include/') ? name : `${ownRoot}/kernel/${name}`);
  const tree = new Map(Object.entries(files).map(([name, text]) => [at(name), text]));
  const units = [...tree.keys()].filter((path) => path.endsWith('.c'));
  const made = joinedUnits(units, tree, dialect);
  const short = (unit: string) => unit.replace(`${ownRoot}/kernel/`, '');
  return { groups: made.map(({ units }) => units.map(short)), text: made[0]?.text ?? '' };
}

describe('units are one', () => {
  test('which includes one after the other, behind all of the kernel’s headers', () => {
    const { groups, text } = joined({
      'a.c': '#include <linux/a.h>\n#include <linux/none.h>\n#define A 1\nint a(void) { return A; }\n',
      'b.c': '#include <linux/b.h>\n#include <linux/a.h>\nint b(void) { return 2; }\n',
      'include/linux/a.h': '',
      'include/linux/b.h': '',
    });
    expect(groups).toEqual([['a.c', 'b.c']]);
    expect(text).toBe(
      '#include <linux/a.h>\n#include <linux/b.h>\n#include "a.c"\n#undef A\n#include "b.c"\n',
    );
  });

  test('unless one is left', () => {
    expect(joined({ 'a.c': 'int a;\n' }).groups).toEqual([]);
  });

  test.each([
    ['a function', 'static int same(void) { return 1; }\n'],
    ['a variable', 'static u32 same = 3;\n'],
    ['an array', 'static struct one same[4];\n'],
    ['a struct', 'struct same {\n\tint x;\n};\n'],
    ['a type', 'typedef int (*function)(void);\ntypedef u32 same;\n'],
    ['a constant', 'enum { first, same = 4 };\n'],
  ])('unless two define %s of the same name', (_, text) => {
    const { groups } = joined({
      'a.c': text,
      'b.c': text,
      'c.c': 'int c;\n',
      'd.c': '/* same */ extern int d;\n',
    });
    expect(groups).toEqual([['a.c', 'c.c', 'd.c']]);
  });

  test('if what is the same is of a header between them', () => {
    const header = 'static inline int same(void) { return 1; }\n';
    const user = '#include "kernel/shared.h"\n';
    expect(joined({ 'a.c': user, 'b.c': user, 'shared.h': header }).groups).toEqual([['a.c', 'b.c']]);
    const own = { 'a.c': user, 'b.c': header, 'c.c': user, 'd.c': 'int d;\n', 'shared.h': header };
    expect(joined(own).groups).toEqual([['a.c', 'c.c', 'd.c']]);
  });

  test('unless one tells the headers something', () => {
    const files = {
      'a.c': '#define pr_fmt(f) f\n#include <linux/a.h>\n',
      'b.c': 'int b;\n',
      'c.c': 'int c;\n',
    };
    expect(joined(files).groups).toEqual([['b.c', 'c.c']]);
  });
});

test('what engines name as a unit is one', async () => {
  const all = new Map([...(await readTreeC())].map(([path, text]) => [`${ownRoot}/${path}`, text]));
  const units = [...all.keys()].filter((path) => path.endsWith('.c')).sort();
  const made = joinedUnits(units, all, dialect);
  const joined = made.flatMap(({ units }) => units).map(ownPath);

  const named = await unitsNamedIn('src/engine');
  expect(named).toEqual(expect.arrayContaining(['kernel/slab.c', 'slab.c', 'lab/simulated.c']));
  expect(joined.filter((unit) => named.some((name) => `/${unit}`.endsWith(`/${name}`)))).toEqual([
    // Of two units with that name, the allocator is meant.
    'kernel/tree/slab.c',
  ]);
  expect(joined.filter((unit) => unitsApart.has(unit))).toEqual([]);
  expect([...unitsApart].filter((unit) => !all.has(`${ownRoot}/${unit}`))).toEqual([]);

  expect(joined.length).toBeGreaterThan(units.length / 2);
  expect(made.length).toBeLessThan(10);
});

/** Names of units in the code of a folder: `'kernel/slab.c'`. */
async function unitsNamedIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/'([\w/]+\.c)'/g)].map(([, name]) => name!)))];
}
