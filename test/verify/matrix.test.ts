// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ResultJson } from '../../src/report/schema.js';
import { appliesTo, expectedVerdict } from '../../src/scenario/expectation.js';
import { gradeOutcome } from '../../src/scenario/grade.js';
import { isLayout, isRace } from '../../src/scenario/scenario.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';
import { isExcerptOf, shownIn } from '../support/document.js';
import { lostbit, type Ran } from '../support/lostbit.js';
import { quickest } from '../support/race.js';
import { parseReport } from '../support/report.js';
import { stages } from '../support/run.js';

const columns = ['base', 'p1', 'p2', 'p3', 'p4', 'p5'];

/**
 * What has to come out: F fails, P holds, - says nothing. A row is a fact's number, and whether its scenario is
 * sequential or concurrent. F/P: fails where accesses to bit-fields are wide, and holds where they are fine.
 */
const facts = `
   1 S  F   P   P   P   P   P
   2 S  F   P   P   P   P   P
   3 S  F   P   P   P   P   P
   4 S  F   P   P   P   P   P
   5 S  F   P   P   P   P   P
   6 S  F   P   P   P   P   P
   7 S  F   P   P   P   P   P
   8 S  F   P   P   P   P   P
   9 S  -   P   P   P   P   P
  13 S  P   P   P   P   P   P
  14 S  P   P   P   P   P   P
  15 S  P   P   P   P   P   P
  16 C  F   P   P   P   P   P
  17 C  F   P   P   P   P   P
  18 S  F   F   P   P   P   P
  19 S  F   F   P   P   P   P
  20 S  F   F   P   P   P   P
  21 S  -   -   -   -   -   P
  22 S  P   P   P   P   P   P
  23 C  F   F   P   P   P   P
  24 C  F   F   F   P   P   P
  25 C  F   F   F   P   P   P
  27 C  P   P   P   P   P   P
  28 C  F/P F/P F/P P   P   P
  29 C  P   P   P   P   P   P
  30 C  P   P   P   P   P   P
  31 C  F   F   F   F   P   P
  32 C  F   F   F   F   P   P
  33 C  F   F   F   F   P   P
  34 C  P   P   P   P   P   P
  35 C  F   F   F   F   P   P
  37 S  F   F   F   F   P   P
  38 S  F   F   F   F   F   P
  39 S  P   P   P   P   P   P
  40 S  F   F   F   F   F   P
  41 S  F   F   F   F   F   P
  42 S  P   P   P   P   P   P`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .map(([fact = '', kind = '', ...cells]) => ({ fact: Number(fact), kind, cells }));

/** The scenarios that show a fact, some of them two of one; others are beside the table. */
const shown = Object.entries(catalogue)
  .filter(([, { reference, stage }]) => reference !== undefined && stage === undefined)
  .map(([name, scenario]) => {
    const row = facts.find(({ fact }) => `fact ${fact}` === scenario.reference);
    if (row === undefined) throw new Error(`${name} shows ${scenario.reference}, which is not in the table`);
    return { ...row, name, scenario };
  });

const verdicts = { F: 'fails', P: 'holds' } as const;
const verdictIn = (cell: string, access: 'fine' | 'wide') => {
  const [wide = '', fine = wide] = cell.split('/');
  return verdicts[(access === 'fine' ? fine : wide) as keyof typeof verdicts];
};

/** All of `lostbit verify`, once. */
let ran: Ran;
let results: readonly ResultJson[];
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-matrix-'));
  const file = join(dir, 'report.json');
  ran = await lostbit('verify', '--time-budget', '10m', '--toolchain', await quickest, '--json', file);
  results = parseReport(await readFile(file, 'utf8')).results;
  await rm(dir, { recursive: true });
}, 600_000);

const cellOf = (name: string, stage: string) =>
  results.find((result) => result.scenario === name && result.stage === stage);

/** What a scenario says of an outcome that none of its patterns is of. */
const { note: uncovered } = gradeOutcome({ outcomes: [] }, {}, 1);

describe('the catalogue', () => {
  test('has scenarios for every fact, in their order', () => {
    const order = shown.map(({ fact }) => fact);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect([...new Set(order)]).toEqual(facts.map(({ fact }) => fact));
  });

  test.each(shown)('$name is as concurrent as fact $fact', ({ kind, scenario }) => {
    expect(isRace(scenario)).toBe(kind === 'C');
  });

  test.each(shown)('$name expects what the table says', ({ scenario, cells }) => {
    for (const [i, stage] of columns.entries()) {
      const cell = cells[i]!;
      expect(appliesTo(scenario, { stages }, stage), stage).toBe(cell !== '-');
      if (cell === '-') continue;
      for (const access of ['fine', 'wide'] as const)
        expect(expectedVerdict(scenario, { stages }, stage, access), `${stage} ${access}`).toBe(
          verdictIn(cell, access),
        );
    }
  });
});

describe('the matrix', () => {
  test('comes out as expected', () => {
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stdout).toContain(`${results.length} cells as expected`);
  });

  test('stands in README.md as it is printed', () => {
    const [start] = shownIn('README.md').filter(({ command }) => command === 'npm start');
    expect(start!.outputs.length).toBeGreaterThan(0);
    for (const lines of start!.outputs) expect(isExcerptOf(lines, ran.stdout)).toBeNull();
  });

  test.each(shown)('$name: $cells', ({ name, cells }) => {
    for (const [i, stage] of columns.entries()) {
      const expected = cells[i] === '-' ? undefined : verdictIn(cells[i]!, 'fine');
      expect(cellOf(name, stage)?.verdict, stage).toBe(expected);
    }
  });

  test.each(Object.entries(catalogue))(
    '%s: what holds is all there is, and no outcome is without a grade',
    (name, scenario) => {
      const cells = results.filter((result) => result.scenario === name);
      expect(cells.length).toBeGreaterThan(0);
      for (const { stage, engine, verdict, exhaustive, warnings, outcomes, simulation, broken } of cells) {
        expect({ verdict, warnings, broken }, stage).toEqual({
          verdict: expectedVerdict(scenario, { stages }, stage, 'fine') ?? 'holds',
          warnings: [],
          broken: undefined,
        });
        expect(engine).toBe(isRace(scenario) ? 'simulate' : isLayout(scenario) ? 'layout' : 'run');
        expect(
          outcomes.filter(({ note }) => note === uncovered),
          stage,
        ).toEqual([]);
        // A race is explored until it fails.
        if (verdict === 'holds') expect(exhaustive, stage).toBe(true);
        if (!isRace(scenario)) continue;
        expect(simulation, stage).toMatchObject({ strategy: 'dpor', blocked: 0 });
        if (verdict === 'holds') expect(simulation!.executions, stage).toBeGreaterThan(1);
      }
    },
  );
});
