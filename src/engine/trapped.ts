import { LostbitError } from '../errors.js';
import type { Machine, Trap } from '../machine/machine.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { ofEngine, type Violation } from './engine.js';

/**
 * What is to be said of a trap in an actor.
 *
 * @param actor its index.
 * @throws LostbitError `E_UNKNOWN_FIELD` where it was no actor's code, but the reading of what the scenario observes.
 */
export function violationOfTrap(
  machine: Machine,
  scenario: RaceScenario,
  actor: number,
  trap: Trap,
): Violation {
  if (trap.functions[0]?.endsWith('lab_observe')) {
    throw new LostbitError('E_UNKNOWN_FIELD', 'an observed field lies outside of memory', {
      hint: 'see the indices in the paths of observe',
    });
  }
  const name = Object.keys(scenario.actors)[actor];
  return {
    kind: 'trap',
    message: `'${name}' trapped: ${trap.message} in ${trap.functions.join(' < ') || 'unknown code'}`,
    ...ofEngine,
    task: name ?? null,
    stack: machine.stack(trap.offsets),
  };
}
