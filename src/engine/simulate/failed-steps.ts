// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { RaceScenario } from '../../scenario/scenario.js';
import type { EngineResult } from '../engine.js';
import { failedSteps, failedStepText, idleActors } from '../failed-steps.js';
import { stateOf } from './ending.js';
import type { Simulator } from './simulator.js';

/** Starts counting which steps succeed. */
export function forgetSteps({ machine }: Simulator, { actors }: RaceScenario): void {
  const succeeded = machine.global('lab_succeeded');
  for (const actor of Object.keys(actors).keys()) succeeded.set(`steps[${actor}]`, 0);
}

/**
 * Steps that returned an error in every execution that came to its end, unless their return value is observed: they
 * probably do not show what they are meant to. @param end runs one such execution again.
 */
export async function inVain(
  simulator: Simulator,
  scenario: RaceScenario,
  end: () => Promise<unknown>,
): Promise<Pick<EngineResult, 'warnings' | 'idle'>> {
  const succeeded = simulator.machine.global('lab_succeeded');
  const failed = failedSteps(scenario, (actor, at) => ((succeeded.get(`steps[${actor}]`) >>> at) & 1) === 0);
  if (failed.length === 0) return { warnings: [], idle: [] };
  await end();
  const actors = Object.keys(scenario.actors);
  return {
    warnings: failed.map((step) =>
      failedStepText(step, stateOf(simulator, actors.indexOf(step.actor)).get(`returned[${step.at}]`)),
    ),
    idle: idleActors(scenario, failed),
  };
}
