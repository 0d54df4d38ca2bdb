// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { type Machine, Trap } from '../../machine/machine.js';
import type { StructView } from '../../machine/struct-view.js';
import type { Values } from '../../scenario/grade.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import { ofEngine, type Violation } from '../engine.js';
import { statesOf } from '../instance.js';
import { readObserved } from '../observed.js';
import type { Run } from '../schedule.js';
import { describeHang, type Inside, isBlocked, isDeadlock, violationOfDeadlock } from '../stuck.js';
import { isCaught, violationOfTrap } from '../trapped.js';
import { scenarioNames } from '../variables.js';
import { readViolations } from '../violations.js';
import type { Divergence, ReplayEnding } from './replay.js';

export interface LapOptions {
  /** Seconds without progress after which a repetition is called hung. */
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
}

/** The result of repetitions in a row. */
export interface Lap {
  /** Of each repetition in which all actors came to their end. */
  readonly observed: readonly Values[];
  /** How the one after these ended, if otherwise; not where it diverged. */
  readonly ending: Exclude<ReplayEnding, 'done'> | null;
  readonly diverged: Divergence | null;
  readonly violations: readonly Violation[];
  /** The machine cannot be used any more: a thread does not come back. */
  readonly broken: boolean;
}

/** Milliseconds between two looks at threads that are under way. */
const lookEvery = 5;
/** Milliseconds in which threads that are woken must have come back; else their machine is given up. */
const wakeWithin = 2000;
/** The value of `lab_replay.turn` when all threads are let through: LAB_REPLAY_FREE. */
const free = -1;

/** Why threads may not go on: the one whose turn it is waits for a lock, or all wait for each other. */
type Suspicion = 'astray' | 'deadlock' | null;

/** A schedule on a machine that is set up for it, with its snapshot taken and the runs given to `lab_replay`. */
export class Course {
  readonly machine: Machine;
  readonly #scenario: RaceScenario;
  readonly #runs: readonly Run[];
  readonly #control: StructView;
  /** What the lab keeps of the actors. */
  readonly #states: readonly StructView[];
  /** Room for what they wait for. */
  #waits: number | null = null;
  /** The last violations, and the memory they were read from. */
  #seen: { readonly raw: string; readonly violations: readonly Violation[] } = { raw: '0 ', violations: [] };

  constructor(machine: Machine, scenario: RaceScenario, runs: readonly Run[], states: number) {
    this.machine = machine;
    this.#scenario = scenario;
    this.#runs = runs;
    this.#control = machine.global('lab_replay');
    this.#states = statesOf(machine, states, Object.keys(scenario.actors).length);
  }

  /** Repetitions of the lap that are over. */
  get done(): number {
    return this.#control.get('done');
  }

  /** Repeats the schedule so many times; fewer, where a violation is found. */
  async lap(times: number, { patience, signal }: LapOptions): Promise<Lap> {
    const machine = this.machine;
    const control = this.#control;
    for (const field of ['done', 'arrived', 'stop', 'trapped', 'over']) control.set(field, 0);
    control.set('times', times);
    // Threads that were woken by a trap have left what they waited for; the next ones may begin late.
    for (const state of this.#states) state.set('task.blocked_on', 0);
    await machine.call(0, 'lab_restore', 0);
    await machine.call(0, 'lab_replay_reset');

    const traps: Violation[] = [];
    let trapped = false;
    let givenUp = false;
    const follow = async (actor: number) => {
      try {
        await machine.launch(actor, 'lab_replay_repeat', actor);
      } catch (error) {
        if (!(error instanceof Trap)) throw error;
        if (!givenUp) {
          trapped = true;
          if (!isCaught(error)) traps.push(violationOfTrap(machine, this.#scenario, actor, error));
        }
        await machine.launch(actor, 'lab_replay_trapped', actor);
      }
    };
    const ended = Promise.all(this.#states.map((_, actor) => follow(actor)));
    const watch = this.#watch(patience, signal);
    let stuck: 'deadlock' | 'hang' | null;
    try {
      stuck = await Promise.race([ended.then(() => null), watch.stuck]);
    } finally {
      watch.stop();
    }
    // Threads that hang are ended with their machine, and never settle this.
    ended.catch(() => {});

    const diverged = this.#divergence();
    const unfinished = stuck !== null || trapped || diverged !== null;
    const over = this.done - Number(unfinished && stuck === null);
    const view = new DataView(machine.memory.buffer);
    const names = Object.keys(this.#scenario.observe);
    const observed = Array.from({ length: over }, (_, i) =>
      readObserved(view, control.get('values') + i * names.length * 8, names),
    );
    const violations: Violation[] = [];
    const unserved = stuck === 'deadlock' && diverged === null && !trapped && (await this.#isUnserved());
    if (diverged === null) {
      violations.push(...this.#caught(), ...traps);
      if (stuck !== null && !trapped && !unserved) violations.push(this.#violationOf(stuck));
    }
    let broken = stuck === 'hang';
    if (stuck === 'deadlock') {
      givenUp = true;
      broken = !(await this.#wake(ended));
    }
    return {
      observed,
      ending: diverged !== null ? null : trapped ? 'trap' : unserved ? 'unserved' : stuck,
      diverged,
      violations,
      broken,
    };
  }

  /** All wait for each other: would a kernel do something by itself? Another thread looks. */
  async #isUnserved(): Promise<boolean> {
    const { machine } = this;
    const looker = this.#states.length;
    const inside = new Set(this.#inside().map(({ actor }) => actor));
    const words = this.#states.map((state, actor) => (inside.has(actor) ? state.get('task.blocked_on') : 0));
    this.#waits ??= machine.allocate(words.length * 4);
    new Uint32Array(machine.memory.buffer, this.#waits, words.length).set(words);
    try {
      await machine.start(looker + 1, []);
      return (await machine.launch(looker, 'sim_unserved', this.#waits)) !== 0;
    } catch (error) {
      // The lists of what is to be done lead nowhere.
      if (error instanceof Trap) return false;
      throw error;
    }
  }

  /**
   * Makes all threads that wait for ever come back, by a trap, and says whether they did. One may be about to go to
   * sleep just now.
   */
  async #wake(ended: Promise<unknown>): Promise<boolean> {
    const { machine } = this;
    const memory = new Int32Array(machine.memory.buffer);
    machine.setScalar('stub_alone', 1);
    const wake = () => {
      for (const { state } of this.#inside()) Atomics.notify(memory, state.get('task.blocked_on') / 4);
    };
    const timer = setInterval(wake, 1);
    wake();
    let late: NodeJS.Timeout | undefined;
    const inVain = new Promise<false>((resolve) => {
      late = setTimeout(() => resolve(false), wakeWithin);
    });
    try {
      return await Promise.race([ended.then(() => true), inVain]);
    } finally {
      clearTimeout(late);
      clearInterval(timer);
      machine.setScalar('stub_alone', 0);
    }
  }

  /** The violations that the stub kernel found. Kept, since repetitions are alike and naming offsets and addresses takes longer. */
  #caught(): readonly Violation[] {
    const caught = this.machine.global('stub_violations');
    const first = caught.addressOf('first[0].kind');
    const room = caught.address + caught.type.size - first;
    const count = caught.get('count');
    const bytes = Math.min(room, count * (caught.addressOf('first[1].kind') - first));
    const raw = `${count} ${Buffer.from(this.machine.memory.buffer, first, bytes).toString('latin1')}`;
    if (raw !== this.#seen.raw)
      this.#seen = { raw, violations: readViolations(this.machine, scenarioNames(this.#scenario)) };
    return this.#seen.violations;
  }

  #violationOf(stuck: 'deadlock' | 'hang'): Violation {
    const machine = this.machine;
    const scenario = this.#scenario;
    if (stuck === 'hang')
      return { ...ofEngine, kind: 'hang', message: describeHang(machine, scenario, this.#inside()) };
    const waits = this.#states.map((state) => state.get('task.blocked_on'));
    return violationOfDeadlock(machine, scenario, this.#states, waits);
  }

  /** Checks the threads from time to time. `stuck` settles when they do not go on by themselves. */
  #watch(patience: number, signal: AbortSignal | undefined) {
    const control = this.#control;
    let since = performance.now();
    let limit = patience * 1000;
    let seen = '';
    let suspected: Suspicion = null;
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<'deadlock' | 'hang'>((resolve) => {
      timer = setInterval(() => {
        const now = [control.get('done'), control.get('turn'), this.#arrived()].join();
        if (now !== seen) {
          seen = now;
          since = performance.now();
          suspected = null;
        }
        // Checked twice: threads move meanwhile.
        const before = suspected;
        suspected = this.#suspect();
        if (suspected === 'astray' && before === 'astray') this.#abandon();
        if (suspected === 'deadlock' && before === 'deadlock') resolve('deadlock');
        if (performance.now() - since > limit) resolve('hang');
      }, lookEvery);
    });
    const interrupt = () => {
      control.set('stop', 1);
      limit = Math.min(limit, 1000);
    };
    if (signal?.aborted) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    const stop = () => {
      clearInterval(timer);
      signal?.removeEventListener('abort', interrupt);
    };
    return { stuck, stop };
  }

  #suspect(): Suspicion {
    const owner = this.#runs[this.#control.get('turn')];
    if (owner !== undefined && isBlocked(this.machine, this.#states[owner.actor]!)) return 'astray';
    const states = this.#inside().map(({ state }) => state);
    return isDeadlock(this.machine, states) ? 'deadlock' : null;
  }

  /** The schedule is wrong at this point: all threads are let through. */
  #abandon(): void {
    const memory = new Int32Array(this.machine.memory.buffer);
    const turn = this.#control.addressOf('turn') / 4;
    const run = Atomics.exchange(memory, turn, free);
    Atomics.compareExchange(memory, this.#control.addressOf('diverged') / 4, 0, run + 1);
    Atomics.notify(memory, turn);
  }

  #divergence(): Divergence | null {
    const diverged = this.#control.get('diverged');
    if (diverged === 0) return null;
    return { run: diverged - 1, actor: this.#runs[diverged - 1]?.actor ?? null };
  }

  /** The actors that have not come to their ends. */
  #inside(): Inside[] {
    const arrived = this.#arrived();
    return this.#states.flatMap((state, actor) =>
      (arrived >> BigInt(actor)) & 1n ? [] : [{ actor, instance: 0, state }],
    );
  }

  /** Those that have, a bit each. */
  #arrived(): bigint {
    const view = new DataView(this.machine.memory.buffer);
    return view.getBigUint64(this.#control.addressOf('arrived'), true);
  }
}
