// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { StructView } from '../../machine/struct-view.js';
import { describeStep } from '../../scenario/describe.js';
import { actorOf, type RaceScenario } from '../../scenario/scenario.js';
import type { Step } from '../../scenario/step.js';
import { ofEngine, type Violation } from '../engine.js';
import type { Site } from '../instrument/sites.js';
import type { MemoryNames } from '../memory-names.js';
import { violationOfDeadlock } from '../stuck.js';
import { placeOf } from './exclusive.js';
import { isOverflow } from './memory-faults.js';
import type { Followed, Simulator } from './simulator.js';
import { siteOf } from './step.js';

/** Why an execution did not come to its end. */
export async function endOf(
  simulator: Simulator,
  sites: readonly Site[],
  scenario: RaceScenario,
  { ending, events, faults }: Pick<Followed, 'ending' | 'events' | 'faults'>,
  names: MemoryNames,
): Promise<Violation[]> {
  // How one that was cut short would have gone on is unknown.
  if (ending === 'done' || ending === 'endless' || ending === 'unserved') return [];
  const { machine } = simulator;
  const actors = Object.keys(scenario.actors);
  const left: Left[] = [];
  for (const [i, actor] of actors.entries()) {
    const state = stateOf(simulator, i);
    const step = actorOf(scenario.actors[actor]!).steps[state.get('step')];
    const place = await simulator.call('get_place', i);
    if (step !== undefined) left.push({ actor, index: i, step, place });
  }
  if (ending === 'trap') {
    // The others have gone on as far as they could.
    const { actor, index, step } = left.find(({ place }) => place === 0)!;
    // A stack overflow is reported as such.
    if (faults.some((fault) => fault.actor === index && isOverflow(fault))) return [];
    const last = events.findLast((event) => event.actor === index);
    const frame = last === undefined ? undefined : sites[siteOf(last)]?.stack[0];
    const after = frame === undefined ? '' : `, after ${placeOf(frame)}`;
    const message = `'${actor}' trapped (a wild access, or a BUG()) in '${describeStep(step)}'${after}`;
    return [{ ...ofEngine, kind: 'trap', message, task: actor }];
  }
  if (ending === 'livelock') {
    const looks = left.map(({ actor, index, step }) => {
      const last = events.findLast((event) => event.actor === index);
      const frame = last === undefined ? undefined : sites[siteOf(last)]?.stack[0];
      return `'${actor}' in '${describeStep(step)}'${frame === undefined ? '' : `, in ${placeOf(frame)}`}`;
    });
    const message = `polls what no other actor will change: ${looks.join('; ')}`;
    return [{ ...ofEngine, kind: 'livelock', message }];
  }
  const states = actors.map((_, i) => stateOf(simulator, i));
  const waits = actors.map((_, i) => left.find(({ index }) => index === i)?.place ?? 0);
  return [violationOfDeadlock(machine, scenario, states, waits, names)];
}

/**
 * The warning where executions were cut short.
 *
 * @param followed one of them, which was the simulator's last.
 */
export function cutShort(
  simulator: Simulator,
  scenario: RaceScenario,
  { events }: Pick<Followed, 'events'>,
): string {
  // What an actor is about to access says nothing of one that runs without an access.
  const left = Object.entries(scenario.actors)
    .filter(([, spec], i) => stateOf(simulator, i).get('step') < actorOf(spec).steps.length)
    .map(([actor]) => `'${actor}'`);
  const accesses = events.length === 1 ? '1 access' : `${events.length} accesses`;
  const when = left.length === 0 ? '' : `, when ${left.join(' and ')} had not come to an end`;
  return `executions were cut short after ${accesses}${when}`;
}

/** An actor that is not done. */
interface Left {
  readonly actor: string;
  readonly index: number;
  readonly step: Step;
  /** Address of what it is about to access; 0: it has trapped. */
  readonly place: number;
}

/** What the lab keeps of an actor, as the last execution has left it. */
export function stateOf(simulator: Simulator, actor: number): StructView {
  const { machine, memory } = simulator;
  const struct = machine.debugInfo.struct('lab_simulated');
  const states = new DataView(memory.buffer).getUint32(simulator.address('lab_states'), true);
  return new StructView(struct, memory, states + actor * struct.size);
}
