// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { buildAnswer } from '../../../bench/answers.js';
import { type Explored, Simulator, type Strategy } from '../../../src/engine/simulate/simulator.js';
import { toolchain } from '../../support/race.js';
import { seed } from '../../support/seed.js';
import { type Program, REGISTERS } from './oracle.js';
import { asText, instruction, observedBy, ProgramWriter, program } from './random-program.js';

/** How many programs: more than in every run, now and then. */
export const mostPrograms = Number(process.env.LOSTBIT_PROGRAMS ?? 500);

/** Most orders of a program's steps: the oracle goes through each of them. */
export const mostOrders = 5000;

/** The module that runs random programs, in the simulator. */
export class RandomSimulator {
  readonly #simulator: Simulator;
  readonly #writer: ProgramWriter;

  private constructor(simulator: Simulator, writer: ProgramWriter) {
    this.#simulator = simulator;
    this.#writer = writer;
  }

  static async open(): Promise<RandomSimulator> {
    const { bytes } = await buildAnswer('random', await toolchain());
    const simulator = await Simulator.open(bytes);
    // A thread that loops is where it was only if its registers are what they were.
    await simulator.call('set_states', await simulator.call('random_registers'), REGISTERS * 4);
    return new RandomSimulator(simulator, new ProgramWriter(bytes, simulator.memory));
  }

  close(): Promise<void> {
    return this.#simulator.close();
  }

  /** From here on each access of the memory is a step: a simulator keeps in mind what threads have shared. */
  async shareAll(): Promise<void> {
    const writes = [0, 8].map((at) => instruction('store', { at, bytes: 8 }));
    await this.explore(program(new Array(4).fill(writes)), 'random', { executions: 2 });
  }

  /** From here on it is to be found out again which memory threads share. */
  async forgetSharing(): Promise<void> {
    await this.#simulator.call('forget_sharing');
  }

  async explore(
    program: Program,
    strategy: Strategy,
    more: { executions?: number; preemptions?: number; seed?: number; steps?: number } = {},
  ): Promise<Explored> {
    this.#writer.write(program);
    await this.#simulator.call('sim_setup');
    const actors = program.threads.length;
    return this.#simulator.explore({ actors, observed: observedBy(actors), strategy, ...more });
  }
}

/** Holds the property of so many programs; the smallest one without it is printed as source. */
export async function ofPrograms(
  programs: fc.Arbitrary<Program>,
  numRuns: number,
  check: (program: Program) => Promise<void>,
): Promise<void> {
  const details = await fc.check(fc.asyncProperty(programs, check), { seed, numRuns });
  if (!details.failed) return;
  const text = details.counterexample === null ? '' : asText(details.counterexample[0]);
  throw new Error(`LOSTBIT_SEED=${seed}\n${text}`, { cause: details.errorInstance });
}
