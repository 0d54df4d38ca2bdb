// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { observesReturn, type RaceScenario } from '../../scenario/scenario.js';
import { errnoName } from '../errno.js';
import { stateOf } from './ending.js';
import type { Simulator } from './simulator.js';

/** From here on it counts which steps succeed. */
export function forgetSteps({ machine }: Simulator, { actors }: RaceScenario): void {
  const succeeded = machine.global('lab_succeeded');
  for (const actor of Object.keys(actors).keys()) succeeded.set(`steps[${actor}]`, 0);
}

/**
 * Steps that have returned an error in every execution that came to its end, unless their return is observed: what
 * they are to show they hardly show. @param end lets one such execution happen again.
 */
export async function failedSteps(
  simulator: Simulator,
  scenario: RaceScenario,
  end: () => Promise<unknown>,
): Promise<string[]> {
  const succeeded = simulator.machine.global('lab_succeeded');
  const failed = Object.entries(scenario.actors).flatMap(([name, steps], actor) =>
    steps
      .map((step, at) => ({ name, actor, at, op: step.op }))
      .filter(
        ({ at }) =>
          !observesReturn(scenario, name, at) && ((succeeded.get(`steps[${actor}]`) >>> at) & 1) === 0,
      ),
  );
  if (failed.length === 0) return [];
  await end();
  return failed.map(({ name, actor, at, op }) => {
    const state = stateOf(simulator, actor);
    return `step ${at} of '${name}' (${op}) returned ${errnoName(state.get(`returned[${at}]`))} every time`;
  });
}
