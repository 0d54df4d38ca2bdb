// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { actorOf, observesReturn, type RaceScenario } from '../../scenario/scenario.js';
import { decisiveAccesses } from '../decisive.js';
import { wordsOf } from '../heap.js';
import type { Site } from '../instrument/sites.js';
import { type Access, type Interleaving, isLock, type Returned } from '../interleaving.js';
import type { MemoryNames } from '../memory-names.js';
import { isSharedCpu, sharedCpus } from '../shared-cpus.js';
import { isWatched, watchedBits, watchedIn } from '../watched.js';
import { AccessDescriber } from './describe-access.js';
import { stateOf } from './ending.js';
import { wordsIn } from './execution-names.js';
import { caughtAt } from './memory-faults.js';
import type { Followed, Simulator } from './simulator.js';

/** Describes a followed execution in terms of the scenario: fields by name, code by line, locks held. */
export async function describeExecution(
  simulator: Simulator,
  sites: readonly Site[],
  scenario: RaceScenario,
  whole: Followed,
  names: MemoryNames,
): Promise<Interleaving> {
  const { ending } = whole;
  const cpus = sharedCpus(simulator.machine, 0, wordsOf(simulator.memory));
  const events = whole.events.filter(({ address }) => !isSharedCpu(cpus, address));
  const followed = { ...whole, events };
  const actors = Object.keys(scenario.actors);
  const describer = new AccessDescriber(simulator, sites, events, names);
  const waits: (string | null)[] = [];
  const unfinished: boolean[] = [];
  for (const actor of actors.keys()) {
    const place = await simulator.call('get_place', actor);
    // An actor that has not ended waits, unless the execution was cut short.
    waits.push(
      place !== 0 && (ending === 'deadlock' || ending === 'unserved') ? describer.lockNameOf(place) : null,
    );
    unfinished.push(place !== 0 && ending === 'endless');
  }
  const accesses = events.map((_, i) => describer.at(i));
  const watched = watchedBits(simulator.machine, scenario, wordsIn(simulator, events));
  const isObserved = (access: Access) =>
    !isLock(access) &&
    (access.bytes > 8
      ? isWatched(watched, access.address, access.bytes)
      : watchedIn(watched, access.address, access.bytes) !== 0n);
  return {
    actors,
    accesses,
    decisive: decisiveAccesses(accesses, watched, caughtAt(simulator, scenario, followed)),
    observed: accesses.flatMap((access, i) => (isObserved(access) ? [i] : [])),
    returned: actors.map((actor, i) => returnedBy(simulator, scenario, actor, i)),
    preemptions: events.at(-1)?.preemptions ?? 0,
    waits,
    unfinished,
  };
}

/** What the steps of an actor returned. */
function returnedBy(simulator: Simulator, scenario: RaceScenario, name: string, actor: number): Returned[] {
  const state = stateOf(simulator, actor);
  const reached = state.get('step');
  return actorOf(scenario.actors[name]!).steps.map((_, step) => ({
    value: step < reached ? state.get(`returned[${step}]`) : null,
    observed: observesReturn(scenario, name, step),
  }));
}
