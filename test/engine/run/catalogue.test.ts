// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../../scenarios/index.js';
import { checkLayout } from '../../../src/engine/layout.js';
import { gradeOutcome, verdictOf } from '../../../src/scenario/grade.js';
import {
  appliesTo,
  expectedVerdict,
  isLayout,
  isRace,
  isSequence,
  type Scenario,
} from '../../../src/scenario/scenario.js';
import { closeToolchains } from '../../support/race.js';
import { closeSessions, runOn, seriesStages, stageBuild } from '../../support/run.js';

afterAll(async () => {
  await closeSessions();
  await closeToolchains();
});

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
  .filter(([, { fact, stage }]) => fact !== undefined && stage === undefined)
  .map(([name, scenario]) => {
    const row = facts.find(({ fact }) => fact === scenario.fact);
    if (row === undefined) throw new Error(`${name} shows fact ${scenario.fact}, which is not in the table`);
    return { ...row, name, scenario };
  });

const verdicts = { F: 'fails', P: 'holds' } as const;
const verdictIn = (cell: string, access: 'fine' | 'wide') => {
  const [wide = '', fine = wide] = cell.split('/');
  return verdicts[(access === 'fine' ? fine : wide) as keyof typeof verdicts];
};

const sequential = shown.flatMap(({ name, scenario, cells, kind }) => {
  if (kind !== 'S' || isRace(scenario)) return [];
  return columns.flatMap((stage, i) => {
    const says = seriesStages.includes(stage) && cells[i] !== '-';
    return says ? [{ name, scenario, stage, verdict: verdictIn(cells[i]!, 'fine') }] : [];
  });
});

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
      expect(appliesTo(scenario, stage), stage).toBe(cell !== '-');
      if (cell === '-') continue;
      for (const access of ['fine', 'wide'] as const)
        expect(expectedVerdict(scenario, stage, access), `${stage} ${access}`).toBe(verdictIn(cell, access));
    }
  });

  test.each(sequential)('$name $verdict at $stage', async ({ name, scenario, stage, verdict }) => {
    expect(await outcomeOf(name, scenario, stage)).toEqual({ verdict, uncovered: [] });
  });
});

/** The verdict, and outcomes that no pattern of the scenario's speaks of. */
async function outcomeOf(name: string, scenario: Scenario, stage: string) {
  const build = await stageBuild(stage, scenario.config);
  if (isLayout(scenario)) {
    const { violations } = checkLayout({ name, origin: name, scenario, stage, build });
    return { verdict: verdictOf([], violations), uncovered: [] };
  }
  if (!isSequence(scenario)) throw new Error(`${name} is a race`);
  const { verdict, outcomes } = await runOn(build, scenario, name);
  const { note: unknown } = gradeOutcome({ outcomes: [] }, {}, 1);
  return { verdict, uncovered: outcomes.filter(({ note }) => note === unknown) };
}
