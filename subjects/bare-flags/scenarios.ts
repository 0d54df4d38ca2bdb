// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Expectation, type RaceScenario, type Scenario, scenario } from '../../src/scenario/scenario.js';
import { type BareFlag, countUp, flagWrite } from './steps.js';

/** Two tasks switch on a flag each. */
export const twoFlags = (one: BareFlag, two: BareFlag, expect?: Expectation): RaceScenario =>
  scenario({
    title: `One task sets ${one} while another sets ${two}`,
    actors: { one: [flagWrite(one, true)], two: [flagWrite(two, true)] },
    observe: { one, two },
    outcomes: [
      { when: { one: 1, two: 1 }, grade: 'acceptable', note: 'both are set' },
      { when: {}, grade: 'forbidden', note: 'one is lost' },
    ],
    ...(expect && { expect }),
  });

export const scenarios: Readonly<Record<string, Scenario>> = {
  'bit-fields-of-one-byte': twoFlags('packed.a', 'packed.b', 'fails'),
  // A compiler may access the whole run at once.
  'bit-fields-of-two-bytes': twoFlags('packed.a', 'packed.i', { fine: 'holds', wide: 'fails' }),
  'bools-of-their-own': twoFlags('plain.a', 'plain.b', 'holds'),
  'counting-without-a-lock': scenario({
    title: 'Two tasks count without a lock',
    actors: { one: [countUp()], two: [countUp()] },
    observe: { count: 'count' },
    outcomes: [
      { when: { count: 2 }, grade: 'acceptable', note: 'both are counted' },
      { when: { count: 1 }, grade: 'forbidden', note: 'one is lost' },
    ],
    expect: 'fails',
  }),
};
