// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { RaceScenario } from '../../scenario/scenario.js';
import type { Site } from '../instrument/sites.js';
import type { Interleaving } from '../interleaving.js';
import type { Followed, Simulator } from './simulator.js';
import { AccessTeller } from './tell-access.js';

/** Tells an execution that was followed in terms of the scenario: fields by name, code by line, locks held. */
export async function interleave(
  simulator: Simulator,
  sites: readonly Site[],
  scenario: RaceScenario,
  { events, ending }: Followed,
): Promise<Interleaving> {
  const actors = Object.keys(scenario.actors);
  const teller = new AccessTeller(simulator, sites, scenario, events);
  const waits: (string | null)[] = [];
  const unfinished: boolean[] = [];
  for (const actor of actors.keys()) {
    const place = await simulator.call('get_place', actor);
    // Who has not ended waits, unless nobody has let it go on.
    waits.push(place !== 0 && ending === 'deadlock' ? teller.nameOf(place) : null);
    unfinished.push(place !== 0 && ending === 'endless');
  }
  const accesses = events.map((_, i) => teller.at(i));
  return { actors, accesses, preemptions: events.at(-1)?.preemptions ?? 0, waits, unfinished };
}
