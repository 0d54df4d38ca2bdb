// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExploredOutcome, Simulator } from '../../src/engine/simulate/simulator.js';
import { closeToolchains } from '../support/race.js';
import { races } from './contracts/races.js';
import { contractBuild } from './program.js';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await Simulator.open((await contractBuild()).bytes);
  const { machine } = simulator;
  const caught = machine.global('stub_violations');
  const bytes = machine.debugInfo.struct('stub_violation').size;
  await simulator.call('set_caught', caught.addressOf('count'), caught.addressOf('first[0].kind'), bytes);
  const task = machine.debugInfo.struct('task_struct').size;
  await simulator.call('set_states', await simulator.call('contract_tasks'), task);
});
afterAll(async () => {
  await simulator.close();
  await closeToolchains();
});

const named = Object.entries(races).map(([name, race], i) => [name, race, i] as const);

/** `1 0`, `deadlock`; with a violation: `1 0 !`. */
const endOf = ({ ending, values, caught }: ExploredOutcome) =>
  `${ending === 'done' ? values.join(' ') : ending}${caught === 0 ? '' : ' !'}`;

describe('in whatever order tasks come', () => {
  test.each(named)('%s', async (_, { actors, observe, ends }, i) => {
    simulator.machine.setScalar('contract_race', i);
    await simulator.call('sim_setup');
    await simulator.call('forget_sharing');
    const { outcomes, bounded, executions } = await simulator.explore({
      actors: actors.length,
      observed: observe.length,
      strategy: 'dpor',
      executions: 300_000,
    });
    expect([...new Set(outcomes.map(endOf))].sort()).toEqual([...ends].sort());
    expect(bounded).toBeNull();
    if (process.env.CONTRACT_COUNTS) console.log(`${executions} ${_}`);
  });
});
