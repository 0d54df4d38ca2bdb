// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { type Patch, patchOf } from '../../src/source/patch.js';
import { type StagedSeries, stagesOf } from '../../src/source/stages.js';
import { subjectOf } from '../support/race.js';

const patch = (number: number, subject: string, from: string, to: string): Patch => {
  const diff = `--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-${from}\n+${to}\n`;
  return patchOf({ subject, body: diff, text: diff }, number);
};

const series = (name: string, ...subjects: string[]): StagedSeries => ({
  name,
  title: null,
  // a becomes b, b becomes c, …
  patches: subjects.map((subject, i) =>
    patch(i + 1, subject, String.fromCharCode(97 + i), String.fromCharCode(98 + i)),
  ),
});

const source = { name: 'port', title: 'the port driver', tree: new Map([['x.c', 'a\n']]) };
const v2 = series('v2', 'port: Latch the mask', 'port: Take the lock', 'port: Take the lock twice');
const control = { ...series('control', 'port: Every flag its own'), whole: true };
const v1 = series('v1', 'port: Latch the mask', 'port: Use bools');

const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as { code: string; message: string; advice: { hint?: string } };
  }
  throw new Error('it was not refused');
};

describe('stages', () => {
  test('are base, those of the first series, and those of each other one from base', () => {
    const stages = stagesOf(source, [control, v2, v1]);
    expect(stages.names).toEqual(['base', 'control', 'p1', 'p2', 'p3', 'v1:p1', 'v1:p2']);
    expect(
      [...stages].map(({ title, series, patches, tree }) => [title, series, patches.length, tree.get('x.c')]),
    ).toEqual([
      ['the port driver', null, 0, 'a\n'],
      ['port: Every flag its own', 'control', 1, 'b\n'],
      ['port: Latch the mask', 'v2', 1, 'b\n'],
      ['port: Take the lock', 'v2', 2, 'c\n'],
      ['port: Take the lock twice', 'v2', 3, 'd\n'],
      ['port: Latch the mask', 'v1', 1, 'b\n'],
      ['port: Use bools', 'v1', 2, 'c\n'],
    ]);
  });

  test('of no series are base alone; a whole one without patches is none', () => {
    expect(stagesOf(source, []).names).toEqual(['base']);
    expect(stagesOf(source, [{ ...series('control'), whole: true }]).names).toEqual(['base']);
  });

  test('of a kernel’s sources are tree, 1/3, …, and answer to the other names', () => {
    const stages = stagesOf(source, [v2, v1], 'tree');
    expect(stages.names).toEqual(['tree', '1/3', '2/3', '3/3', 'v1:1/2', 'v1:2/2']);
    const found = ['base', 'p2', 2, '2/3', 'v1:p1', 'Take the lock twice'].map(
      (name) => stages.find(name).name,
    );
    expect(found).toEqual(['tree', '2/3', '2/3', '2/3', 'v1:1/2', '3/3']);
    expect(stages.first.name).toBe('tree');
  });

  test('that a patch does not lead to are told what it is made for', () => {
    const other = { ...series('v3', 'port: Other'), madeFor: { commit: '1'.repeat(40), prerequisites: [] } };
    const at = (commit: string | null) => () =>
      stagesOf({ ...source, tree: new Map([['x.c', 'q\n']]), commit }, [other], 'tree').find('1/1').tree;
    const made = `the series is made for commit ${'1'.repeat(12)}`;
    expect(refusal(at(null))).toMatchObject({ code: 'E_PATCH', advice: { hint: made } });
    expect(refusal(at('2'.repeat(40))).advice.hint).toBe(`${made}, and the sources are at ${'2'.repeat(12)}`);
    expect(refusal(at('1'.repeat(40))).advice.hint).toBeUndefined();
  });

  test('have their trees made when they are asked for, each patch applied once', () => {
    let asked = 0;
    const late = {
      ...source,
      get tree() {
        asked++;
        return source.tree;
      },
    };
    const stages = stagesOf(late, [v2]);
    expect(asked).toBe(0);
    expect(stages.find('p3').tree).toBe(stages.find('p3').tree);
    expect(stages.find('p1').tree).toBe(stages.find('p1').tree);
    expect(asked).toBe(1);
  });

  test('fail from the patch on that does not apply', () => {
    const broken = { ...v2, patches: [v2.patches[0]!, patch(2, 'port: Broken', 'z', 'y'), v2.patches[2]!] };
    const stages = stagesOf(source, [broken, v1]);
    expect(stages.find('p1').tree.get('x.c')).toBe('b\n');
    for (const name of ['p2', 'p3', 'p2']) {
      const { code, message } = refusal(() => stages.find(name).tree);
      expect([code, message]).toEqual(['E_PATCH', expect.stringContaining("'0002-port-Broken.patch'")]);
    }
    expect(stages.find('v1:p2').tree.get('x.c')).toBe('c\n');
  });

  test.each([
    ['a whole series is called as a stage is', [v2, { ...control, name: 'p1' }], 'p1'],
    ['a whole series is called as the source is', [{ ...control, name: 'base' }], 'base'],
    ['two are called the same', [v2, v1, v1], 'v1:p1'],
  ])('are refused where %s', (_, all, name) => {
    expect(refusal(() => stagesOf(source, all))).toMatchObject({
      code: 'E_SERIES',
      message: `there are two stages '${name}'`,
    });
  });

  test('of vfio-pci all apply, and each differs from the others', async () => {
    const { all, names } = (await subjectOf('vfio-pci')).stages;
    expect(names).toEqual(['base', 'p1', 'p2', 'p3', 'p4', 'p5', 'control']);
    expect(new Set(all.map(({ tree }) => JSON.stringify([...tree]))).size).toBe(names.length);
  });

  test('can be very many', () => {
    const subjects = Array.from({ length: 3000 }, (_, i) => `port: Change ${i}`);
    const many = {
      ...series('v9'),
      patches: subjects.map((subject, i) => patch(i + 1, subject, i % 2 ? 'b' : 'a', i % 2 ? 'a' : 'b')),
    };
    expect(stagesOf(source, [many]).find(3000).tree.get('x.c')).toBe('a\n');
  });
});

describe('a stage is found', () => {
  const stages = stagesOf(source, [v2, control, v1]);

  test.each([
    ['by name', 'p2', 'p2'],
    ['by name in another series', 'v1:p2', 'v1:p2'],
    ['by index', 0, 'base'],
    ['by index, from the last', 6, 'v1:p2'],
    ['by index, as it comes from a command line', '3', 'p3'],
    ['by subject', 'port: Use bools', 'v1:p2'],
    ['by subject, whole, though another one begins so', 'port: Take the lock', 'p2'],
    ['by subject, in other capitals', 'PORT: TAKE THE LOCK', 'p2'],
    ['by part of a subject', 'flag its', 'control'],
  ])('%s', (_, wanted, name) => {
    expect(stages.find(wanted).name).toBe(name);
  });

  test.each([
    ['a name that is misspelt', 'contrl', /no stage 'contrl'/, /did you mean 'control'/],
    ['a subject that is misspelt', 'port: Use bool flags', /no stage/, /did you mean 'port: Use bools'/],
    ['an index beyond the last', 7, /no stage '7'/, /p1/],
    ['an index that is none', -1, /no stage '-1'/, /p1/],
    ['a piece of one', 1.5, /no stage '1\.5'/, /p1/],
    ['nothing', '', /no stage ''/, /p1/],
    [
      'a subject in two series',
      'port: Latch the mask',
      /^'port: Latch the mask' may be p1 \(port: Latch the mask\) or v1:p1 \(port: Latch the mask\)$/,
      /name the stage/,
    ],
    [
      'part of two subjects',
      'the LOCK',
      /may be p2 \(.*\) or p3 \(port: Take the lock twice\)$/,
      /more of the/,
    ],
    ['what cannot be shown', 'p1\x1b[2J', /'p1\\x1b\[2J'/, /p1/],
  ])('but not by %s', (_, wanted, message, hint) => {
    const refused = refusal(() => stages.find(wanted));
    expect(refused).toMatchObject({ code: 'E_UNKNOWN_STAGE', message: expect.stringMatching(message) });
    expect(refused.advice.hint).toMatch(hint);
  });
});
