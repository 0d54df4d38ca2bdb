// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import { describeStep } from '../scenario/describe.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { actorOf } from '../scenario/scenario.js';
import { isBusy } from './busy.js';
import { ofEngine, type Violation } from './engine.js';
import { locate, namesNow } from './locate.js';
import type { MemoryNames } from './memory-names.js';
import { scenarioNames } from './variables.js';
import { waitText } from './wait-text.js';

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
  return isBusy(seen, state.get('task.blocked_by'));
}

/**
 * Does each of these threads wait for another of them? Where no other thread runs, that is for ever.
 */
export function isDeadlock(machine: Machine, states: readonly StructView[]): boolean {
  return states.length > 0 && states.every((state) => isBlocked(machine, state));
}

/** For each thread, where it is and what it waits for. */
export function describeHang(machine: Machine, scenario: RaceScenario, threads: readonly Inside[]): string {
  const actors = Object.entries(scenario.actors);
  const stuck = new Set<string>();
  for (const { actor, instance, state } of threads) {
    const [name, spec] = actors[actor]!;
    const at = state.get('step');
    const step = actorOf(spec).steps[at];
    const where = state.get('task.blocked_on');
    const doing =
      where === 0
        ? 'running'
        : `waiting for ${waitText(locate(machine, scenarioNames(scenario), instance, where))}`;
    stuck.add(
      `'${name}' never returned from step ${at}${step === undefined ? '' : ` (${describeStep(step)})`}: ${doing}`,
    );
  }
  return [...stuck].join('; ') || 'no progress';
}

/**
 * A deadlock, described by which actor waits for what, and which holds it.
 *
 * @param states of all actors.
 * @param waits the address of the lock that each waits for; 0: for none.
 * @param names of memory; what it is like now, where that is left out.
 */
export function violationOfDeadlock(
  machine: Machine,
  scenario: RaceScenario,
  states: readonly StructView[],
  waits: readonly number[],
  names: MemoryNames = namesNow(machine, scenarioNames(scenario), 0),
): Violation {
  const actors = Object.keys(scenario.actors);
  const heldBy = (state: StructView) =>
    Array.from({ length: state.get('task.nr_held') }, (_, i) => state.get(`task.held[${i}].lock`));
  const held = states.map(heldBy);
  const waiting = actors.flatMap((actor, i) => {
    const lock = waits[i] ?? 0;
    if (lock === 0) return [];
    const holders = actors.filter((_, j) => held[j]?.includes(lock)).map((name) => `'${name}'`);
    const name = waitText(names.lockNameOf(lock));
    return `'${actor}' waits for ${name}${holders.length === 0 ? '' : `, held by ${holders.join(' and ')}`}`;
  });
  return { ...ofEngine, kind: 'deadlock', message: `no actor can go on: ${waiting.join('; ')}` };
}
