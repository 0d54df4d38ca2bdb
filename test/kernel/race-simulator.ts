// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ExploredOutcome, Simulator } from '../../src/engine/simulate/simulator.js';
import type { Build } from '../../src/toolchain/build.js';
import { races } from './contracts/races.js';

/** More than any of them has. */
const mostExecutions = 300_000;

const all = Object.values(races);

/** `1 0`, `deadlock`; with a violation: `1 0 !`. */
const endOf = ({ ending, values, caught }: ExploredOutcome) =>
  `${ending === 'done' ? values.join(' ') : ending}${caught === 0 ? '' : ' !'}`;

/** The contracts' races in the simulator. */
export class RaceSimulator {
  readonly #simulator: Simulator;

  private constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  static async open({ bytes }: Build): Promise<RaceSimulator> {
    const simulator = await Simulator.open(bytes);
    const { machine } = simulator;
    const caught = machine.global('stub_violations');
    const size = (struct: string) => machine.debugInfo.struct(struct).size;
    const [count, first] = ['count', 'first[0].kind'].map((field) => caught.addressOf(field));
    await simulator.call('set_caught', count!, first!, size('stub_violation'));
    await simulator.call('set_states', await simulator.call('contract_tasks'), size('stub_task'));
    return new RaceSimulator(simulator);
  }

  /** All that a race, by its index, can end with, sorted; and why that may not be all. */
  async explore(index: number): Promise<{ ends: string[]; bounded: string | null }> {
    const { actors, observe } = all[index]!;
    this.#simulator.machine.setScalar('contract_race', index);
    await this.#simulator.call('sim_setup');
    await this.#simulator.call('forget_sharing');
    const { outcomes, bounded } = await this.#simulator.explore({
      actors: actors.length,
      observed: observe.length,
      strategy: 'dpor',
      executions: mostExecutions,
    });
    return { ends: [...new Set(outcomes.map(endOf))].sort(), bounded };
  }

  close(): Promise<void> {
    return this.#simulator.close();
  }
}
