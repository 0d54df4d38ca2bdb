// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Machine, Trap } from '../../machine/machine.js';
import type { FieldPath, Machinery } from '../../scenario/scenario.js';
import { leaks, op, type Step } from '../../scenario/step.js';
import type { Taker } from '../../scenario/turns.js';
import type { Build } from '../../toolchain/build.js';
import { encodeStep, faultsOf, opsOf } from '../encode.js';
import { ofEngine, type Violation } from '../engine.js';
import { giveValues, placeOwn } from '../given.js';
import { allocates } from '../instance.js';
import { sitesOf } from '../instrument/sites.js';
import { contextNumber } from '../kernel-names.js';
import { locate } from '../locate.js';
import { lookAt, type SeenField } from '../observed.js';
import { isCaught, violationOfDepth } from '../trapped.js';
import { type Names, scenarioNames } from '../variables.js';
import { clearViolations, readViolations } from '../violations.js';
import { waitText } from '../wait-text.js';
import { checkedAccesses } from './checked.js';
import { type RecordedWrite, Recorder } from './recorder.js';
import { type FollowedStep, type Traced, Tracer, tracedModule } from './tracer.js';

/** The result of a step. */
export interface StepResult {
  /** What the step returned: 0, what it read, or a negative errno; `null` where it never returned. */
  readonly returned: number | null;
  readonly violations: readonly Violation[];
  /** Whether it never returned because it waits for what another task would do: a `hang` that is a violation where none will. */
  readonly waits: boolean;
}

const user: Taker = { name: 'user', context: 'process' };

export interface SessionOptions {
  /** Seconds that a step may run before it is called hung; one that waits is so at once. Default: 10. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** Called after each step with what it has written. */
  readonly recorded?: (writes: readonly RecordedWrite[]) => void;
  /** What code does is followed, and handed on after each step. */
  readonly traced?: Traced & { done(step: FollowedStep): void };
}

const defaultPatience = 10;
/** Room for one machine, whose memory is never used twice: a long sequence takes a lot of it. */
const arenaBytes = 8 * 1024 * 1024;
const late = Symbol('late');

const hang = (doing: string, stack: Violation['stack']): Violation => ({
  ...ofEngine,
  kind: 'hang',
  message: `the step never returned: ${doing}`,
  stack,
});

/**
 * A machine that runs step by step, on one thread. Between two steps its fields can be read. Violations that the stub
 * kernel finds come with the step that they happened in.
 */
export class Session {
  readonly #build: Build;
  readonly #options: SessionOptions;
  #machine: Machine | null = null;
  #names: Names = {};
  #recorder: Recorder | null = null;
  #tracer: Tracer | null = null;
  #broken = false;

  constructor(build: Build, options: SessionOptions = {}) {
    this.#build = build;
    this.#options = options;
  }

  /** Whether the machine can go on: not after a trap or a hang. */
  get broken(): boolean {
    return this.#broken;
  }

  /** A new machine, whose variables have the values that a scenario gives them. Nothing has run on it. */
  async renew(scenario: Pick<Machinery, 'names' | 'given'>): Promise<void> {
    if (this.#broken) await this.close();
    if (this.#machine === null) {
      const { traced } = this.#options;
      const followed = traced === undefined ? null : tracedModule(this.#build.bytes, traced);
      this.#machine = new Machine(this.#build.bytes, followed?.module ?? checkedAccesses(this.#build.bytes));
      await this.#machine.start(1, []);
      const instances = this.#machine.global('lab_instances');
      instances.set('count', 1);
      instances.set('bytes', arenaBytes);
      instances.set('stride', arenaBytes);
      instances.set('start', this.#machine.allocate(arenaBytes));
      placeOwn(this.#machine);
      this.#machine.setScalar('stub_watch', 1);
      this.#machine.setScalar('stub_alone', 1);
      this.#machine.setScalar(
        'stub_shadow',
        this.#machine.allocate(this.#machine.memory.buffer.byteLength / 8),
      );
      this.#machine.setScalar(
        'stub_unwritten',
        this.#machine.allocate(this.#machine.memory.buffer.byteLength / 8),
      );
      const sites = sitesOf(this.#build.bytes);
      const meant = this.#machine.allocate(sites.length);
      new Uint8Array(this.#machine.memory.buffer, meant, sites.length).set(sites.map(({ meant }) => meant));
      this.#machine.setScalar('stub_sites', meant);
      this.#recorder = this.#options.recorded === undefined ? null : new Recorder(this.#machine, sites);
      this.#tracer = followed === null ? null : new Tracer(this.#machine, followed, traced!.states);
    }
    this.#names = scenarioNames(scenario);
    giveValues(this.#machine, scenario);
    const lab = this.#machine.global('lab_scenario');
    lab.set('setup_steps', 0);
    lab.set('share_cpus', 0);
    // What began a machine before may have ended as an actor.
    this.#machine.global('lab_workers', 0).set('task.number', 0);
    clearViolations(this.#machine);
    await this.#machine.call(0, 'lab_setup');
  }

  /** The functions of the kernel that can be made to fail. */
  get faults(): readonly string[] {
    return faultsOf(this.#running());
  }

  /** What ends a sequence: the subject's own `shutdown`, if it has such an op, or else a look at what was never freed. */
  get end(): Step | null {
    const machine = this.#running();
    if (opsOf(machine).includes('shutdown')) return op('shutdown');
    return allocates(machine) ? leaks() : null;
  }

  /**
   * Runs a step to its end.
   *
   * @param taker default: a user's process.
   * @throws LostbitError `E_UNKNOWN_OP`, `E_BAD_CALL`, `E_UNKNOWN_FAULT`; the signal's reason.
   */
  async step(step: Step, taker: Taker = user): Promise<StepResult> {
    const machine = this.#running();
    this.#options.signal?.throwIfAborted();
    const one = machine.global('lab_one');
    encodeStep(machine, one, 'step', step);
    one.set('context', contextNumber(machine, taker.context));
    const worker = machine.global('lab_workers', 0);
    worker.setText('task.comm', taker.name, 16);
    worker.set('task.number', taker.cpu ?? 0);
    this.#recorder?.begin(this.#names);
    this.#tracer?.begin(this.#names);
    try {
      const outcome = await this.#inTime(machine.call(0, 'lab_run_one'));
      if (outcome === late) return this.#ended(machine, [hang('it is running', [])]);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      this.#record(step);
      const waits = machine.global('lab_workers', 0).get('task.blocked_on') !== 0;
      return this.#ended(machine, this.#trapped(machine, error, taker), waits);
    }
    this.#record(step);
    return { returned: one.get('returned'), violations: this.#caught(machine), waits: false };
  }

  /**
   * Reads a field; `null` behind a pointer that is NULL. Of a pointer, whether it is there: 0 or 1.
   *
   * @throws LostbitError `E_UNKNOWN_FIELD`, `E_DANGLING_POINTER`.
   */
  async read(field: FieldPath): Promise<number | null> {
    return (await this.look(field)).value;
  }

  /**
   * The same, with where it is.
   *
   * @throws as {@link read} does.
   */
  async look(field: FieldPath): Promise<SeenField> {
    return lookAt(this.#running(), this.#names, field);
  }

  async close(): Promise<void> {
    await this.#machine?.stop();
    this.#machine = null;
    this.#broken = false;
  }

  /** Hands on what the step wrote, unless it is still running. */
  #record(step: Step): void {
    if (this.#recorder !== null) this.#options.recorded?.(this.#recorder.end(step));
    if (this.#tracer !== null) this.#options.traced?.done(this.#tracer.end());
  }

  #running(): Machine {
    if (this.#machine === null || this.#broken) throw new Error('no machine is running: renew it first');
    return this.#machine;
  }

  #caught(machine: Machine): Violation[] {
    const violations = readViolations(machine, this.#names);
    clearViolations(machine);
    return violations;
  }

  #ended(machine: Machine, found: readonly Violation[], waits = false): StepResult {
    this.#broken = true;
    return { returned: null, violations: [...this.#caught(machine), ...found], waits };
  }

  /** A task that would wait traps: there is no other one that could end its waiting. */
  #trapped(machine: Machine, trap: Trap, { name }: Taker): Violation[] {
    if (isCaught(trap)) return [];
    const tooDeep = violationOfDepth(machine, trap, name);
    if (tooDeep !== null) return [tooDeep];
    const { message, functions, offsets } = trap;
    const stack = machine.stack(offsets);
    const awaited = machine.global('lab_workers', 0).get('task.blocked_on');
    if (awaited !== 0)
      return [hang(`it waits for ${waitText(locate(machine, this.#names, 0, awaited))}`, stack)];
    const where = functions.join(' < ') || 'unknown code';
    return [{ ...ofEngine, kind: 'trap', message: `${message} in ${where}`, stack }];
  }

  async #inTime<T>(work: Promise<T>): Promise<T | typeof late> {
    const { patience = defaultPatience, signal } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    const timeout = new Promise<typeof late>((resolve, reject) => {
      timer = setTimeout(() => resolve(late), patience * 1000);
      abort = () => reject(signal?.reason);
      // A signal that has come already says nothing more.
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });
    try {
      return await Promise.race([work, timeout]);
    } finally {
      clearTimeout(timer);
      if (abort !== undefined) signal?.removeEventListener('abort', abort);
    }
  }
}
