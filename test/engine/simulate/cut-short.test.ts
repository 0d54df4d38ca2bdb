// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnswer, setUp } from '../../../bench/answers.js';
import type { ExploreOptions, Simulator } from '../../../src/engine/simulate/simulator.js';
import { closeToolchains, toolchain } from '../../support/race.js';

/** Executions without end are cut short, and what they might have come to is looked for all the same. */

let simulator: Simulator;
beforeAll(async () => {
  simulator = await openAnswer('cut-short', await toolchain());
});
afterAll(async () => {
  await simulator.close();
  await closeToolchains();
});

/** The ends of those that come to one, and what the others were cut short by; nothing is known of what is shared. */
async function explored(program: number, options: Pick<ExploreOptions, 'strategy' | 'steps' | 'executions'>) {
  await setUp(simulator, program);
  await simulator.call('forget_sharing');
  const { outcomes, bounded } = await simulator.explore({ actors: 2, observed: 2, seconds: 20, ...options });
  const done = outcomes.filter(({ ending }) => ending === 'done');
  return { ends: done.map(({ values }) => values.join(' ')).sort(), bounded };
}

describe.each([
  [1, 'a compare-and-swap against a loop that changes something'],
  [2, 'a try-lock against a loop that takes the lock'],
  [3, 'a try-lock of a writer against a loop of a reader'],
])('program %i: %s', (program) => {
  test.each([12, 48, 150])(
    'is met in the middle of a round and between rounds, in %i steps',
    async (steps) => {
      const { ends, bounded } = await explored(program, { strategy: 'dpor', steps });
      expect(ends).toEqual(['1 1', '1 2']);
      expect(bounded).toBe(`${steps} steps`);
    },
  );
});

describe.each([
  [4, 'whose end lies behind what nobody waits for'],
  [5, 'of which nobody knows yet that it is shared'],
])('program %i: a loop %s', (program) => {
  test.each([
    ['dpor', 30],
    ['dpor', 2000],
    ['random', 60],
    ['dfs', 30],
  ] as const)('comes to its end by %s, in %i steps', async (strategy, steps) => {
    expect((await explored(program, { strategy, steps, executions: 200 })).ends).toEqual(['1 2']);
  });
});
