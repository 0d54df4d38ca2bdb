// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Session } from './engine/run/session.js';
import { checkScheduleBuild, readSchedule, scheduleDigest } from './engine/schedule.js';
import { Simulation } from './engine/simulate/simulation.js';
import type { Strategy } from './engine/simulate/simulator.js';
import { Track } from './engine/stress/stress.js';
import { LostbitError } from './errors.js';
import { isLayout, isRace } from './scenario/scenario.js';
import { findStage } from './source/find-stage.js';
import type { Build } from './toolchain/build.js';
import type { BitfieldAccess, Optimize, ToolchainName } from './toolchain/types.js';
import { type BuildingHooks, buildAll, keyOfBuild } from './verify/builds.js';
import { replaySchedule } from './verify/replayed.js';
import type { Result } from './verify/result.js';
import {
  type Chosen,
  type ChosenCell,
  chosenOf,
  openAsked,
  openScenario,
  openScenarios,
  type SubjectOptions,
  wantedAt,
  wantedOf,
} from './verify/selection.js';
import { strategic } from './verify/strategy.js';
import {
  cellsOf,
  layoutCell,
  raceCell,
  runCell,
  simulateCell,
  type VerifyOptions,
  verify as verifyCells,
} from './verify/verify.js';

/** What all functions take: which subject, how it is compiled, how the work is ended and watched. */
export interface WorkOptions
  extends SubjectOptions,
    Pick<BuildingHooks, 'signal' | 'progress' | 'diagnostics'> {
  /** Default: `llvm`, which comes with lostbit. */
  readonly toolchain?: ToolchainName;
  /** Default: `fine`, as gcc does. */
  readonly bitfieldAccess?: BitfieldAccess;
  /** Default: `2`. */
  readonly optimize?: Optimize;
}

/** What works on one scenario at one stage. */
export interface ScenarioOptions extends WorkOptions {
  /** A name, a number, or the subject of a patch. Default: what the scenario names, or the first one that it is about. */
  readonly stage?: string | number;
}

const compiling = ({ toolchain = 'llvm', bitfieldAccess = 'fine', optimize = '2' }: WorkOptions) => ({
  toolchain,
  bitfieldAccess,
  optimize,
});

/**
 * Compiles a subject at a stage to a WebAssembly module; what is in the cache is not compiled again.
 *
 * @throws LostbitError `E_UNKNOWN_SUBJECT`, `E_UNKNOWN_STAGE`, `E_SOURCE`, `E_SERIES`, `E_PATCH`, `E_COMPILE`, `E_LINK`,
 * `E_NO_TOOLCHAIN`.
 */
export async function build(stage: string | number = 'base', options: WorkOptions = {}): Promise<Build> {
  const subject = await openAsked(options);
  const wanted = wantedAt(subject, subject.stages.find(stage).name);
  return (await buildAll([wanted], compiling(options), options)).get(keyOfBuild(wanted))!;
}

/** A scenario at the stage that is asked for, and that stage's build. */
async function cellAt(
  scenario: string,
  options: ScenarioOptions,
): Promise<{ readonly cell: ChosenCell; readonly build: Build }> {
  const chosen = await openScenario(scenario, options);
  const { stage, from = 'base' } = chosen.scenario;
  const { name } = findStage(chosen.of.stages, options.stage ?? stage ?? from);
  const wanted = wantedOf(chosen, name);
  const builds = await buildAll([wanted], compiling(options), options);
  return { cell: { ...chosen, stage: name }, build: builds.get(keyOfBuild(wanted))! };
}

/**
 * Runs a scenario whose steps come one after the other, or looks at the layout that one is about. Of a race it runs one
 * actor after the other, in every order.
 *
 * @param scenario a name of the subject's, or a file.
 * @throws LostbitError as {@link build} does, `E_UNKNOWN_SCENARIO`, `E_BAD_SCENARIO`, and what the engine
 * throws: `E_SETUP`, `E_UNKNOWN_OP`, `E_BAD_CALL`, `E_UNKNOWN_FIELD`, `E_DANGLING_POINTER`, `E_NULL_POINTER`.
 */
export async function run(scenario: string, options: ScenarioOptions = {}): Promise<Result> {
  const { cell, build } = await cellAt(scenario, options);
  if (isLayout(cell.scenario)) return layoutCell(cell, build);
  const session = new Session(build, options.signal === undefined ? {} : { signal: options.signal });
  try {
    return await runCell(cell, build, session, options.signal);
  } finally {
    await session.close();
  }
}

export interface ExploreOptions extends ScenarioOptions {
  /** Default: `dpor`, one execution of each class of equivalent ones; with a bound on preemptions `dfs`. */
  readonly strategy?: Strategy;
  /** Bounds: with one, the result may not be exhaustive, and says so. By chance, 10,000 executions without any. */
  readonly seconds?: number;
  readonly executions?: number;
  readonly preemptions?: number;
  /** 32 bits, for executions by chance. Default: 1. */
  readonly seed?: number;
}

/**
 * Explores every interleaving of a scenario's actors.
 *
 * @throws as {@link run} does, with `E_NO_RACE` where nothing happens at the same time, and `E_STRATEGY`.
 */
export async function simulate(scenario: string, options: ExploreOptions = {}): Promise<Result> {
  const { cell, build } = await cellAt(scenario, options);
  if (!isRace(cell.scenario)) throw noRace(cell);
  const { signal } = options;
  const simulation = new Simulation(build);
  try {
    return await simulateCell(cell, simulation, {
      ...strategic(options),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    await simulation.close();
  }
}

export interface RaceOptions extends ScenarioOptions {
  /** Default: 5. */
  readonly seconds?: number;
  /** Threads, a multiple of the actors. Default: one a processor. */
  readonly workers?: number;
  /** 32 bits that the random pauses start from. Default: 1. */
  readonly seed?: number;
}

/**
 * Races a scenario's actors on real threads.
 *
 * @throws as {@link simulate} does, and `E_WORKERS`, `E_OUTCOMES`.
 */
export async function race(scenario: string, options: RaceOptions = {}): Promise<Result> {
  const { cell, build } = await cellAt(scenario, options);
  if (!isRace(cell.scenario)) throw noRace(cell);
  const { seconds = 5, seed = 1, workers, signal } = options;
  const track = new Track(build);
  try {
    return await raceCell(
      cell,
      track,
      { seconds, seed, ...(workers === undefined ? {} : { workers }) },
      signal,
    );
  } finally {
    await track.close();
  }
}

export interface ReplayOptions extends WorkOptions {
  /** Repetitions on real threads. Default: 100. */
  readonly times?: number;
}

/**
 * Runs one schedule, in the simulator and on real threads, and holds the two against each other.
 *
 * @param text a schedule, or a file that holds one.
 * @throws LostbitError as {@link simulate} does, `E_SCHEDULE`, `E_OTHER_BUILD`.
 */
export async function replay(text: string, options: ReplayOptions = {}): Promise<Result> {
  const schedule = await readSchedule(text);
  const { stage, bitfieldAccess, origin, runs } = schedule;
  const { cell, build } = await cellAt(origin, { ...options, stage, bitfieldAccess });
  const { scenario } = cell;
  if (!isRace(scenario)) throw noRace(cell);
  checkScheduleBuild(schedule, scheduleDigest(build.key, scenario));
  const { times = 100, signal } = options;
  return replaySchedule({ ...cell, scenario, build }, runs, {
    times,
    ...(signal === undefined ? {} : { signal }),
  });
}

export interface MatrixOptions extends WorkOptions {
  /** Names of the subject's scenarios, or files. Default: all of the subject's. */
  readonly scenarios?: readonly string[];
  /** Default: all but controls. */
  readonly stages?: readonly (string | number)[];
  /** For all explorations together. Default: 60. */
  readonly seconds?: number;
  /** Called before each cell, and while it is worked on. */
  readonly cell?: VerifyOptions['progress'];
}

/**
 * Judges scenarios at stages: sequences are run, races are explored, and replayed on real threads where they fail.
 *
 * @throws LostbitError as {@link build} does; what an engine throws makes its cell `broken`.
 */
export async function verify(options: MatrixOptions = {}): Promise<Result[]> {
  const chosen = await chooseAll(options);
  const cells = cellsOf(chosen, options.stages);
  const wanted = (cell: ChosenCell) => wantedOf(cell, cell.stage);
  const builds = await buildAll(cells.map(wanted), compiling(options), options);
  return verifyCells(cells, (cell) => builds.get(keyOfBuild(wanted(cell)))!, {
    budget: options.seconds ?? 60,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.cell === undefined ? {} : { progress: options.cell }),
  });
}

async function chooseAll(options: MatrixOptions): Promise<Chosen[]> {
  if (options.scenarios !== undefined) return openScenarios(options.scenarios, options);
  const subject = await openAsked(options);
  return Object.keys(subject.scenarios).map((name) => chosenOf(subject, name, options));
}

const noRace = ({ name }: Chosen): LostbitError =>
  new LostbitError('E_NO_RACE', `nothing in '${name}' happens at the same time`);
