// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { Machine, Trap } from '../machine/machine.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { ofEngine, type Violation } from './engine.js';

/** The stack has outgrown its area, which the stub kernel reported before it trapped. */
export const isCaught = ({ functions }: Trap): boolean => functions[0] === 'stub_stack_overflow';

/** Calls are nested deeper than the JavaScript engine that runs the code has room for. */
export const isTooDeep = ({ message }: Trap): boolean => message.includes('call stack');

/** The violation where calls go deeper than there is room for, though what they keep on the stack has room. */
export function violationOfDepth(machine: Machine, trap: Trap, task: string | null): Violation | null {
  if (!isTooDeep(trap)) return null;
  const by = task === null ? '' : `, by '${task}'`;
  return {
    ...ofEngine,
    kind: 'stack-overflow',
    message: `calls are nested deeper than there is room for${by}`,
    task,
    stack: machine.stack(trap.offsets),
  };
}

/**
 * Describes a trap in an actor that the stub kernel has not reported itself (isCaught()).
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
  const tooDeep = violationOfDepth(machine, trap, name ?? null);
  if (tooDeep !== null) return tooDeep;
  return {
    kind: 'trap',
    message: `'${name}' trapped: ${trap.message} in ${trap.functions.join(' < ') || 'unknown code'}`,
    ...ofEngine,
    task: name ?? null,
    stack: machine.stack(trap.offsets),
  };
}
