// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, test } from 'vitest';
import type {
  SimulatedOutcome,
  SimulatedViolation,
  SimulateResult,
} from '../../../src/engine/simulate/simulation.js';
import { build, caseOf, closeToolchains } from '../../support/race.js';
import { closeSimulations, explore, simulationOf } from '../../support/simulation.js';
import { type Part, partsBuild, scenarioOf } from './parts.js';

afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

const actors: readonly (readonly Part[])[][] = [
  [['count'], ['count']],
  [['count', 'count'], ['count']],
  [['set bardirty'], ['set virq_disabled'], ['test bardirty']],
  [
    ['count under igate', 'count'],
    ['count under igate', 'add to irq_type'],
  ],
  [
    ['count', 'usage-underflow'],
    ['count', 'mark irq_type', 'count'],
  ],
  [['igate, ioeventfds_lock', 'add to irq_type'], ['ioeventfds_lock, igate']],
  [
    ['nothing', 'trap if irq_type'],
    ['count', 'mark irq_type', 'count'],
  ],
];

test('no schedule with fewer preemptions comes to the same', async () => {
  const base = await partsBuild('base');
  const observe = { irq_type: 'A.irq_type', nr: 'A.ioeventfds_nr', regions: 'A.bardirty' } as const;
  let shrunk = 0;
  for (const parts of actors) {
    const scenario = scenarioOf(parts, { observe });
    const reduced = await explore(base, scenario);
    // One by chance each, with preemptions that nobody needs.
    const drawn: SimulateResult[] = [];
    for (let seed = 1; seed <= 6; seed++)
      drawn.push(await explore(base, scenario, { strategy: 'random', executions: 1, seed: 1000 * seed }));
    // All interleavings: of each outcome the one with the fewest preemptions is kept.
    const all = await explore(base, scenario, { strategy: 'dfs' });
    expect(all.bounded).toBe(null);
    // What is caught on the way to an outcome has to stay, too: that is for the violations to say.
    const withoutViolations = all.violations.length === 0;
    const found = [reduced, ...drawn].flatMap((one): readonly (SimulatedOutcome | SimulatedViolation)[] =>
      withoutViolations ? one.outcomes : one.violations,
    );
    for (const one of found) {
      const same = [...all.outcomes, ...all.violations].find((other) =>
        'values' in one
          ? 'values' in other && JSON.stringify(other.values) === JSON.stringify(one.values)
          : 'message' in other && other.message === one.message,
      );
      const what = caseOf(scenario, 'test', base);
      const { preemptions, runs } = await simulationOf(base).shrink(what, one);
      expect(preemptions, JSON.stringify(one)).toBe(same!.preemptions);
      const execution = await simulationOf(base).describe(what, runs);
      expect(execution.interleaving.preemptions).toBe(preemptions);
      if ('values' in one) expect(execution.values).toEqual(one.values);
      else expect(execution.violations.map(({ message }) => message)).toContain(one.message);
      if (preemptions < one.preemptions) shrunk++;
    }
  }
  expect(shrunk).toBeGreaterThan(0);
});

test('what needs a preemption has one, and with fewer it is not seen', async () => {
  const base = caseOf('intx-mask-vs-bar-write', 'base', await build('base'));
  const { outcomes } = await explore(base.build, 'intx-mask-vs-bar-write', {}, 'base');
  for (const found of outcomes) {
    const { preemptions } = await simulationOf(base.build).shrink(base, found);
    for (let most = 0; most <= preemptions; most++) {
      const bounded = await explore(
        base.build,
        'intx-mask-vs-bar-write',
        { strategy: 'dfs', preemptions: most },
        'base',
      );
      const seen = bounded.outcomes.some(
        ({ values }) => JSON.stringify(values) === JSON.stringify(found.values),
      );
      expect(seen).toBe(most === preemptions);
    }
  }
});
