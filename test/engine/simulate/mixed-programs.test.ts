// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeToolchains } from '../../support/race.js';
import { seed } from '../../support/seed.js';
import { beyond, ends, expectAll, expectReduced, expectSchedules } from './against-oracle.js';
import { mixedProgram, mixes } from './mixed-program.js';
import { type Possible, type Program, possible } from './oracle.js';
import { mostOrders, mostPrograms, ofPrograms, RandomSimulator } from './random-simulator.js';
import { reachable, wordsOf } from './reachable.js';

const programs = mixedProgram(mostOrders);

let simulator: RandomSimulator;

beforeAll(async () => {
  simulator = await RandomSimulator.open();
});
afterAll(async () => {
  await simulator?.close();
  await closeToolchains();
});

/** Every order of the steps that are left where those are none that are on 8 bytes of one thread alone. */
function ordersOfShared(program: Program): Possible {
  const { shared } = reachable(program);
  const isOwn = (step: Parameters<typeof wordsOf>[0]) => !wordsOf(step).some(({ word }) => shared.has(word));
  return possible(program, Number.POSITIVE_INFINITY, isOwn);
}

describe(`random programs whose locks are data too, LOSTBIT_SEED=${seed}`, () => {
  test(
    'every order of their steps is gone through by dfs, and every end found by dpor',
    async () => {
      let [mixed, deadlocks, raced, reduced] = [0, 0, 0, 0];
      await simulator.shareAll();
      await ofPrograms(programs, mostPrograms, async (program) => {
        const all = possible(program);
        expectAll(program, all, await simulator.explore(program, 'dfs', beyond(all)));
        const dpor = await simulator.explore(program, 'dpor', beyond(all));
        expectReduced(program, all, dpor);
        mixed += Number(mixes(program));
        deadlocks += Number(all.deadlocks > 0);
        raced += Number(all.finals.size > 1);
        reduced += Number(dpor.executions < all.interleavings);
      });
      // Programs that show nothing would prove nothing.
      expect(mixed).toBeGreaterThan(mostPrograms / 2);
      for (const some of [deadlocks, raced, reduced]) expect(some).toBeGreaterThan(mostPrograms / 10);
    },
    120_000 + mostPrograms * 100,
  );

  test('so it is where nobody knows yet what they share', async () => {
    await ofPrograms(programs, 100, async (program) => {
      const all = ordersOfShared(program);
      await simulator.forgetSharing();
      expectAll(program, all, await simulator.explore(program, 'dfs', beyond(all)));
      await simulator.forgetSharing();
      expectReduced(program, all, await simulator.explore(program, 'dpor', beyond(all)));
    });
  });

  test.each(['random', 'pct'] as const)('end by chance (%s) as some order does', async (strategy) => {
    await ofPrograms(programs, 150, async (program) => {
      const all = possible(program);
      const explored = await simulator.explore(program, strategy, { executions: 20, seed: 1 });
      expect(explored.executions).toBe(20);
      expect([...all.finals.keys()]).toEqual(expect.arrayContaining(ends(explored)));
      if (explored.deadlocks > 0) expect(all.deadlocks).toBeGreaterThan(0);
      expectSchedules(program, explored);
    });
  });
});
