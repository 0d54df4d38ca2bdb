// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { ExitStatus } from '../../src/errors.js';
import { changesText } from '../../src/report/changes.js';
import { matrixSummary, matrixTable } from '../../src/report/matrix.js';
import type { ExpectedStage } from '../../src/scenario/expectation.js';
import { changeBetween, comparedCells, withChanges } from '../../src/verify/change.js';
import type { Result } from '../../src/verify/result.js';
import { statusOf } from '../../src/verify/status.js';
import type { Cell } from '../../src/verify/verify.js';
import { raced } from '../report/results.js';

const outcome = (value: number, grade: 'acceptable' | 'forbidden') => ({
  values: { value },
  count: 1,
  grade,
  note: `it is ${value}`,
});
const violation = (fingerprint: string) =>
  ({
    kind: 'leaked',
    message: `an object ${fingerprint}`,
    rule: 'lostbit/leaked',
    fingerprint,
  }) as Result['violations'][number];

const plain: Result = {
  ...raced,
  engine: 'simulate',
  expected: null,
  exhaustive: true,
  agreement: 'agrees',
  outcomes: [outcome(1, 'acceptable')],
  racers: null,
};
const holds: Result = { ...plain, verdict: 'holds' };
const fails: Result = {
  ...plain,
  verdict: 'fails',
  agreement: 'differs',
  outcomes: [outcome(1, 'acceptable'), outcome(0, 'forbidden')],
};
const undecided: Result = {
  ...plain,
  verdict: 'undecided',
  undecided: 'nobody has it',
  agreement: 'undecided',
};
const inapplicable: Result = {
  ...plain,
  verdict: 'not-applicable',
  inapplicable: 'no such field',
  outcomes: [],
};
const broken: Result = {
  ...plain,
  verdict: null,
  agreement: 'broken',
  broken: { code: 'E_SETUP', message: 'no', hint: null, stack: null },
};
const bounded = (result: Result): Result => ({ ...result, exhaustive: false });
const leaking: Result = { ...fails, violations: [violation('a')] };

describe('what a patch changes', () => {
  test.each<[string, Result, Result, object | null]>([
    [
      'a failure that is gone',
      fails,
      holds,
      { kind: 'fixes', worse: false, bounded: false, gone: ['it is 0 (value=0)'] },
    ],
    ['a failure that was not found in time', fails, bounded(holds), { kind: 'fixes', bounded: true }],
    [
      'a new failure',
      holds,
      fails,
      { kind: 'breaks', worse: true, bounded: false, appeared: ['it is 0 (value=0)'] },
    ],
    ['one that may have been there', bounded(holds), fails, { kind: 'breaks', worse: true, bounded: true }],
    ['nothing, it held', holds, holds, { kind: 'same', worse: false, bounded: false }],
    [
      'nothing, it failed',
      fails,
      fails,
      { kind: 'same', worse: false, bounded: false, appeared: [], gone: [] },
    ],
    ['nothing, as far as that is known', bounded(fails), bounded(fails), { kind: 'same', bounded: true }],
    [
      'a failure that has become another one',
      fails,
      { ...leaking, outcomes: [outcome(2, 'forbidden')] },
      {
        kind: 'otherwise',
        worse: true,
        bounded: false,
        appeared: ['it is 2 (value=2)', 'leaked: an object a'],
        gone: ['it is 0 (value=0)'],
      },
    ],
    [
      'one failure of two',
      leaking,
      fails,
      { kind: 'otherwise', worse: false, gone: ['leaked: an object a'] },
    ],
    [
      'one that may have been there besides',
      bounded(fails),
      leaking,
      { kind: 'otherwise', worse: false, bounded: true },
    ],
    // What is undecided is never mended.
    ['a failure that nothing is known of any more', fails, undecided, { kind: 'otherwise', worse: false }],
    ['what was not known, and holds', undecided, holds, { kind: 'otherwise', worse: false }],
    ['what was not known, and fails', undecided, fails, { kind: 'otherwise', worse: true }],
    ['what is not known still', undecided, undecided, { kind: 'same', worse: false }],
    ['what applies now, and holds', inapplicable, holds, { kind: 'otherwise', worse: false }],
    ['what applies now, and fails', inapplicable, fails, { kind: 'otherwise', worse: true }],
    ['what applies no more', fails, inapplicable, { kind: 'otherwise', worse: false }],
    ['what never applied', inapplicable, inapplicable, null],
    ['what is broken', fails, broken, null],
    ['what was broken', broken, holds, null],
  ])('%s', (_, before, after, change) => {
    const found = changeBetween({ ...before, stage: 'tree' }, after);
    if (change === null) expect(found).toBeNull();
    else expect(found).toMatchObject({ against: 'tree', was: before.verdict, ...change });
  });
});

const stages: ExpectedStage[] = [
  { name: 'tree', subject: null, series: null },
  { name: '1/2', subject: 'port: One', series: 'fix', foreign: true },
  { name: '2/2', subject: 'port: Two', series: 'fix', foreign: true },
  { name: 'other:1/1', subject: 'port: Other', series: 'other', foreign: true },
  { name: 'control', subject: 'all apart', series: 'control', whole: true },
];
const cellsAt = (scenario: object, ...at: string[]): Cell[] =>
  at.map((stage) => ({
    name: 'send',
    origin: 'send',
    scenario: scenario as Cell['scenario'],
    stage,
    of: { name: 'port', words: [], stages, known: { stages, has: () => new Set() } },
  }));
const pairs = (cells: Cell[]) =>
  [...comparedCells(cells, 'fine')].map(([cell, before]) => [cell.stage, before.stage]);

describe('stages are compared', () => {
  test('each with the one before it in its series, of those that are looked at', () => {
    const all = ['tree', '1/2', '2/2', 'other:1/1', 'control'];
    const expected = [
      ['1/2', 'tree'],
      ['2/2', '1/2'],
      ['other:1/1', 'tree'],
    ];
    expect(pairs(cellsAt({}, ...all))).toEqual(expected);
    // Whatever is expected of the sources, nothing is of somebody's series.
    expect(pairs(cellsAt({ expect: 'fails' }, ...all))).toEqual(expected);
    expect(pairs(cellsAt({}, '2/2', 'tree'))).toEqual([['2/2', 'tree']]);
    expect(pairs(cellsAt({}, '2/2'))).toEqual([]);
  });

  test('where a scenario expects nothing, in the series that it is written with, too', () => {
    const own: ExpectedStage[] = [
      { name: 'base', subject: null, series: null },
      { name: 'p1', subject: 'port: One', series: 'fix' },
    ];
    const at = (scenario: object) =>
      cellsAt(scenario, 'base', 'p1').map((cell) => ({
        ...cell,
        of: { name: 'port', words: [], stages: own },
      }));
    expect(pairs(at({}))).toEqual([['p1', 'base']]);
    expect(pairs(at({ expect: { failsThrough: 'base' } }))).toEqual([]);
  });

  /** What comes of a scenario without expectation that has these results at the sources and at two patches. */
  const told = (...results: Result[]) => {
    const cells = cellsAt({}, 'tree', '1/2', '2/2');
    const at = new Map(cells.map((cell, i) => [cell, { ...results[i]!, stage: cell.stage }]));
    return [...withChanges(at, comparedCells(cells, 'fine')).values()];
  };
  const patches = ['port: One', 'port: Two'].map((subject, i) => ({
    stage: `${i + 1}/2`,
    subject,
    files: [],
  }));
  const idle = /\n {7}touches nothing[^\n]*/g;
  const text = (results: readonly Result[]) => `${changesText(results, patches).replace(idle, '')}\n`;

  test('and what failed before and still does is no reason', () => {
    const results = told(fails, fails, fails);
    expect(statusOf(results)).toBe(ExitStatus.expected);
    expect(matrixSummary(results)).toBe('2 compared with the stage before, none has changed');
    expect(text(results)).toBe(
      '1/2  port: One\n       leaves failing 1: intx-mask-vs-bar-write\n2/2  port: Two\n       leaves failing 1: intx-mask-vs-bar-write\n',
    );
  });

  test('a patch that mends, and one that breaks again', () => {
    const results = told(fails, bounded(holds), fails);
    expect(results.map(({ agreement }) => agreement)).toEqual(['compared', 'compared', 'compared']);
    expect(statusOf(results.slice(0, 2))).toBe(ExitStatus.expected);
    expect(statusOf(results)).toBe(ExitStatus.differs);
    expect(matrixTable(results)).toMatch(/fails +holds\* +fails!$/);
    expect(text(results)).toBe(
      [
        '1/2  port: One',
        '       fixes 1: intx-mask-vs-bar-write (as far as was explored)',
        '2/2  port: Two',
        '       BREAKS 1: intx-mask-vs-bar-write (as far as was explored)',
        '',
      ].join('\n'),
    );
    expect(matrixSummary(results)).toContain('2 compared with the stage before, 1 fixed, 1 BROKEN');
  });

  test('what is undecided stays so, and is never mended', () => {
    const results = told(fails, undecided, holds);
    expect(results.map(({ change }) => change?.kind)).toEqual([undefined, 'otherwise', 'otherwise']);
    expect(text(results)).toContain('failed, and is undecided (nobody has it) now');
    expect(text(results)).not.toContain('fixes');
    expect(statusOf(results)).toBe(ExitStatus.expected);
  });

  test('what tests nothing does not pass', () => {
    expect(statusOf(told(holds, { ...undecided, agreement: 'differs' }, holds))).toBe(ExitStatus.differs);
  });

  test('without a stage before, a failure that nobody expects counts', () => {
    const [cell] = cellsAt({}, '2/2');
    const [alone] = withChanges(new Map([[cell!, fails]]), new Map()).values();
    expect(statusOf([alone!])).toBe(ExitStatus.differs);
    expect(alone!.change).toBeNull();
  });

  test('and are the same where they have one module', () => {
    const cells = cellsAt({}, 'tree', '1/2');
    const at = new Map(cells.map((cell) => [cell, bounded(fails)]));
    const changed = (isSame: boolean) =>
      [...withChanges(at, comparedCells(cells, 'fine'), () => isSame).values()][1]!.change;
    expect(changed(true)).toMatchObject({ kind: 'same', bounded: false });
    expect(changed(false)).toMatchObject({ kind: 'same', bounded: true });
  });
});
