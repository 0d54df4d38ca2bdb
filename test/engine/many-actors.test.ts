// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { Replayer } from '../../src/engine/replay/replay.js';
import { formatSchedule, parseSchedule, type Run } from '../../src/engine/schedule.js';
import { checkShape } from '../../src/engine/simulate/limits.js';
import { loadScheduler } from '../../src/engine/simulate/scheduler-module.js';
import { statesFit } from '../../src/engine/states.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { ownLimits } from '../../src/scenario/limits.js';
import type { RaceScenario } from '../../src/scenario/scenario.js';
import { op } from '../../src/scenario/step.js';
import { countUp } from '../../subjects/bare-flags/steps.js';
import { flagsBuild } from '../support/flags.js';
import { caseOf, closeToolchains, race } from '../support/race.js';
import { closeSimulations, explore } from '../support/simulation.js';

afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

/** Each counts, once or more often. */
const counting = (actors: number, change: Partial<RaceScenario> = {}): RaceScenario => ({
  title: '',
  actors: Object.fromEntries(Array.from({ length: actors }, (_, i) => [`actor${i}`, [countUp()]])),
  observe: { count: 'count' },
  outcomes: [{ when: {}, grade: 'acceptable', note: 'counted' }],
  ...change,
});

const actorLimit = ownLimits().actors;

describe(`${actorLimit} actors`, () => {
  test('race on real threads', async () => {
    const raced = await race(caseOf(counting(actorLimit), 'base', await flagsBuild()), { seconds: 0.2 });
    expect(raced.samples).toBeGreaterThan(0);
    expect(raced.violations).toEqual([]);
    for (const { values } of raced.outcomes) {
      expect(values.count).toBeGreaterThan(0);
      expect(values.count).toBeLessThanOrEqual(actorLimit);
    }
  });

  test('go by a schedule on real threads, as often as is asked for', async () => {
    const base = await flagsBuild();
    const { outcomes } = await explore(base, counting(2), {}, 'base');
    const [first, ...others] = outcomes.find(({ values }) => values.count === 2)!.runs;
    expect(others).toEqual([{ actor: 1 - first!.actor, ticks: first!.ticks }]);

    const { ticks } = first!;
    const runs: Run[] = Array.from({ length: actorLimit }, (_, i) => ({ actor: actorLimit - 1 - i, ticks }));
    const replayer = new Replayer(base);
    try {
      const replayed = await replayer.replay(caseOf(counting(actorLimit), 'base', base), runs, { times: 5 });
      expect(replayed.diverged).toBeNull();
      expect(replayed.outcomes).toMatchObject([{ values: { count: actorLimit }, count: 5 }]);
    } finally {
      await replayer.close();
    }
    const schedule = {
      origin: 'many',
      stage: 'base',
      bitfieldAccess: 'fine',
      build: '0'.repeat(16),
      runs,
    } as const;
    expect(formatSchedule(schedule)).toContain(`:BL${ticks.toString(36)}BK`);
    expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
  });

  test('have room for their states', async () => {
    const { size } = DebugInfo.fromWasm((await flagsBuild()).bytes).struct('lab_simulated');
    expect(statesFit(size)).toBe(true);
  });
});

describe('what there is no room for is refused by the engines, too', () => {
  const nine = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`v${i}`, 'count']));
  const pair = counting(2).actors;
  const often = Array.from({ length: 17 }, () => countUp());
  test.each<[string, RaceScenario, string]>([
    ['actors', counting(actorLimit + 1), '65 actors'],
    ['observed values', counting(2, { observe: nine }), '9 observed values'],
    ['steps', counting(2, { actors: { ...pair, often } }), "actor 'often' has 17 steps"],
    ['steps of the set-up', counting(2, { setup: [...often, ...often] }), 'a set-up of 34 steps'],
    [
      'arguments',
      counting(2, { setup: [op('count_up', ...Array(ownLimits().args + 1).fill(0))] }),
      `${ownLimits().args + 1} arguments`,
    ],
  ])('%s', async (_, scenario, message) => {
    await expect(explore(await flagsBuild(), scenario, {}, 'base')).rejects.toThrow(
      expect.objectContaining({ code: 'E_LIMIT', message: expect.stringContaining(message) }),
    );
  });

  test('and by the simulator itself', () => {
    const most = loadScheduler().constant('THREADS');
    const refused = expect.objectContaining({ code: 'E_LIMIT' });
    expect(() => checkShape({ actors: most, observed: 8 })).not.toThrow();
    expect(() => checkShape({ actors: 1, observed: 0 })).not.toThrow();
    for (const actors of [0, -1, 1.5, Number.NaN, most + 1])
      expect(() => checkShape({ actors, observed: 1 })).toThrow(refused);
    for (const observed of [-1, 9]) expect(() => checkShape({ actors: 2, observed })).toThrow(refused);
  });
});
