// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { SimulateOptions, SimulateResult } from '../../../src/engine/simulate/simulation.js';
import { lostbit } from '../../support/lostbit.js';
import { build, closeToolchains } from '../../support/race.js';
import { parseReport } from '../../support/report.js';
import { closeSimulations, explore } from '../../support/simulation.js';

afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

const names = [
  'intx-mask-vs-bar-write',
  'reload-vs-bus-reset',
  'pf-returns-vf-vs-reset',
  'dirty-page-report-vs-qp-error',
];
const timeless = ({ seconds: _, ...rest }: SimulateResult) => rest;

describe('the same exploration comes to the same', () => {
  test.each<[string, SimulateOptions]>([
    ['all of them', {}],
    ['up to the first failure', { untilForbidden: true }],
    ['with two preemptions at most', { strategy: 'dfs', preemptions: 1, executions: 500 }],
    ['at random', { strategy: 'random', executions: 200, seed: 7 }],
    ['with random priorities', { strategy: 'pct', executions: 200, seed: 7 }],
  ])('%s', async (_, options) => {
    const base = await build('base');
    for (const name of names) {
      const first = timeless(await explore(base, name, options, 'base'));
      // On a simulator that has done something else before.
      await explore(base, names.find((other) => other !== name)!, { executions: 3 }, 'base');
      expect(timeless(await explore(base, name, options, 'base'))).toEqual(first);
      expect(first.executions).toBeGreaterThan(0);
    }
  });

  test('another seed to something else', async () => {
    const base = await build('base');
    const counts = async (seed: number) =>
      (await explore(base, names[0]!, { strategy: 'random', executions: 200, seed })).outcomes.map(
        ({ count }) => count,
      );
    expect(await counts(7)).not.toEqual(await counts(8));
  });

  test('on the command line', async () => {
    const report = async () => {
      const { stdout } = await lostbit('simulate', names[0]!, '--json', '-');
      return parseReport(stdout).results.map(({ seconds: _, ...rest }) => rest);
    };
    const first = await report();
    expect(first.length).toBe(1);
    expect(await report()).toEqual(first);
  });
});

/** Without what a build has of its own: its digest, and the checksum over that. */
const runsOf = (schedule: string) => schedule.split(':').at(-2)!;

test('it does on every version of Node', async () => {
  const lines: string[] = [];
  for (const stage of ['base', 'p5']) {
    const module = await build(stage);
    for (const name of names) {
      const { executions, outcomes, violations, races } = await explore(module, name, {}, stage);
      lines.push(`${name} at ${stage}: ${executions} executions`);
      for (const { values, count, preemptions, schedule } of outcomes)
        lines.push(`  ${Object.values(values).join(' ')}: ${count}, ${preemptions}, ${runsOf(schedule)}`);
      for (const { kind, count, schedule } of violations)
        lines.push(`  ${kind}: ${count}, ${runsOf(schedule)}`);
      for (const { kind, sides, count, schedule } of races) {
        const [one, other] = sides.map(({ task, fields, object }) => `${task} ${fields.join() || object}`);
        lines.push(`  ${kind} race of ${one} and ${other}: ${count}, ${runsOf(schedule)}`);
      }
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('explorations.txt');
});
