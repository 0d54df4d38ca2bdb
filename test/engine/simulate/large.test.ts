// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAnswer, setUp } from '../../../bench/answers.js';
import type { Explored, ExploreOptions, Simulator } from '../../../src/engine/simulate/simulator.js';
import { closeToolchains, toolchain } from '../../support/race.js';

/** Executions that are long, or write much, or are not the same twice. */

let simulator: Simulator;
beforeAll(async () => {
  simulator = await openAnswer('large', await toolchain());
});
afterAll(async () => {
  await simulator.close();
  await closeToolchains();
});

const NEIGHBOURS = 1;
const STRAYS = 2;
/** So many fills of 256 KiB for each of two actors. */
const fills = (times: number) => 3 + times;

async function explored(n: number, options: Partial<ExploreOptions> = {}) {
  await setUp(simulator, n);
  await simulator.call('forget_sharing');
  return simulator.explore({ actors: 2, observed: 2, strategy: 'dpor', ...options });
}

const resultOf = ({ executions, bounded, outcomes }: Explored) => ({
  executions,
  bounded,
  outcomes: outcomes.map(({ ending, values, count }) => ({ ending, values, count })),
});

test('what an event costs does not grow with the execution, whatever lies beside it', async () => {
  const { executions, longest } = await explored(NEIGHBOURS, { executions: 2, seconds: 60 });
  expect(longest).toBe(60_000);
  expect(executions).toBe(2);
});

test('an execution that writes more than there is room for is cut short, and the exploration goes on', async () => {
  const { executions, bounded, outcomes } = await explored(fills(40), { executions: 20 });
  expect(executions).toBe(20);
  expect(bounded).toBe('20 executions, and the room for what one execution writes');
  expect([...new Set(outcomes.map(({ ending }) => ending))]).toEqual(['endless']);
});

test.each([
  ['as far as there are others', fills(40)],
  ['to its end', fills(2)],
] as const)('one by chance has as much room each time: %s', async (_, n) => {
  const { longest, outcomes } = await explored(n, { executions: 30, strategy: 'random' });
  const followed = await simulator.outcomeOf(outcomes[0]!.runs, { actors: 2, observed: 2 });
  expect(followed.values).toEqual(outcomes[0]!.values);
  const { longest: first } = await explored(n, { executions: 1, strategy: 'random' });
  expect(longest).toBe(first);
});

test('what was cut short, or given up, leaves nothing behind', async () => {
  const alone = resultOf(await explored(fills(2)));
  expect(alone).toMatchObject({ executions: 6, bounded: null });
  await explored(fills(40), { executions: 3 });
  expect(resultOf(await explored(fills(2)))).toEqual(alone);
  await expect(explored(STRAYS)).rejects.toMatchObject({ code: 'E_NOT_REPEATABLE' });
  expect(resultOf(await explored(fills(2)))).toEqual(alone);
});
