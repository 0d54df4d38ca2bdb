// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { encodeScenario, encodeStep } from '../../src/engine/encode.js';
import type { Violation } from '../../src/engine/engine.js';
import { placeOwn } from '../../src/engine/given.js';
import { placedFor } from '../../src/engine/instrument/placed.js';
import { scenarioNames } from '../../src/engine/variables.js';
import { readViolations } from '../../src/engine/violations.js';
import { Machine } from '../../src/machine/machine.js';
import { StructView } from '../../src/machine/struct-view.js';
import { type RaceScenario, sharesCpus } from '../../src/scenario/scenario.js';
import type { Step } from '../../src/scenario/step.js';
import type { Build } from '../../src/toolchain/build.js';

const arenaBytes = 128 * 1024;

export interface ActorsOptions {
  /** The actors allocate from lanes of their own. Default: true. */
  readonly lanes?: boolean;
  /** Keep who allocated, and a shadow of memory. Default: false. */
  readonly watch?: boolean;
}

/** One instance of a race, its actors run one by one or as a schedule says. */
export class Actors {
  readonly machine: Machine;
  readonly #scenario: RaceScenario;
  readonly #states: number;

  private constructor(machine: Machine, scenario: RaceScenario, states: number) {
    this.machine = machine;
    this.#scenario = scenario;
    this.#states = states;
  }

  /** Sets up, with a thread an actor; `stop` it. */
  static async start(
    { bytes }: Build,
    scenario: RaceScenario,
    { lanes = true, watch = false }: ActorsOptions = {},
  ): Promise<Actors> {
    const machine = new Machine(bytes, placedFor(bytes, sharesCpus(scenario)));
    const actors = Object.keys(scenario.actors).length;
    await machine.start(actors, []);
    placeOwn(machine);
    encodeScenario(machine, scenario);
    machine.setScalar('stub_watch', Number(watch));
    if (watch) machine.setScalar('stub_shadow', machine.allocate(machine.memory.buffer.byteLength / 8));
    const instances = machine.global('lab_instances');
    instances.set('start', machine.allocate(arenaBytes));
    instances.set('stride', arenaBytes);
    instances.set('bytes', arenaBytes);
    instances.set('count', 1);
    if ((await machine.call(0, 'lab_setup')) !== 0) throw new Error('the set-up failed');
    if (lanes) await machine.call(0, 'lab_lanes', actors);
    instances.set('snapshot', machine.allocate(await machine.call(0, 'lab_instance_bytes')));
    await machine.call(0, 'lab_snapshot');
    const states = machine.allocate(actors * machine.debugInfo.struct('lab_simulated').size);
    machine.setScalar('lab_states', states);
    return new Actors(machine, scenario, states);
  }

  /** Runs whole actors, one after the other, from the set-up on. */
  async inOrder(...order: readonly number[]): Promise<void> {
    await this.machine.call(0, 'lab_restore', 0);
    for (const actor of order) await this.machine.call(0, 'sim_actor', actor);
  }

  /** Runs a step that is no actor's, where the machine is; returns what it does. */
  async run(step: Step): Promise<number> {
    const one = this.machine.global('lab_one');
    encodeStep(this.machine, one, 'step', step);
    await this.machine.call(0, 'lab_run_one');
    return one.get('returned');
  }

  /**
   * Lets the actors' threads start on a schedule, from the set-up on: pairs of an actor and its ticks. `ended`
   * settles when all have come to their ends.
   */
  async begin(
    ...runs: readonly (readonly [actor: number, ticks: number])[]
  ): Promise<{ ended: Promise<unknown> }> {
    await this.machine.call(0, 'lab_restore', 0);
    await this.machine.call(0, 'lab_replay_reset');
    const at = this.machine.allocate(runs.length * 8);
    new Uint32Array(this.machine.memory.buffer, at, runs.length * 2).set(runs.flat());
    this.replay.set('runs', at);
    this.replay.set('count', runs.length);
    const actors = Object.keys(this.#scenario.actors);
    const ended = Promise.all(actors.map((_, i) => this.machine.call(i, 'lab_replay_actor', i)));
    // Some schedules never end; who waits for one that does still sees it fail.
    ended.catch(() => {});
    return { ended };
  }

  get replay(): StructView {
    return this.machine.global('lab_replay');
  }

  /** What the lab keeps of an actor. */
  state(actor: number): StructView {
    const struct = this.machine.debugInfo.struct('lab_simulated');
    return new StructView(struct, this.machine.memory, this.#states + actor * struct.size);
  }

  /** What the scenario observes. */
  async observe(): Promise<Record<string, number>> {
    const names = Object.keys(this.#scenario.observe);
    const at = this.machine.allocate(names.length * 8);
    await this.machine.call(0, 'sim_observe', at);
    const values = new BigInt64Array(this.machine.memory.buffer, at, names.length);
    return Object.fromEntries(names.map((name, i) => [name, Number(values[i])]));
  }

  /** The first bytes of the arena, which hold all but what the actors allocate from their lanes. */
  get arena(): StructView {
    const at = this.machine.global('lab_instances').get('start');
    return new StructView(this.machine.debugInfo.struct('stub_arena'), this.machine.memory, at);
  }

  get found(): Violation[] {
    return readViolations(this.machine, scenarioNames(this.#scenario));
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}
