// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Machine } from '../../src/machine/machine.js';
import type { Build } from '../../src/toolchain/build.js';
import { closeToolchains } from '../support/race.js';
import { races } from './contracts/races.js';
import { contractBuild } from './program.js';
import { RaceSimulator } from './race-simulator.js';

let build: Build;
beforeAll(async () => {
  build = await contractBuild();
});
afterAll(closeToolchains);

const named = Object.entries(races).map(([name, race], i) => [name, race, i] as const);
const ends = named.filter(([, race]) => !race.ends.includes('deadlock'));

describe('in whatever order tasks come', () => {
  let simulator: RaceSimulator;
  beforeAll(async () => {
    simulator = await RaceSimulator.open(build);
  });
  afterAll(() => simulator.close());

  test.each(named)('%s', async (_, race, i) => {
    const { ends, bounded } = await simulator.explore(i);
    expect(ends).toEqual([...race.ends].sort());
    expect(bounded).toBeNull();
  });
});

// A task that nobody wakes stays asleep there, and nothing ends.
describe('on real threads', () => {
  let machine: Machine;
  let values = 0;
  beforeAll(async () => {
    machine = new Machine(build.bytes);
    await machine.start(3, []);
    machine.allocate(64 * 1024); // the tasks
    values = machine.allocate(64);
  });
  afterAll(() => machine.stop());

  test.each(ends)('%s', async (_, race, i) => {
    machine.setScalar('contract_race', i);
    for (let round = 0; round < 20; round++) {
      // Every other time a task parks at once.
      machine.setScalar('stub_spins', round % 2 === 0 ? 20_000 : 0);
      await machine.call(0, 'sim_setup');
      const began = race.actors.map((_, actor) => machine.launch(actor, 'sim_actor', actor));
      await Promise.all(began);
      await machine.call(0, 'sim_observe', values);
      const observed = new BigInt64Array(machine.memory.buffer, values, race.observe.length);
      expect(race.ends.map((end) => end.replace(' !', ''))).toContain(observed.join(' '));
    }
  });
});
