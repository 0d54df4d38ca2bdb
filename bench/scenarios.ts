// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type BareFlag, flagWrite, type RaceScenario, scenario } from 'lostbit';

/** Two actors that each set a flag of their own, with nothing around it. */
export function bareFlags(one: BareFlag, two: BareFlag): RaceScenario {
  return scenario({
    title: `Two threads set ${one} and ${two}`,
    devices: { F: { flags: true } },
    setup: [],
    actors: { one: [flagWrite('F', one, true)], two: [flagWrite('F', two, true)] },
    observe: { one: `F.${one}`, two: `F.${two}` },
    outcomes: [
      { when: { one: 1, two: 1 }, grade: 'acceptable', note: 'both kept' },
      { when: {}, grade: 'forbidden', note: 'an update lost' },
    ],
  });
}
