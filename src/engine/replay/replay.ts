// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { LostbitError } from '../../errors.js';
import { allowedCpus } from '../../machine/cpus.js';
import { Machine } from '../../machine/machine.js';
import { type GradedOutcome, gradeOutcome, type Values } from '../../scenario/grade.js';
import { type RaceScenario, sharesCpus } from '../../scenario/scenario.js';
import type { Build } from '../../toolchain/build.js';
import { countIn } from '../count-violations.js';
import type { Case, EngineResult, Violation } from '../engine.js';
import { setUpOne } from '../instance.js';
import { refuseMisread } from '../observed.js';
import type { Run } from '../schedule.js';
import { gated } from '../simulate/instrument.js';
import { scenarioNames } from '../variables.js';
import { Course } from './course.js';

export interface ReplayOptions {
  /** Repetitions. Default: 1. */
  readonly times?: number;
  /** Seconds without progress after which a repetition is called hung. Default: 10. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** Called about four times a second. */
  readonly progress?: (progress: ReplayProgress) => void;
}

export interface ReplayProgress {
  readonly seconds: number;
  /** Repetitions so far. */
  readonly done: number;
}

/**
 * How a repetition ends: all actors are `done`; all wait for ever, or until something is done that a kernel does by itself; a
 * thread trapped; or a thread goes on without end.
 */
export const replayEndings = ['done', 'deadlock', 'unserved', 'trap', 'hang'] as const;
export type ReplayEnding = (typeof replayEndings)[number];

/** Where the threads did something else than the schedule says. */
export interface Divergence {
  /** Index of the run; the number of runs where it has none for the actor. */
  readonly run: number;
  /** Index of the actor that does more, or less; `null` where the schedule has no such actor. */
  readonly actor: number | null;
}

export interface ReplayResult extends EngineResult {
  /** How often repetitions ended so. */
  readonly endings: Readonly<Record<ReplayEnding, number>>;
  /** The repetition it happened in was the last one, and is no part of what was counted. */
  readonly diverged: Divergence | null;
}

const defaultPatience = 10;
/** Repetitions between two looks from here; each has a row of values. */
const batch = 1024;
/** Milliseconds between two reports of progress. */
const reportEvery = 250;
/** Looks at a turn before a thread sleeps, where each has a processor. */
const turnSpins = 20_000;

/**
 * Replays schedules on real threads, one for each actor: each waits for its turn before every access of shared
 * memory. The threads of a build are kept from one schedule to the next. `close` ends them.
 */
export class Replayer {
  readonly build: Build;
  /** Its machine is made for tasks that share processors. */
  #shared = false;
  #machine: Machine | null = null;

  constructor(build: Build) {
    this.build = build;
  }

  /**
   * Replays a schedule of a case, whose `build` must be the replayer's.
   *
   * @throws LostbitError `E_SCHEDULE` where it is of an actor that the scenario does not have, `E_SETUP`, `E_WORKERS`,
   * `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`, `E_DANGLING_POINTER`; the signal's reason, where it was aborted before.
   */
  async replay(
    { scenario }: Case<RaceScenario>,
    runs: readonly Run[],
    { times = 1, patience = defaultPatience, signal, progress }: ReplayOptions = {},
  ): Promise<ReplayResult> {
    signal?.throwIfAborted();
    checkActors(scenario, runs);
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    const endings: Record<ReplayEnding, number> = { done: 0, deadlock: 0, unserved: 0, trap: 0, hang: 0 };
    const outcomes = new Map<string, { readonly values: Values; count: number }>();
    const violations = new Map<string, Violation>();
    let diverged: Divergence | null = null;
    let done = 0;

    let course: Course | null = null;
    const report = () => progress?.({ seconds: elapsed(), done: done + (course?.done ?? 0) });
    const timer = progress === undefined ? undefined : setInterval(report, reportEvery);
    try {
      while (done < times && diverged === null && !signal?.aborted) {
        course ??= await this.#prepare(scenario, runs);
        const lap = await course.lap(Math.min(batch, times - done), { patience, signal });
        refuseMisread(course.machine, scenarioNames(scenario), Object.values(scenario.observe));
        diverged = lap.diverged;
        for (const values of lap.observed) {
          const key = Object.values(values).join();
          const known = outcomes.get(key);
          if (known !== undefined) known.count++;
          else outcomes.set(key, { values, count: 1 });
        }
        endings.done += lap.observed.length;
        if (lap.ending !== null) endings[lap.ending]++;
        done += lap.observed.length + Number(lap.ending !== null);
        for (const violation of lap.violations) countIn(violations, violation);
        // The machine is left as it is: a new one goes on.
        if (lap.broken) {
          await this.close();
          course = null;
        }
      }
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearInterval(timer);
    }
    return {
      outcomes: [...outcomes.values()]
        .sort((a, b) => b.count - a.count)
        .map(({ values, count }): GradedOutcome => gradeOutcome(scenario, values, count)),
      violations: [...violations.values()],
      warnings: [],
      idle: [],
      samples: endings.done,
      seconds: elapsed(),
      interrupted: signal?.aborted ?? false,
      endings,
      diverged,
    };
  }

  async close(): Promise<void> {
    await this.#machine?.stop();
    this.#machine = null;
  }

  async #prepare(scenario: RaceScenario, runs: readonly Run[]): Promise<Course> {
    const shared = sharesCpus(scenario);
    if (shared !== this.#shared) await this.close();
    this.#shared = shared;
    this.#machine ??= new Machine(this.build.bytes, gated(this.build.bytes, shared));
    const machine = this.#machine;
    const actors = Object.keys(scenario.actors).length;
    const cpus = allowedCpus();
    const crowded = actors > cpus.length;
    await machine.start(actors, crowded ? [] : cpus);
    const { states } = await setUpOne(machine, scenario);
    machine.setScalar('stub_spins', crowded ? 0 : turnSpins);

    const instances = machine.global('lab_instances');
    instances.set('snapshot', machine.allocate(await machine.call(0, 'lab_instance_bytes')));
    await machine.call(0, 'lab_snapshot');

    const control = machine.global('lab_replay');
    const schedule = machine.allocate(runs.length * 8);
    const words = runs.flatMap(({ actor, ticks }) => [actor, ticks]);
    new Uint32Array(machine.memory.buffer, schedule, words.length).set(words);
    control.set('runs', schedule);
    control.set('count', runs.length);
    control.set('values', machine.allocate(batch * Object.keys(scenario.observe).length * 8));
    return new Course(machine, scenario, runs, states);
  }
}

function checkActors({ actors }: RaceScenario, runs: readonly Run[]): void {
  const count = Object.keys(actors).length;
  const wrong = runs.find(({ actor }) => actor >= count);
  if (wrong === undefined) return;
  throw new LostbitError(
    'E_SCHEDULE',
    `the schedule has runs of actor ${wrong.actor + 1}; the scenario has ${count}`,
  );
}
