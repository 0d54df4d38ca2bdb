// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { openAnswer, setUp } from '../../../bench/answers.js';
import type { Explored, Simulator, Strategy } from '../../../src/engine/simulate/simulator.js';
import { closeToolchains, toolchain } from '../../support/race.js';
import { modelled } from './model.js';
import { type SpinAnswer, spinning } from './spin-answers.js';

/**
 * Who waits by looking again goes on when what it has seen has changed, and is not looked at in between; what has no end
 * all the same is a livelock.
 */

/** Longest time for one exploration: one that has no end is to fail, and the next to be looked at. */
const patience = 10;

afterAll(closeToolchains);

/** A simulator of its own: one that does not come back is ended. */
async function opened<T>(name: string, work: (simulator: Simulator) => Promise<T>): Promise<T> {
  const simulator = await openAnswer(name, await toolchain());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `${name} has not come back after ${2 * patience} s`;
    timer = setTimeout(() => reject(new Error(message)), 2000 * patience);
  });
  try {
    return await Promise.race([work(simulator), late]);
  } finally {
    clearTimeout(timer);
    await simulator.close();
  }
}

const endsOf = ({ outcomes }: Explored) =>
  outcomes
    .filter(({ ending }) => ending === 'done')
    .map(({ values }) => values.join(' '))
    .sort();

const endings = ({ outcomes }: Explored) =>
  [...new Set(outcomes.map(({ ending }) => ending).filter((ending) => ending !== 'done'))].sort();

const expectedEndings = ({ livelock }: SpinAnswer) => (livelock ? ['livelock'] : []);

describe.each(Object.entries(spinning))('%s', (name, { observed, answers }) => {
  describe.each(answers)('$what, of $actors actors', (answer) => {
    const { n, actors, model } = answer;

    async function explored(strategy: Strategy, more: { executions?: number; steps?: number } = {}) {
      return opened(name, async (simulator) => {
        await setUp(simulator, n);
        const found = await simulator.explore({ actors, observed, strategy, seconds: patience, ...more });
        // Each schedule leads to the outcome that it is given for.
        for (const { ending, values, runs } of found.outcomes)
          if (ending === 'done')
            expect(await simulator.outcomeOf(runs, { actors, observed })).toMatchObject({ ending, values });
        return found;
      });
    }

    test('comes to this, written down by hand', () => {
      const { ends, livelock } = modelled(model);
      expect(ends).toEqual([...answer.ends].sort());
      expect(livelock).toBe(answer.livelock ?? false);
    });

    test('comes to all of this, and to nothing else, by dpor', async () => {
      const found = await explored('dpor');
      expect(endsOf(found)).toEqual([...answer.ends].sort());
      expect(endings(found)).toEqual(expectedEndings(answer));
      expect([found.bounded, found.blocked]).toEqual([null, 0]);
      expect(found.races.length > 0).toBe(answer.raced ?? false);
    });

    test('comes to nothing else by chance', async () => {
      const found = await explored('random', { executions: 50, steps: 2000 });
      expect(answer.ends).toEqual(expect.arrayContaining(endsOf(found)));
      expect(expectedEndings(answer)).toEqual(expect.arrayContaining(endings(found)));
      if (!answer.raced) expect(found.races).toEqual([]);
    });
  });
});
