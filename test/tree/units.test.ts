// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { readOwnC, readTreeC } from '../../src/source/own-c.js';
import { treeProgram } from '../../src/source/tree-program.js';
import { Cache } from '../../src/toolchain/cache.js';
import { compileUnits, unitsOf } from '../../src/toolchain/objects.js';
import type { Program } from '../../src/toolchain/types.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { FINE } from '../toolchain/fixture.js';
import { debianTree } from './trees.js';

afterAll(closeToolchains);

/** What the compiler says of units, by their objects: of those alone that it says anything of. */
async function warnings(program: Omit<Program, 'modules'>): Promise<Record<string, string>> {
  const compiler = await toolchain();
  const units = unitsOf(program, compiler, FINE);
  const objects = await compileUnits(units, program.tree, compiler, new Cache(null), {});
  return Object.fromEntries(
    [...objects].flatMap(([name, { diagnostics }]) => (diagnostics === '' ? [] : [[name, diagnostics]])),
  );
}

/** Each unit by itself: which ones are joined depends on what else a program has. */
function takenApart(program: Program): Program {
  const tree = new Map(program.tree);
  const units = program.units.flatMap((path) => {
    const text = tree.get(path) ?? '';
    const [front, joined] = text.split(`#line 1 "${path}"\n`);
    if (!/\/joined-\d+\.c$/.test(path) || joined === undefined) return [path];
    return [...joined.matchAll(/^#include "(\w+\.c)"$/gm)].map(([, name]) => {
      const unit = posix.join(posix.dirname(path), name!);
      tree.set(unit, `${front}#line 1 "${unit}"\n${tree.get(unit)}`);
      return unit;
    });
  });
  expect(units.length).toBeGreaterThan(program.units.length);
  return { ...program, tree, units };
}

const isUnit = (path: string) => path.endsWith('.c');

test('the stub kernel and the lab compile over our own headers, also what no program has asked for', async () => {
  const tree = await readOwnC();
  const units = [...tree.keys()].filter(isUnit);
  expect(units.length).toBeGreaterThan(50);
  expect(await warnings({ tree, units, own: [] })).toEqual({});
}, 300_000);

const found = debianTree('6.12.95');
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

test.skipIf(missing !== '')(
  `the same C compiles over a kernel's headers${missing}`,
  async () => {
    const tree = await openKernelTree('dir' in found ? found.dir : '');
    const ours = [...(await readTreeC())].filter(([path]) => isUnit(path));
    // Units are taken where what they begin with is included.
    const headers = ours.flatMap(([, text]) =>
      [...text.matchAll(/^#include <([^>]+)>/gm)].map(([, name]) => name!),
    );
    const all = [...new Set(headers)].map((name) => `#include <${name}>\n`).join('');
    const program = await treeProgram({
      tree,
      modules: [],
      units: [],
      subject: { name: 'all', root: 'subjects/all', tree: new Map([['all.c', all]]), units: ['all.c'] },
      defines: {},
      calls: [],
    });
    // Several of them are compiled as one, which includes them.
    const isTaken = (path: string) => program.tree.has(`lostbit/${path}`);
    const left = ours
      .map(([path]) => path)
      .filter((path) => !isTaken(path) && !tree.files.has(`lib/${posix.basename(path)}`));
    expect(left).toEqual([]);
    expect(await warnings(program)).toEqual({});
    expect(await warnings(takenApart(program))).toEqual({});
    tree.checkUnchanged();
  },
  300_000,
);
