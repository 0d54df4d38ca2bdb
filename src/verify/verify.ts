// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { availableParallelism } from 'node:os';
import { checkApart } from '../engine/apart.js';
import { Replayer } from '../engine/replay/replay.js';
import { type RunOptions, run } from '../engine/run/run.js';
import { Session } from '../engine/run/session.js';
import { runTurns } from '../engine/run/turns.js';
import { scheduleAt } from '../engine/schedule.js';
import { notExclusive } from '../engine/simulate/exclusive.js';
import { type SimulatedViolation, type SimulateOptions, Simulation } from '../engine/simulate/simulation.js';
import type { ExploreProgress } from '../engine/simulate/simulator.js';
import type { StressProgress, Track } from '../engine/stress/stress.js';
import { appliesTo, isControl } from '../scenario/expectation.js';
import type { NamedScenario } from '../scenario/load.js';
import {
  isLayout,
  isRace,
  type LayoutScenario,
  type RaceScenario,
  type Scenario,
  type SequenceScenario,
} from '../scenario/scenario.js';
import { findStage, type StageName } from '../source/find-stage.js';
import type { Build } from '../toolchain/build.js';
import { Slots } from '../toolchain/slots.js';
import { lackOf } from './applicability.js';
import { inapplicableCell, unjudgedCell } from './broken.js';
import { comparedCells, withChanges } from './change.js';
import { type Finding, isFailure, judge } from './judge.js';
import { placed } from './placed-violations.js';
import { replayedAs } from './replayed.js';
import { raceAgain, replayAgain, runAgain, simulateAgain } from './reproduction.js';
import type { EngineName, Result, SubjectFacts, Tested } from './result.js';
import { cellsOfSameCode, findingAt } from './same-code.js';

/** A scenario of a subject. */
export interface Selected extends NamedScenario {
  readonly of: SubjectFacts;
}

/** A scenario at a stage: one place of the matrix. */
export interface Cell extends Selected {
  readonly stage: string;
}

export interface VerifyOptions {
  /** Seconds for all explorations together. */
  readonly budget: number;
  readonly signal?: AbortSignal;
  /** Called before each cell, and while it is worked on. */
  readonly progress?: (progress: { done: number; total: number; cell: Cell; detail: string }) => void;
}

/**
 * The cells of a matrix: every scenario at every stage that it says anything of.
 *
 * @param asked stages by their names; all of a scenario's subject but controls, where none are asked for.
 * @throws LostbitError `E_UNKNOWN_STAGE` where a scenario, or an asked stage, names one that its subject has not.
 */
export function cellsOf<S extends Selected>(
  scenarios: readonly S[],
  asked?: readonly StageName[],
): (S & Cell)[] {
  return scenarios.flatMap((one) => {
    const { scenario, of } = one;
    const usual = of.stages.filter((stage) => !isControl(stage));
    const wanted = asked === undefined ? usual : asked.map((name) => findStage(of.stages, name));
    const stages = [...new Set(wanted)].map(({ name }) => name);
    const own =
      scenario.stage === undefined ? null : findStage(of.known?.stages ?? of.stages, scenario.stage);
    // A control stands beside the series: whatever was asked for, its scenarios are about it alone.
    const about = own !== null && isControl(own) ? [own.name] : stages;
    return about.filter((name) => appliesTo(scenario, of, name)).map((stage) => ({ ...one, stage }));
  });
}

/**
 * Works on the cells, each with the engine it needs: what has one schedule first, then what has many, which share the
 * budget. Results come in the order of the cells; when interrupted, those that are done. A cell whose engine throws is
 * broken: that costs its own verdict, and no other's.
 *
 * @throws the signal's reason.
 */
export async function verify<C extends Cell>(
  cells: readonly C[],
  buildOf: (cell: C) => Build,
  { budget, signal, progress }: VerifyOptions,
): Promise<Result[]> {
  const results = new Map<C, Result>();
  const report = (cell: Cell, detail = '') =>
    progress?.({ done: results.size, total: cells.length, cell, detail });

  const applying: C[] = [];
  for (const cell of cells) {
    const lack = lackOf(cell.scenario, cell.of, cell.stage);
    if (lack === null) applying.push(cell);
    else
      results.set(cell, inapplicableCell({ ...cell, build: buildOf(cell) }, engineFor(cell.scenario), lack));
  }
  const same = cellsOfSameCode(applying, buildOf);
  const sharing = new Map<C, C[]>();
  for (const [cell, first] of same) sharing.set(first, [...(sharing.get(first) ?? []), cell]);
  const worked = applying.filter((cell) => !same.has(cell));
  const access = cells.length === 0 ? 'fine' : buildOf(cells[0]!).options.bitfieldAccess;
  const compared = comparedCells(cells, access);
  const codeOf = (cell: C): C => same.get(cell) ?? cell;

  /** Works on a cell; where that fails, `renew` puts its engine aside, which may be anywhere. */
  const work = async (cell: C, found: () => Finding | Promise<Finding>, renew?: () => Promise<unknown>) => {
    const engine = engineFor(cell.scenario);
    const all = [cell, ...(sharing.get(cell) ?? [])].map((one) => ({ one, build: buildOf(one) }));
    try {
      const finding = await found();
      for (const { one, build } of all)
        results.set(one, judge({ ...one, build }, one === cell ? finding : findingAt(finding, one.stage)));
    } catch (error) {
      if (signal?.aborted) throw error;
      for (const { one, build } of all)
        results.set(one, unjudgedCell({ ...one, build }, engine, error, again(one, build)));
      await renew?.();
    }
  };

  const slots = new Slots(availableParallelism());
  const groups = groupedByBuild(worked.filter(isSequential), buildOf);
  const running = [...groups].map(([build, group]) =>
    slots.run(async () => {
      const session = new Session(build, signal === undefined ? {} : { signal });
      try {
        for (const cell of group) {
          if (signal?.aborted) break;
          report(cell);
          const progress = (runs: number) => report(cell, `${runs} sequences`);
          await work(
            cell,
            () => sequencesOf(cell, build, session, signal, { progress }),
            () => session.close(),
          );
        }
      } finally {
        await session.close();
      }
    }),
  );
  // All of them end before an error goes on: none may be left behind.
  await Promise.allSettled(running);
  await Promise.all(running);

  for (const cell of worked.filter((cell) => isLayout(cell.scenario))) {
    await work(cell, () => layoutOf(cell, buildOf(cell)));
  }

  const deadline = performance.now() + budget * 1000;
  /** Explores for at most so many seconds each; what fails until that is seen, or to the end. */
  const explore = async (races: readonly C[], mostSeconds: number, untilForbidden: boolean) => {
    let undone = races.length;
    const exploring = [...groupedByBuild(races, buildOf)].map(([build, group]) =>
      slots.run(async () => {
        const simulation = new Simulation(build);
        const replayer = new Replayer(build);
        try {
          for (const cell of group) {
            if (signal?.aborted) break;
            report(cell);
            // Most take a moment, and leave their share to the few that do not.
            const left = Math.max(0, deadline - performance.now()) / 1000;
            const sharers = Math.min(undone--, mostSharers);
            const seconds = Math.min(mostSeconds, shareOf(left, sharers, availableParallelism()));
            const now = (progress: ExploreProgress) => report(cell, explorationText(progress));
            const ends = signal === undefined ? {} : { signal };
            const options = { seconds, untilForbidden, progress: now, replayer, ...ends };
            await work(
              cell,
              () => explorationOf(cell, simulation, options),
              () => Promise.all([simulation.close(), replayer.close()]),
            );
          }
        } finally {
          await simulation.close();
          await replayer.close();
        }
      }),
    );
    await Promise.allSettled(exploring);
    await Promise.all(exploring);
  };
  await explore(
    worked.filter((cell) => isRace(cell.scenario)),
    Number.POSITIVE_INFINITY,
    true,
  );
  // Whether two stages fail alike is seen where both are explored to the end. What has failed once does not hold then.
  const failed = new Map(results);
  const fails = (cell: C) => isRace(cell.scenario) && failed.get(cell)?.verdict === 'fails';
  const alike = [...compared].filter(
    ([cell, before]) => fails(cell) && fails(before) && codeOf(cell) !== codeOf(before),
  );
  const open = new Set(alike.flat().map(codeOf));
  await explore(
    worked.filter((cell) => open.has(cell) && failed.get(cell)?.exhaustive === false),
    mostAgain,
    false,
  );
  for (const [cell, before] of failed)
    if (before.verdict === 'fails' && results.get(cell)?.verdict !== 'fails') results.set(cell, before);
  const judged = withChanges(results, compared, (cell, before) => codeOf(cell) === codeOf(before));
  return cells.flatMap((cell) => judged.get(cell) ?? []);
}

/** Seconds for one exploration, of those left for all that may need their share. */
export function shareOf(left: number, sharers: number, processors: number): number {
  return Math.max(least, Math.min(left, (left * processors) / sharers));
}

/** Seconds that an exploration may take, however little is left. */
const least = 0.5;
/** Seconds that an exploration may take which has shown what it is for. */
const mostAgain = 5;
/** Explorations that are taken to need their share, of those that are still to come. */
const mostSharers = 8;

/** The engine that a scenario is for. */
export function engineFor(scenario: Scenario): EngineName {
  if (isRace(scenario)) return 'simulate';
  return isLayout(scenario) ? 'layout' : 'run';
}

/** The command that works on a cell alone. */
function again(cell: Cell, build: Build): string {
  return isRace(cell.scenario) ? simulateAgain(cell, build, { strategy: 'dpor' }) : runAgain(cell, build);
}

const isSequential = ({ scenario }: Cell) => !isRace(scenario) && !isLayout(scenario);

function groupedByBuild<C extends Cell>(cells: readonly C[], buildOf: (cell: C) => Build): Map<Build, C[]> {
  const groups = new Map<Build, C[]>();
  for (const cell of cells) {
    const build = buildOf(cell);
    const group = groups.get(build);
    if (group === undefined) groups.set(build, [cell]);
    else group.push(cell);
  }
  return groups;
}

/** Runs a scenario's sequences, or a race's actors in turns; all of them or one, of a sequence with a fault if there is one. */
export async function runCell(...[cell, build, ...rest]: Parameters<typeof sequencesOf>): Promise<Result> {
  return judge({ ...cell, build }, await sequencesOf(cell, build, ...rest));
}

async function sequencesOf(
  cell: Cell,
  build: Build,
  session: Session,
  signal?: AbortSignal,
  only: Pick<RunOptions, 'sequence' | 'fault' | 'progress'> = {},
): Promise<Finding> {
  const tested: Tested = { ...cell, build };
  const options = { ...only, ...(signal === undefined ? {} : { signal }) };
  const found = isRace(cell.scenario)
    ? await runTurns(tested as Tested<RaceScenario>, session, options)
    : await run(tested as Tested<SequenceScenario>, session, options);
  const first = found.runs.find(isFailure);
  const once = first === undefined ? {} : { sequence: first.name, fault: first.fault };
  return {
    engine: 'run',
    found,
    runs: found.runs,
    reproduce: (at) => runAgain(at, build, once),
  };
}

export const layoutCell = (cell: Cell, build: Build): Result =>
  judge({ ...cell, build }, layoutOf(cell, build));

function layoutOf(cell: Cell, build: Build): Finding {
  const tested = { ...cell, build } as Tested<LayoutScenario>;
  return {
    engine: 'layout',
    found: checkApart(tested, cell.of.known !== undefined),
    reproduce: (at) => runAgain(at, build),
  };
}

export interface SimulateCellOptions extends SimulateOptions {
  /** Runs the schedule that shows a failure on real threads. */
  readonly replayer?: Replayer;
}

/** How often a schedule is replayed on real threads, as evidence. */
const replays = 20;

/**
 * Explores a scenario's interleavings; where it fails, the evidence is a schedule with the fewest preemptions, which a
 * replayer then runs on real threads. What comes out and what the kernel catches goes before fields that are not
 * exclusive, which only an exploration sees: these have the schedule that they were found with.
 */
export async function simulateCell(
  cell: Cell,
  simulation: Simulation,
  options: SimulateCellOptions,
): Promise<Result> {
  return judge({ ...cell, build: simulation.build }, await explorationOf(cell, simulation, options));
}

async function explorationOf(
  cell: Cell,
  simulation: Simulation,
  { replayer, ...options }: SimulateCellOptions,
): Promise<Finding> {
  const { build } = simulation;
  const { signal } = options;
  const tested = { ...cell, build } as Tested<RaceScenario>;
  const explored = await simulation.explore(tested, options);
  const result = { ...explored, violations: await withPlaces(tested, explored.violations, replayer, signal) };
  const [breaches, caught] = [true, false].map((wanted) =>
    result.violations.filter(({ kind }) => (kind === notExclusive) === wanted),
  ) as [SimulatedViolation[], SimulatedViolation[]];
  const bad = [...result.outcomes.filter(({ grade }) => grade === 'forbidden'), ...caught];
  const fewest = (a: { preemptions: number }, b: { preemptions: number }) => a.preemptions - b.preemptions;
  const [worst] = bad.sort(fewest);
  const [breach] = breaches.sort(fewest);
  const { strategy, preemptions, seed } = { strategy: 'dpor', ...options };
  const how = {
    strategy,
    ...(preemptions === undefined ? {} : { preemptions }),
    ...(seed === undefined ? {} : { seed }),
    ...(options.steps === undefined ? {} : { steps: options.steps }),
  };
  if (worst === undefined) {
    const execution = breach === undefined ? null : await simulation.describe(tested, breach.runs);
    const evidence = execution?.interleaving ?? null;
    return {
      engine: 'simulate',
      found: result,
      simulated: { result, evidence },
      reproduce: (at) => simulateAgain(at, build, how),
    };
  }
  // An execution without end cannot be replayed.
  const endless = 'kind' in worst && worst.kind === 'livelock';
  const shortest = endless ? worst : await simulation.shrink(tested, worst, signal);
  const execution = await simulation.describe(tested, shortest.runs);
  const real = endless
    ? undefined
    : await replayer?.replay(tested, shortest.runs, {
        times: replays,
        ...(signal === undefined ? {} : { signal }),
      });
  const replaced = <T extends typeof worst>(found: T): T =>
    found === worst ? { ...found, ...shortest } : found;
  return {
    engine: 'simulate',
    found: {
      ...result,
      outcomes: result.outcomes.map(replaced),
      violations: result.violations.map(replaced),
    },
    simulated: { result, evidence: execution.interleaving },
    ...(real === undefined ? {} : { replayed: replayedAs(execution, real, replays) }),
    reproduce: (at) =>
      endless
        ? simulateAgain(at, build, how)
        : replayAgain(scheduleAt(shortest.schedule, at.stage), at.of, build),
  };
}

async function withPlaces(
  tested: Tested<RaceScenario>,
  violations: readonly SimulatedViolation[],
  given: Replayer | undefined,
  signal: AbortSignal | undefined,
): Promise<SimulatedViolation[]> {
  const replayer = given ?? new Replayer(tested.build);
  try {
    return await placed(tested, violations, replayer, signal);
  } finally {
    if (given === undefined) await replayer.close();
  }
}

/** How far an exploration has come, for people. */
export function explorationText({ executions, seconds, done }: ExploreProgress): string {
  const rate = seconds > 0 ? `, ${Math.round(executions / seconds).toLocaleString('en-US')}/s` : '';
  const so = `${executions.toLocaleString('en-US')} executions${rate}`;
  if (done <= 0 || seconds < 0.5) return so;
  const all = executions / done;
  if (all > 1e12) return `${so}; more than could ever be run`;
  const left = seconds / done - seconds;
  return `${so}; about ${Number(all.toPrecision(2)).toLocaleString('en-US')} in all, ${duration(left)} to go`;
}

/** A time as people say it: 4.2 s, 12 min, 7.3 h, 21 days. */
function duration(seconds: number): string {
  const [unit, of] =
    seconds < 100
      ? (['s', 1] as const)
      : seconds < 6000
        ? (['min', 60] as const)
        : seconds < 172_800
          ? (['h', 3600] as const)
          : (['days', 86_400] as const);
  const count = seconds / of;
  return `${count < 10 ? count.toFixed(1) : Math.round(count).toLocaleString('en-US')} ${unit}`;
}

export interface RaceCellOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly workers?: number;
}

export async function raceCell(
  cell: Cell,
  track: Track,
  options: RaceCellOptions,
  signal?: AbortSignal,
  progress?: (progress: StressProgress) => void,
): Promise<Result> {
  const { build } = track;
  const tested = { ...cell, build } as Tested<RaceScenario>;
  const { seconds, seed, workers } = options;
  const result = await track.race(tested, {
    ...options,
    ...(signal === undefined ? {} : { signal }),
    ...(progress === undefined ? {} : { progress }),
  });
  return judge(tested, {
    engine: 'stress',
    found: result,
    raced: { result, seed },
    reproduce: raceAgain(cell, build, {
      time: seconds,
      seed,
      ...(workers === undefined ? {} : { workers }),
    }),
  });
}
