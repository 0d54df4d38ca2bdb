// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explored } from '../../../src/engine/simulate/simulator.js';
import { closeToolchains } from '../../support/race.js';
import { seed } from '../../support/seed.js';
import { type Program, replay, show } from './oracle.js';
import { mostPrograms, ofPrograms, RandomSimulator } from './random-simulator.js';
import { reachable } from './reachable.js';
import { spinProgram } from './spin-program.js';

/** Far more than any of them needs: one that has no end is to fail. */
const enough = { executions: 20_000, steps: 500 };
const programs = spinProgram(300);

let simulator: RandomSimulator;

beforeAll(async () => {
  simulator = await RandomSimulator.open();
  await simulator.shareAll();
});
afterAll(async () => {
  await simulator?.close();
  await closeToolchains();
});

const endsOf = ({ outcomes }: Explored) =>
  outcomes
    .filter(({ ending }) => ending === 'done')
    .map(({ values }) => show(values))
    .sort();
const has = ({ outcomes }: Explored, end: 'deadlock' | 'livelock') =>
  outcomes.some(({ ending }) => ending === end);

/** Each schedule leads to its outcome; of a livelock, to where somebody could go on. */
function expectSchedules(program: Program, { outcomes }: Explored): void {
  for (const { ending, values, runs } of outcomes) {
    const end = ending === 'deadlock' ? 'deadlock' : ending === 'livelock' ? null : values;
    expect(replay(program, runs), JSON.stringify(runs)).toEqual(end);
  }
}

describe(`random programs that wait by looking again, LOSTBIT_SEED=${seed}`, () => {
  test(
    'come to all that their states lead to, and to an end (dpor)',
    async () => {
      let [livelocks, raced, always] = [0, 0, 0];
      await ofPrograms(programs, mostPrograms, async (program) => {
        const all = reachable(program);
        const dpor = await simulator.explore(program, 'dpor', enough);
        expect(endsOf(dpor)).toEqual([...all.finals].sort());
        expect({
          deadlocks: has(dpor, 'deadlock'),
          livelocks: has(dpor, 'livelock'),
          bounded: dpor.bounded,
          blocked: dpor.blocked,
        }).toEqual({ deadlocks: all.deadlocks, livelocks: all.livelocks, bounded: null, blocked: 0 });
        expectSchedules(program, dpor);
        livelocks += Number(all.livelocks);
        raced += Number(all.finals.size > 1);
        always += Number(all.livelocks && all.finals.size === 0);
      });
      // Programs that show nothing would prove nothing.
      for (const some of [livelocks - always, raced]) expect(some).toBeGreaterThan(mostPrograms / 10);
    },
    120_000 + mostPrograms * 100,
  );

  test.each(['random', 'pct'] as const)('come to nothing else by chance (%s)', async (strategy) => {
    await ofPrograms(programs, 100, async (program) => {
      const all = reachable(program);
      const explored = await simulator.explore(program, strategy, { executions: 20, steps: 500 });
      expect([...all.finals]).toEqual(expect.arrayContaining(endsOf(explored)));
      if (has(explored, 'deadlock')) expect(all.deadlocks).toBe(true);
      if (has(explored, 'livelock')) expect(all.livelocks).toBe(true);
      expectSchedules(program, explored);
    });
  });
});
