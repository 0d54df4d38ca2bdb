// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { LostbitError } from '../../errors.js';
import { allowedCpus } from '../../machine/cpus.js';
import { Machine, Trap } from '../../machine/machine.js';
import { memoized } from '../../memoized.js';
import { describeStep } from '../../scenario/describe.js';
import { gradeOutcome, type Values } from '../../scenario/grade.js';
import { ownLimits } from '../../scenario/limits.js';
import { type RaceScenario, sharesCpus } from '../../scenario/scenario.js';
import type { Build } from '../../toolchain/build.js';
import { chained, type Edited } from '../../wasm/edits.js';
import { countIn } from '../count-violations.js';
import { encodeScenario, limitsOf, preparation, raceThreads } from '../encode.js';
import { type Case, type EngineResult, ofEngine, type Violation } from '../engine.js';
import { errnoName } from '../errno.js';
import { failedSteps, failedStepText, idleActors } from '../failed-steps.js';
import { placeOwn } from '../given.js';
import { addLanes, allocates } from '../instance.js';
import { placedFor } from '../instrument/placed.js';
import { watchStack } from '../instrument/watch-stack.js';
import { locate } from '../locate.js';
import { missingOf, refuseAbsent, refuseMisread } from '../observed.js';
import { describeHang, type Inside } from '../stuck.js';
import { isCaught, violationOfTrap } from '../trapped.js';
import { describeUnserved } from '../unserved.js';
import { scenarioNames } from '../variables.js';
import { checkSetup, readViolations } from '../violations.js';
import { Climb } from './climb.js';
import { OutcomeTables } from './outcomes.js';
import type { Room, Search } from './timing.js';
import { Tuner } from './tuner.js';
import { threadsInside, Watchdog } from './watchdog.js';

export interface StressOptions {
  /** How long to race. */
  readonly seconds: number;
  /** 32 bits that the random pauses start from. */
  readonly seed: number;
  /** Threads to race; a multiple of the scenario's actors. Default: as many as fill the processors. */
  readonly workers?: number;
  /** Seconds without progress after which the race is called hung. Default: 10. */
  readonly patience?: number;
  /** End as soon as something forbidden was seen. Default: false. */
  readonly untilForbidden?: boolean;
  /** What times the threads. Default: a {@link Climb} to the best. */
  readonly search?: (room: Room) => Search;
  readonly signal?: AbortSignal;
  /** Called about four times a second. */
  readonly progress?: (progress: StressProgress) => void;
}

export interface StressProgress {
  readonly seconds: number;
  readonly samples: number;
  readonly forbidden: number;
}

export interface StressResult extends EngineResult {
  readonly workers: number;
  /** How many processors the process may use. */
  readonly processors: number;
  /** Why the threads were not pinned to processors, `null` if they were. */
  readonly unpinned: string | null;
  /** A thread trapped or hangs. */
  readonly broken: boolean;
  /**
   * What was due, which a kernel would do by itself, where the actors of an instance could not go on: the race ended there. A
   * mask of the C side's; 0: nothing.
   */
  readonly unserved: number;
}

/** Seconds without progress before a race is called hung. */
const defaultPatience = 10;
/** Instances a group races over: enough to hide the barriers, few enough to stay in the caches. */
const instancesOfGroup = 64;
/** Where threads share processors: a batch must last longer than it takes to wake a thread, or none overlap. */
const instancesOfCrowdedGroup = 512;
/** Looks at a barrier, a lock or another thread's progress before a thread gives up, where all have a processor. */
const barrierSpins = 200_000;
const lockSpins = 1000;
const paceSpins = 1000;
const wakingSpins = 20_000;
const crowdedSpins = 200;
/** Room for the machine that shows how much a set-up needs; */
const firstArenaBytes = 2 * 1024 * 1024;
/** ... and, beside that, for what an actor allocates: so much, */
const actorArenaBytes = 8 * 1024;
/** ... and of what the set-up has allocated as much again. */
const actorShare = 0.5;
/** Left free beside the instances: allocations are aligned. */
const spare = 4096;
/** Arenas a multiple of 4 KiB apart would fall on the same cache sets. */
const skew = 5 * 64;

/**
 * Races a scenario's actors on real threads: groups of one thread an actor, each group over its own batch of
 * instances. The loop is in the module (`c-src/lab/stress.c`).
 *
 * @throws LostbitError `E_SETUP` where a step of the set-up fails, `E_WORKERS`, `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`,
 * `E_DANGLING_POINTER`, `E_NULL_POINTER`, `E_OUTCOMES`.
 */
export async function stress(tested: Case<RaceScenario>, options: StressOptions): Promise<StressResult> {
  const track = new Track(tested.build);
  try {
    return await track.race(tested, options);
  } finally {
    await track.close();
  }
}

/** The threads of a build, for one race after the other: starting them takes longer than a short race. */
export class Track {
  readonly build: Build;
  #machine: Machine | null = null;
  /** It is made for tasks that share processors. */
  #shared = false;

  constructor(build: Build) {
    this.build = build;
  }

  /** Races a scenario, as {@link stress} does; its `build` must be the track's. */
  async race(tested: Case<RaceScenario>, options: StressOptions): Promise<StressResult> {
    const shared = sharesCpus(tested.scenario);
    if (shared !== this.#shared) await this.close();
    this.#shared = shared;
    const result = await this.#race(tested, options, false);
    const left = options.seconds - result.seconds;
    if (result.unserved === 0 || left <= 0 || options.signal?.aborted || endsEarly(result, options))
      return result;
    // From here on, a step that does what is due waits for it.
    const more = await this.#race(tested, { ...options, seconds: left }, true);
    return joined(tested.scenario, result, more);
  }

  async #race(tested: Case<RaceScenario>, options: StressOptions, patient: boolean): Promise<StressResult> {
    try {
      this.#machine ??= new Machine(
        this.build.bytes,
        (this.#shared ? watchedShared : watched)(this.build.bytes),
      );
      this.#machine.freeAll();
      const result = await race(this.#machine, tested, options, patient);
      // After a trap or a hang threads are anywhere.
      if (result.broken || result.unserved !== 0) await this.close();
      return result;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#machine?.stop();
    this.#machine = null;
  }
}

const isForbidden = ({ outcomes, violations }: StressResult) =>
  violations.length > 0 || outcomes.some(({ grade }) => grade === 'forbidden');

const endsEarly = (result: StressResult, { untilForbidden = false }: StressOptions) =>
  result.broken || (untilForbidden && isForbidden(result));

/** Two races in a row, as one. */
function joined(scenario: RaceScenario, one: StressResult, other: StressResult): StressResult {
  const outcomes = new Map<string, { readonly values: Values; count: number }>();
  for (const { values, count } of [...one.outcomes, ...other.outcomes]) {
    const key = Object.values(values).join();
    const known = outcomes.get(key);
    if (known === undefined) outcomes.set(key, { values, count });
    else known.count += count;
  }
  const violations = new Map<string, Violation>();
  for (const violation of [...one.violations, ...other.violations]) countIn(violations, violation);
  return {
    ...other,
    outcomes: [...outcomes.values()]
      .sort((a, b) => b.count - a.count)
      .map(({ values, count }) => gradeOutcome(scenario, values, count)),
    violations: [...violations.values()],
    samples: one.samples + other.samples,
    seconds: one.seconds + other.seconds,
  };
}

/** The module, with its stack pointer checked against the threads' areas. */
const watched = memoized((module: Uint8Array<ArrayBuffer>) => watch(module, false));
const watchedShared = memoized((module: Uint8Array<ArrayBuffer>) => watch(module, true));

function watch(module: Uint8Array<ArrayBuffer>, shared: boolean): Edited {
  const placed = placedFor(module, shared);
  return chained(placed, watchStack(placed.bytes));
}

async function race(
  machine: Machine,
  tested: Case<RaceScenario>,
  options: StressOptions,
  patient: boolean,
): Promise<StressResult> {
  const { scenario } = tested;
  const { signal, progress, patience = defaultPatience } = options;
  const actors = Object.keys(scenario.actors).length;
  const cpus = allowedCpus();
  const workers = countWorkers(scenario, options.workers, raceThreads(machine));
  const groups = workers / actors;
  signal?.throwIfAborted();

  // The first thread to start clears the memory.
  await machine.start(workers, cpus);
  await machine.call(0, 'lab_race_reset');
  placeOwn(machine);
  encodeScenario(machine, scenario);
  const crowded = workers > cpus.length;
  const tables = await prepare(machine, tested, groups, crowded, options);

  const control = machine.global('lab_stress');
  control.set('patient', Number(patient));
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const ended = Promise.all(Array.from({ length: workers }, (_, i) => machine.launch(i, 'lab_race', i)));
  const watchdog = new Watchdog(machine, workers, patience);
  const { search = (room) => new Climb(room) } = options;
  const tuner = new Tuner(machine, workers, search({ actors, instances: control.get('instances') }), crowded);
  const graded = () => tables.read().map(({ values, count }) => gradeOutcome(scenario, values, count));

  const violations: Violation[] = [];
  let broken = false;
  let unserved = 0;
  let seconds = 0;
  try {
    const stop = () => {
      seconds ||= elapsed();
      control.set('stop', 1);
    };
    const timers = [setTimeout(stop, options.seconds * 1000)];
    const forbidden = () =>
      graded().reduce((sum, { grade, count }) => sum + (grade === 'forbidden' ? count : 0), 0);
    if (progress !== undefined) {
      const tick = () => progress({ seconds: elapsed(), samples: tables.samples(), forbidden: forbidden() });
      timers.push(setInterval(tick, 250));
    }
    if (options.untilForbidden) {
      const caught = machine.global('stub_violations');
      const look = () => (forbidden() > 0 || caught.get('count') > 0) && stop();
      timers.push(setInterval(look, 20));
    }
    const interrupt = () => {
      stop();
      watchdog.hurry();
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    // It may have come while the machine was set up.
    if (signal?.aborted) interrupt();
    try {
      await Promise.race([ended, watchdog.bark]);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      watchdog.stop();
      tuner.stop();
      seconds ||= elapsed();
    }
  } catch (error) {
    if (error instanceof Trap) {
      const actor = machine.global('lab_workers', error.thread).get('actor');
      if (!isCaught(error)) violations.push(violationOfTrap(machine, scenario, actor, error));
    } else if (error === watchdog.hung) {
      const inside = threadsInside(machine, workers);
      const due = await whatIsDue(machine, inside, workers, patience);
      const hang = due.get(0) ?? [];
      if (hang.length > 0 || due.size === 0)
        violations.push({ kind: 'hang', message: describeHang(machine, scenario, hang), ...ofEngine });
      else for (const kinds of due.keys()) unserved |= kinds;
    } else throw error;
    broken = unserved === 0;
    // The other promises of the race are never settled now.
    ended.catch(() => {});
  }

  refuseMisread(machine, scenarioNames(scenario), Object.values(scenario.observe));
  if (tables.dropped() > 0) {
    throw new LostbitError(
      'E_OUTCOMES',
      `the race has more outcomes than it can count: ${tables.dropped()} were dropped`,
      {
        hint: 'observe fewer values, or fields that take fewer of them',
      },
    );
  }
  const samples = tables.samples();
  const outcomes = graded();
  const vain = inVain(machine, scenario, workers, samples);
  refuseAbsent(scenario.outcomes, outcomes, (name) => missingOf(machine, scenario, name));
  return {
    outcomes,
    violations: [...readViolations(machine, scenarioNames(scenario)), ...violations],
    warnings: [...vain.warnings, ...(unserved === 0 ? [] : [unservedText(machine, unserved)])],
    idle: vain.idle,
    samples,
    seconds,
    interrupted: signal?.aborted ?? false,
    workers,
    processors: cpus.length,
    unpinned: machine.unpinned,
    broken,
    unserved,
  };
}

/** The threads of a race that stands still, by what is due in their instance: a mask; 0: nothing. */
async function whatIsDue(
  machine: Machine,
  inside: readonly Inside[],
  workers: number,
  patience: number,
): Promise<Map<number, Inside[]>> {
  const due = new Map<number, Inside[]>();
  for (const instance of new Set(inside.map((thread) => thread.instance))) {
    const threads = inside.filter((thread) => thread.instance === instance);
    const kinds = await endsWithin(patience, dueIn(machine, instance, workers));
    const known = kinds === late ? 0 : kinds;
    due.set(known, [...(due.get(known) ?? []), ...threads]);
  }
  return due;
}

/** Asked on a thread more. */
async function dueIn(machine: Machine, instance: number, thread: number): Promise<number> {
  try {
    await machine.start(thread + 1, []);
    return await machine.launch(thread, 'lab_unserved', instance);
  } catch (error) {
    // There is no room for one; or the lists of what is due lead nowhere, so that nothing would be done there.
    if (error instanceof Trap || error instanceof LostbitError) return 0;
    throw error;
  }
}

function unservedText(machine: Machine, mask: number): string {
  const { what, hint } = describeUnserved(machine, mask);
  return `the race ended early: no actor could go on while ${what}, which a kernel would run: ${hint}`;
}

/**
 * How many threads race: what is asked for, or what fills the processors.
 *
 * @throws LostbitError `E_WORKERS` where they cannot be shared out among the actors.
 */
export function countWorkers(
  scenario: RaceScenario,
  asked: number | undefined,
  most: number = ownLimits().workers,
): number {
  const actors = Object.keys(scenario.actors).length;
  if (asked === undefined)
    return actors * Math.max(1, Math.floor(Math.min(allowedCpus().length, most) / actors));
  if (asked > most) {
    throw new LostbitError('E_WORKERS', `cannot start ${asked} workers: a race has at most ${most}`, {
      hint: `ask for ${most - (most % actors)} or fewer`,
    });
  }
  if (asked === 0 || asked % actors !== 0) {
    const message = `${asked} workers cannot be shared out: the scenario has ${actors} actors`;
    const below = Math.max(actors, asked - (asked % actors));
    throw new LostbitError('E_WORKERS', message, {
      hint: `ask for a multiple of ${actors}, such as ${below}`,
    });
  }
  return asked;
}

/**
 * Warnings for steps of actors that returned an error every time, since such a race tests nothing, unless the scenario
 * observes what the step returned.
 */
function inVain(
  machine: Machine,
  scenario: RaceScenario,
  workers: number,
  samples: number,
): Pick<EngineResult, 'warnings' | 'idle'> {
  if (samples === 0) return { warnings: [], idle: [] };
  const threads = Array.from({ length: workers }, (_, i) => machine.global('lab_workers', i));
  const errors = (actor: number, at: number) =>
    threads.reduce((sum, thread) => sum + thread.get(`errors[${actor}][${at}]`), 0);
  const failed = failedSteps(scenario, (actor, at) => errors(actor, at) >= samples);
  const actors = Object.keys(scenario.actors);
  const last = ({ actor, at }: (typeof failed)[number]) =>
    threads.map((thread) => thread.get(`last_error[${actors.indexOf(actor)}][${at}]`)).find(Boolean) ?? 0;
  return {
    warnings: failed.map((step) => failedStepText(step, last(step))),
    idle: idleActors(scenario, failed),
  };
}

/** Lays the instances out, sets them up on the first thread, and saves them to be put back. */
async function prepare(
  machine: Machine,
  { scenario }: Case<RaceScenario>,
  groups: number,
  crowded: boolean,
  { seed, patience = defaultPatience, signal }: StressOptions,
): Promise<OutcomeTables> {
  const actors = Object.keys(scenario.actors).length;
  const instances = machine.global('lab_instances');
  const control = machine.global('lab_stress');
  const workers = groups * actors;

  const tables = new OutcomeTables(machine, workers, Object.keys(scenario.observe));
  control.set('outcomes', tables.address);

  const setUp = () => setUpAll(machine, scenario, patience, signal);
  const { bytes, saved } = await arenaBytes(machine, actors, setUp);
  // Each instance needs its arena, a copy of what set-up has left there, and room for return values.
  const stride = bytes + skew;
  const returnsBytes = actors * limitsOf(machine).steps * 8;
  const perInstance = stride + saved + returnsBytes;
  const fitting = Math.floor((machine.room - spare) / (groups * perInstance));
  const perGroup = Math.min(crowded ? instancesOfCrowdedGroup : instancesOfGroup, fitting);
  if (perGroup < 2) {
    throw new LostbitError(
      'E_WORKERS',
      `${workers} workers do not fit into memory, each with two machines of ${bytes} bytes`,
      {
        hint: 'ask for fewer with --workers',
      },
    );
  }
  const count = groups * perGroup;
  control.set('returns', machine.allocate(returnsBytes * count));
  instances.set('count', count);
  instances.set('bytes', bytes);
  instances.set('stride', stride);
  instances.set('start', machine.allocate(stride * count));
  await setUp();
  await addLanes(machine, scenario);
  const used = await machine.call(0, 'lab_instance_bytes');
  instances.set('snapshot', machine.allocate(used * count));
  await machine.call(0, 'lab_snapshot');

  control.set('stop', 0);
  control.set('instances', perGroup);
  control.set('batch', perGroup);
  control.set('seed', seed);
  // A thread that spins without a processor of its own keeps the others from theirs; so it waits only for one
  // other: at the start about as long as that one takes to wake, and then not long.
  control.set('company', crowded ? 1 : workers / groups - 1);
  control.set('start_spins', crowded ? wakingSpins : paceSpins);
  control.set('pace_spins', crowded ? crowdedSpins : paceSpins);
  control.set('barrier_spins', crowded ? 0 : barrierSpins);
  machine.setScalar('stub_spins', crowded ? 0 : lockSpins);
  return tables;
}

/** Bytes that an arena needs, and a copy of it, as one machine's set-up shows. Where nothing is allocated, that is all. */
async function arenaBytes(
  machine: Machine,
  actors: number,
  setUp: () => Promise<void>,
): Promise<{ readonly bytes: number; readonly saved: number }> {
  const instances = machine.global('lab_instances');
  const bytes = Math.min(firstArenaBytes, machine.room);
  instances.set('count', 1);
  instances.set('bytes', bytes);
  instances.set('stride', bytes);
  instances.set('start', firstFree(machine));
  await setUp();
  const used = await machine.call(0, 'lab_instance_bytes');
  machine.global('stub_violations').set('count', 0);
  if (!allocates(machine)) return { bytes: used, saved: used };
  // The copy has the actors' lanes besides, in whole lines.
  const lanes = 64 * Math.ceil((actors * machine.debugInfo.struct('stub_lane').size + 64) / 64);
  return {
    bytes: used + lanes + actors * Math.ceil(actorArenaBytes + actorShare * used),
    saved: used + lanes,
  };
}

/** Where the next allocation will be; nothing is taken. */
const firstFree = (machine: Machine): number => machine.allocate(0, 4096);

/** Runs the set-up on all instances. @throws LostbitError `E_SETUP`, `E_LIMIT`. */
async function setUpAll(
  machine: Machine,
  scenario: RaceScenario,
  patience: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const instances = machine.global('lab_instances');
  const failed = await endsWithin(patience, machine.call(0, 'lab_setup'), signal);
  const step = preparation(scenario)[instances.get('setup_step')];
  const spelt = step === undefined ? '' : describeStep(step);
  if (failed === late) {
    const worker = machine.global('lab_workers', 0);
    const where = worker.get('task.blocked_on');
    const doing =
      where === 0
        ? 'running'
        : `waiting for ${locate(machine, scenarioNames(scenario), worker.get('instance'), where)}`;
    const message = `step '${spelt}' of the set-up did not return within ${patience} s: ${doing}`;
    throw new LostbitError('E_SETUP', message);
  }
  checkSetup(machine);
  if (failed !== 0 && step !== undefined) {
    const error = errnoName(instances.get('failed_with'));
    throw new LostbitError('E_SETUP', `step '${spelt}' of the set-up returned ${error}`);
  }
}

const late = Symbol('late');

/** Waits for `work`, but no longer than this; rejects with the signal's reason where that comes first. */
async function endsWithin<T>(
  seconds: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof late> {
  const timer = new AbortController();
  const ends = signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]);
  const timeout = setTimeout(() => timer.abort(late), seconds * 1000);
  const ended = new Promise<never>((_, reject) => {
    if (ends.aborted) reject(ends.reason);
    ends.addEventListener('abort', () => reject(ends.reason), { once: true });
  });
  try {
    return await Promise.race([work, ended]);
  } catch (error) {
    if (error === late) return late;
    throw error;
  } finally {
    clearTimeout(timeout);
  }
}
