import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { locate } from './locate.js';

/** A thread inside an actor. */
export interface Inside {
  /** Index of the actor. */
  readonly actor: number;
  /** Of the machine that it works on. */
  readonly instance: number;
  /** What the C side keeps of it: its `task`, and the `step` it is in. */
  readonly state: StructView;
}

/** Is a thread in a wait whose condition does not hold? */
export function isBlocked(machine: Machine, state: StructView): boolean {
  const word = state.get('task.blocked_on');
  if (word === 0) return false;
  const seen = new DataView(machine.memory.buffer).getUint32(word, true);
  return (seen & state.get('task.blocked_by')) !== 0;
}

/**
 * Do these threads wait for what only they could give? None goes on unless another one does: where nobody else runs,
 * this is for ever.
 */
export function isDeadlock(machine: Machine, states: readonly StructView[]): boolean {
  return states.length > 0 && states.every((state) => isBlocked(machine, state));
}

/** Says for each thread where it is, and what it waits for. */
export function describeHang(machine: Machine, scenario: RaceScenario, threads: readonly Inside[]): string {
  const actors = Object.entries(scenario.actors);
  const stuck = new Set<string>();
  for (const { actor, instance, state } of threads) {
    const [name, steps] = actors[actor]!;
    const step = state.get('step');
    const where = state.get('task.blocked_on');
    const doing =
      where === 0 ? 'running' : `waiting for ${locate(machine, scenario.devices, instance, where)}`;
    stuck.add(`'${name}' never returned from step ${step} (${steps[step]?.op}): ${doing}`);
  }
  return [...stuck].join('; ') || 'no progress';
}
