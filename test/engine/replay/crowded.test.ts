// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, test, vi } from 'vitest';
import { Replayer } from '../../../src/engine/replay/replay.js';
import { Simulation } from '../../../src/engine/simulate/simulation.js';
import { build, caseOf, closeToolchains } from '../../support/race.js';

// One processor for all: whoever waits for its turn sleeps.
vi.mock('../../../src/machine/cpus.js', () => ({ allowedCpus: () => [0] }));

afterAll(closeToolchains);

test('threads that share a processor do what the schedule says', async () => {
  const built = await build('base');
  const what = caseOf('reload-vs-bus-reset', 'base', built);
  const simulation = new Simulation(built);
  const { outcomes } = await simulation.explore(what);
  await simulation.close();
  const replayer = new Replayer(built);
  for (const { runs, values } of outcomes) {
    const result = await replayer.replay(what, runs, { times: 100 });
    expect(result).toMatchObject({ diverged: null, outcomes: [{ values, count: 100 }] });
  }
  await replayer.close();
});
