import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnswer, setUp } from '../../../bench/answers.js';
import type { Simulator } from '../../../src/engine/simulate/simulator.js';
import { closeToolchains, toolchain } from '../../support/race.js';

/** Executions without end are cut short, and what they might have come to is looked for all the same. */
describe.each([
  [1, 'a compare-and-swap against a loop that changes something'],
  [2, 'a try-lock against a loop that takes the lock'],
  [3, 'a try-lock of a writer against a loop of a reader'],
])('program %i: %s', (n) => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await openAnswer('cut-short', await toolchain());
    await setUp(simulator, n);
  });
  afterAll(async () => {
    await simulator.close();
    await closeToolchains();
  });

  test.each([12, 48, 150])(
    'is met in the middle of a round and between rounds, in %i steps',
    async (steps) => {
      const { outcomes, bounded } = await simulator.explore({
        ...{ actors: 2, observed: 2, strategy: 'dpor', steps, seconds: 20 },
      });
      const ends = outcomes.filter(({ ending }) => ending === 'done').map(({ values }) => values.join(' '));
      expect(ends.sort()).toEqual(['1 1', '1 2']);
      expect(bounded).toBe(`${steps} steps`);
    },
  );
});

describe.each([
  [4, 'whose end lies behind what nobody waits for'],
  [5, 'of which nobody knows yet that it is shared'],
])('program %i: a loop %s', (n) => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await openAnswer('cut-short', await toolchain());
  });
  afterAll(async () => {
    await simulator.close();
    await closeToolchains();
  });

  // Whoever is first of the two: the last one, by default.
  test.each([
    ['dpor', 30],
    ['dpor', 2000],
    ['random', 60],
    ['dfs', 30],
  ] as const)('comes to its end by %s, in %i steps', async (strategy, steps) => {
    await setUp(simulator, n);
    await simulator.call('forget_sharing');
    const { outcomes } = await simulator.explore({
      ...{ actors: 2, observed: 2, strategy, steps, executions: 200, seconds: 20 },
    });
    const ends = outcomes.filter(({ ending }) => ending === 'done').map(({ values }) => values.join(' '));
    expect(ends).toEqual(['1 2']);
  });
});
