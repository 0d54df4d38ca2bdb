// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { build, caseOf, closeToolchains, race, raceUntilForbidden } from '../support/race.js';

afterAll(closeToolchains);

// That nothing is lost where it must not be is for the simulator to say, which sees every interleaving.
describe('a reset beside what state_mutex protects', () => {
  const races = [
    'log-start-vs-reset',
    'log-stop-vs-reset',
    'pf-takes-vf-vs-reset',
    'pf-returns-vf-vs-reset',
  ] as const;
  test.each(races)('%s loses one of two updates at base, or the other', async (name) => {
    const raced = await raceUntilForbidden(caseOf(name, 'base', await build('base')));
    // It ends at the first failure: an outcome, or the second free that a lost stop leads to.
    expect(raced.verdict).toBe('fails');
  });
  test('patch 3 is about another struct', async () => {
    const raced = await raceUntilForbidden(caseOf('log-start-vs-reset', 'p3', await build('p3')));
    expect(raced.forbidden).toBeGreaterThan(0);
  });
});

describe('what only state_mutex protects', () => {
  test.each(['base', 'p5'])('has a gap between close and detach at %s', async (stage) => {
    const what = caseOf('log-start-before-pf-detaches-vf', stage, await build(stage));
    const raced = await raceUntilForbidden(what);
    expect(raced.violations).toMatchObject([{ kind: 'warned' }]);
  });
});

describe('an error of the page tracker while somebody waits for its report', () => {
  const name = 'dirty-page-report-vs-qp-error';
  const hang = expect.objectContaining({
    kind: 'hang',
    message: expect.stringMatching(/'reader' never returned .*: waiting for A\.tracker_comp/),
  });

  test('is lost at base, and the wait never ends', async () => {
    const raced = await race(caseOf(name, 'base', await build('base')), { seconds: 20, patience: 1 });
    expect(raced.violations).toContainEqual(hang);
    expect(raced.verdict).toBe('fails');
  });
});
