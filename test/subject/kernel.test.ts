// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { readSeries, type Series } from '../../src/source/series.js';
import { openKernel } from '../../src/subject/kernel.js';
import type { TreeDefinition } from '../../src/subject/subject.js';
import { directoryOf } from '../source/fixture.js';
import { tinyTree } from '../source/tiny-tree.js';

/** What the subject brings along: C of its own, and a series for it of two patches. */
const source = {
  name: 'ring',
  title: 'a ring',
  tree: new Map([['ring.c', 'int ring;\n']]),
  units: ['ring.c'],
} as Parameters<typeof openKernel>[1]['source'];

const patch = (path: string, before: string, after: string, subject: string) =>
  `From: A <a@example.org>\nSubject: [PATCH] ${subject}\n\n---\n` +
  `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-${before}\n+${after}\n`;

async function series(name: string, ...patches: readonly string[]): Promise<Series> {
  const files = patches.map((text, i) => [`000${i + 1}.patch`, text] as const);
  return { ...(await readSeries(await directoryOf(Object.fromEntries(files)))), name };
}

const ours = () =>
  series(
    'v2',
    patch('ring.c', 'int ring;', 'long ring;', 'ring: Longer'),
    patch('ring.c', 'long ring;', 'short ring;', 'ring: Shorter'),
  );

const definition: TreeDefinition = {
  source: '.',
  modules: [{ folder: 'drivers/ring', name: 'ring-core' }],
  units: ['lib/helper.c', 'lib/of-another-version.c'],
  has: {
    p1: (read) => read('drivers/ring/core.c').includes('ring_start'),
    p2: (read) => read('drivers/ring/none.c').includes('ring_start'),
  },
  controls: {
    packed: {
      title: 'ring: Packed again',
      file: 'drivers/ring/more.c',
      change: (text) => text.replace('int', 'char'),
    },
  },
};

const opened = async (
  of: TreeDefinition | undefined,
  changes: Parameters<typeof tinyTree>[0] = {},
  ...others: readonly Series[]
) =>
  openKernel(await tinyTree(changes), {
    name: 'ring',
    source,
    definition: of,
    own: [await ours()],
    series: others,
  });

describe('a subject over a kernel’s sources', () => {
  test('is of what it tests in them', async () => {
    const { kernel, stages, known } = await opened(definition);
    expect(kernel).toMatchObject({ staged: 'tree', modules: definition.modules });
    expect(kernel.units).toEqual(['lib/helper.c']);
    expect(kernel.mounted).toEqual({
      name: 'ring',
      root: 'subjects/ring',
      tree: source.tree,
      units: ['ring.c'],
    });
    const base = stages.find('base');
    expect(base.title).toBe('Linux 6.12.95-rc1');
    expect(base.tree.get('drivers/ring/more.c')).toBe('int ring_more;\n');
    // The embedded series is of the excerpt: the sources are only held against it.
    expect(stages.names).toEqual(['tree', 'packed']);
    expect(known!.stages.map(({ name }) => name)).toEqual(['base', 'p1', 'p2', 'packed']);
    expect([...known!.has('tree')]).toEqual(['p1']);
  });

  test('has each control beside them, changed in one file when it is asked for', async () => {
    const { stages } = await opened(definition);
    const packed = stages.find('packed');
    expect(packed).toMatchObject({ series: 'packed', subject: 'ring: Packed again', patches: [] });
    expect(packed.tree.get('drivers/ring/more.c')).toBe('char ring_more;\n');
    expect(packed.tree.get('lib/helper.c')).toBe(stages.find('base').tree.get('lib/helper.c'));
    expect(stages.find('base').tree.get('drivers/ring/more.c')).toBe('int ring_more;\n');
    const without = await opened(definition, { 'drivers/ring/more.c': null });
    expect(without.stages.find('packed').tree.get('drivers/ring/more.c')).toBe('');
  });

  test('has what the sources have, whatever came before', async () => {
    const { known } = await opened(definition, {
      'drivers/ring/core.c': 'int other;\n',
      'drivers/ring/none.c': 'int ring_start;\n',
    });
    expect([...known!.has('tree')]).toEqual(['p2']);
    const unheld = await opened({ source: '.', modules: definition.modules });
    expect([...unheld.known!.has('tree')]).toEqual([]);
    expect(unheld.kernel.units).toEqual([]);
    expect(unheld.stages.names).toEqual(['tree']);
  });

  test('takes patches for the sources themselves', async () => {
    const fix = await series(
      'fix',
      patch('drivers/ring/more.c', 'int ring_more;', 'long ring_more;', 'ring: More'),
    );
    const { stages, known } = await opened(definition, {}, fix);
    expect(stages.names).toEqual(['tree', '1/1', 'packed']);
    expect(stages.find('p1').tree.get('drivers/ring/more.c')).toBe('long ring_more;\n');
    expect(known!.stages.map(({ subject }) => subject)).toEqual([
      null,
      'ring: Longer',
      'ring: Shorter',
      'ring: Packed again',
    ]);
  });

  test('that tests nothing in them is its own C over their headers, with its own stages', async () => {
    const { kernel, stages, known } = await opened(undefined);
    expect(kernel).toMatchObject({ staged: 'own', modules: [], units: [] });
    expect(kernel.mounted.units).toEqual(['ring.c']);
    expect(stages.names).toEqual(['base', 'p1', 'p2']);
    expect(stages.find('p2').tree.get('ring.c')).toBe('short ring;\n');
    expect(known).toBeUndefined();
  });

  test('needs them', async () => {
    await expect(opened(definition, { Makefile: null })).rejects.toMatchObject({ code: 'E_TREE' });
  });
});
