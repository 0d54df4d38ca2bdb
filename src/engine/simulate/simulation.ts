// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { Machine } from '../../machine/machine.js';
import { type GradedOutcome, gradeOutcome, type Values } from '../../scenario/grade.js';
import { type RaceScenario, sharesCpus } from '../../scenario/scenario.js';
import type { Build } from '../../toolchain/build.js';
import type { Case, EngineResult, Violation } from '../engine.js';
import { type Instance, setUpOne } from '../instance.js';
import { type Site, sitesOf } from '../instrument/sites.js';
import type { DataRace, Interleaving } from '../interleaving.js';
import type { MemoryNames } from '../memory-names.js';
import { lacks, missingOf, refuseAbsent, refuseMisread, wasMisread } from '../observed.js';
import { formatSchedule, type Run, scheduleDigest } from '../schedule.js';
import { scenarioNames } from '../variables.js';
import { describeExecution } from './describe-execution.js';
import { cutShort, endOf } from './ending.js';
import { breachText, exclusiveFields } from './exclusive.js';
import { namesBefore, namesIn } from './execution-names.js';
import { forgetSteps, inVain } from './failed-steps.js';
import { checkShape } from './limits.js';
import { caughtIn } from './memory-faults.js';
import { describeRaces } from './races.js';
import {
  type Ending,
  type Explored,
  type ExploredOutcome,
  type ExploreOptions,
  type ExploreProgress,
  type Followed,
  Simulator,
  type Strategy,
} from './simulator.js';
import { unservedIn } from './unserved.js';

export interface SimulateOptions
  extends Pick<ExploreOptions, 'preemptions' | 'executions' | 'seconds' | 'steps' | 'seed' | 'signal'> {
  /** Default: `dpor`. */
  readonly strategy?: ExploreOptions['strategy'];
  /** End as soon as something forbidden was seen. Default: false. */
  readonly untilForbidden?: boolean;
  readonly progress?: (progress: ExploreProgress) => void;
}

/** An outcome, and a schedule that leads there. */
export interface SimulatedOutcome extends GradedOutcome {
  readonly schedule: string;
  readonly runs: readonly Run[];
  /** Of the schedule: the fewest of those that were run. */
  readonly preemptions: number;
}

/** A violation, and a schedule that leads there. */
export interface SimulatedViolation extends Violation {
  readonly schedule: string;
  readonly runs: readonly Run[];
  readonly preemptions: number;
}

export interface SimulateResult extends EngineResult {
  readonly outcomes: readonly SimulatedOutcome[];
  readonly violations: readonly SimulatedViolation[];
  readonly races: readonly DataRace[];
  /** There were more than there is room for. */
  readonly racesLeftOut: boolean;
  readonly strategy: ExploreOptions['strategy'];
  readonly executions: number;
  readonly blocked: number;
  /** Why there may be more than was seen; `null`: there is not. */
  readonly bounded: string | null;
  readonly seed: number | null;
}

/** An execution, access by access, and its outcome: evidence for people. */
export interface DescribedExecution {
  readonly schedule: string;
  readonly interleaving: Interleaving;
  readonly ending: Ending;
  readonly values: Values;
  readonly violations: readonly Violation[];
  /** 1 + the run where the program did not do what the schedule says; 0: none. */
  readonly strayed: number;
}

const blind = 'exclusive fields were not checked: dfs looks for no data races';
const leftOut = (most: number) =>
  `more data races than there is room for: those behind the first ${most.toLocaleString('en-US')} pairs of accesses are left out`;
const absent = -(2n ** 63n);
/** Executions of a search for a schedule with fewer preemptions; no time, so that it finds the same every time. */
const shrinkExecutions = 100_000;

/** A build of a driver in the simulator, for one scenario after the other. */
export class Simulation {
  readonly build: Build;
  #simulator: Simulator | null = null;
  /** It is made for tasks that share processors. */
  #shared = false;
  #sites: readonly Site[] | null = null;
  /** Of memory after the last set-up. */
  #names: MemoryNames | null = null;

  constructor(build: Build) {
    this.build = build;
  }

  async close(): Promise<void> {
    await this.#simulator?.close();
    this.#simulator = null;
  }

  /**
   * Explores the interleavings of a scenario's actors; the case's build must be this one.
   *
   * @throws LostbitError `E_SETUP` where a step of the set-up fails, `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`,
   * `E_DANGLING_POINTER`, `E_NULL_POINTER`.
   */
  async explore(tested: Case<RaceScenario>, options: SimulateOptions = {}): Promise<SimulateResult> {
    const { scenario } = tested;
    const { strategy = 'dpor', untilForbidden, signal, progress, ...limits } = options;
    signal?.throwIfAborted();
    const simulator = await this.#setUp(scenario);
    const shape = shapeOf(scenario);
    const { machine } = simulator;
    const exclusive = await exclusiveFields(machine, scenario);
    const isBad = (outcome: ExploredOutcome) =>
      !isNone(outcome.ending) ||
      outcome.caught !== 0 ||
      (outcome.ending === 'done' &&
        gradeOf(scenario, outcome) === 'forbidden' &&
        // A field that never exists is refused later.
        !lacks(scenario.outcomes, valuesOf(scenario, outcome.values)));
    forgetSteps(simulator, scenario);
    const misread = new AbortController();
    const explored = await simulator.explore({
      ...shape,
      ...limits,
      strategy,
      signal: AbortSignal.any([misread.signal, ...(signal === undefined ? [] : [signal])]),
      ...(untilForbidden ? { until: (outcomes) => outcomes.some(isBad) } : {}),
      progress(now) {
        if (wasMisread(machine)) misread.abort();
        progress?.(now);
      },
    });
    refuseMisread(machine, scenarioNames(scenario), Object.values(scenario.observe));
    const spell = (runs: readonly Run[]) => this.spell(tested, runs);
    const outcomes = mergeOutcomes(scenario, explored, spell);
    if (!signal?.aborted)
      refuseAbsent(scenario.outcomes, outcomes, (name) => missingOf(machine, scenario, name));
    const violations = await this.#violations(simulator, scenario, explored, spell);
    const follow = (runs: readonly Run[]) => simulator.follow(runs, shape);
    const done = explored.outcomes.find(({ ending }) => ending === 'done');
    const cut = explored.outcomes.find(({ ending }) => ending === 'endless');
    const cuts = cut === undefined ? [] : [cutShort(simulator, scenario, await follow(cut.runs))];
    const unserved = unservedIn(machine, explored);
    const { warnings, idle } =
      done === undefined
        ? { warnings: [], idle: [] }
        : await inVain(simulator, scenario, () => follow(done.runs));
    const described = await describeRaces(explored.races, {
      simulator,
      sites: this.#allSites(),
      scenario,
      exclusive,
      names: this.#names!,
      follow,
    });
    const breaches = described.flatMap((race) =>
      race.breaches.map((breach) => {
        const { runs, preemptions } = breach;
        return { ...breachText(breach), runs, preemptions, schedule: spell(runs) };
      }),
    );
    return {
      outcomes,
      violations: [...violations, ...breaches],
      races: described.map(({ runs, kind, sides, pairs, count }) => ({
        kind,
        sides,
        pairs,
        count,
        schedule: spell(runs),
      })),
      racesLeftOut: explored.mostRaces !== null,
      idle,
      warnings: [
        ...warnings,
        ...cuts,
        ...unserved.warnings,
        ...(exclusive.length > 0 && strategy === 'dfs' ? [blind] : []),
        ...(explored.mostRaces === null ? [] : [leftOut(explored.mostRaces)]),
      ],
      samples: explored.executions,
      executions: explored.executions,
      blocked: explored.blocked,
      bounded:
        [explored.bounded ?? boundOf(scenario, strategy), unserved.bounded]
          .filter((reason) => reason !== null)
          .join(', and ') || null,
      seconds: explored.seconds,
      interrupted: signal?.aborted ?? false,
      strategy,
      seed: strategy === 'random' || strategy === 'pct' ? (options.seed ?? 1) : null,
    };
  }

  /**
   * Looks for a schedule with the fewest preemptions that leads to the same outcome, or to the same violation with whatever
   * outcome: among all schedules with none, with one, and so on. Returns the given one where there is none, or where the
   * search takes too long.
   */
  async shrink(
    tested: Case<RaceScenario>,
    found: Pick<SimulatedOutcome, 'runs' | 'preemptions'> & { readonly kind?: string },
    signal?: AbortSignal,
  ): Promise<{ readonly runs: readonly Run[]; readonly preemptions: number; readonly schedule: string }> {
    const simulator = await this.#setUp(tested.scenario);
    const shape = shapeOf(tested.scenario);
    const wanted = await simulator.outcomeOf(found.runs, shape);
    const isSame = (outcome: ExploredOutcome) =>
      outcome.ending === wanted.ending &&
      outcome.caught === wanted.caught &&
      (found.kind !== undefined || outcome.values.every((value, i) => value === wanted.values[i]));
    let { runs, preemptions } = found;
    for (let most = 0; most < preemptions; most++) {
      const { outcomes, bounded } = await simulator.explore({
        ...shape,
        strategy: 'dfs',
        preemptions: most,
        executions: shrinkExecutions,
        until: (outcomes) => outcomes.some(isSame),
        ...(signal === undefined ? {} : { signal }),
      });
      const same = outcomes.find(isSame);
      if (same !== undefined) ({ runs, preemptions } = same);
      else if (!bounded?.startsWith('at most ')) break;
    }
    return { runs, preemptions, schedule: this.spell(tested, runs) };
  }

  /**
   * Runs one schedule, and describes what happens in it, access by access.
   *
   * @throws as {@link explore} does.
   */
  async describe(tested: Case<RaceScenario>, runs: readonly Run[]): Promise<DescribedExecution> {
    const { scenario } = tested;
    const simulator = await this.#setUp(scenario);
    const followed = await simulator.follow(runs, shapeOf(scenario));
    refuseMisread(simulator.machine, scenarioNames(scenario), Object.values(scenario.observe));
    const sites = this.#allSites();
    const names = this.#namesIn(simulator, scenario, followed);
    const violations = caughtIn(simulator, sites, scenario, followed, names);
    const interleaving = await describeExecution(simulator, sites, scenario, followed, names);
    return {
      schedule: this.spell(tested, runs),
      interleaving,
      ending: followed.ending,
      values: valuesOf(scenario, followed.values),
      violations: [...violations, ...(await endOf(simulator, sites, scenario, followed, names))],
      strayed: followed.strayed,
    };
  }

  /** A schedule as text. */
  spell({ origin, scenario, stage }: Case<RaceScenario>, runs: readonly Run[]): string {
    const { key, options } = this.build;
    const build = scheduleDigest(key, scenario);
    return formatSchedule({ origin, stage, bitfieldAccess: options.bitfieldAccess, build, runs });
  }

  async #setUp(scenario: RaceScenario): Promise<Simulator> {
    const shared = sharesCpus(scenario);
    if (shared !== this.#shared) await this.close();
    this.#shared = shared;
    this.#simulator ??= await Simulator.open(this.build.bytes, { shared });
    const { machine } = this.#simulator;
    const { debugInfo } = machine;
    await this.#simulator.call('forget_frees');
    const { states } = await this.#setUpOne(machine, scenario);
    await this.#simulator.call('forget_sharing');
    this.#names = namesBefore(this.#simulator, scenario);
    await this.#simulator.call('set_states', states, debugInfo.struct('lab_simulated').size);
    const caught = machine.global('stub_violations');
    await this.#simulator.call(
      'set_caught',
      caught.addressOf('count'),
      caught.addressOf('first[0].kind'),
      debugInfo.struct('stub_violation').size,
    );
    return this.#simulator;
  }

  /** Simulated threads have no stacks: where something is missing, a real one says who called it. */
  async #setUpOne(machine: Machine, scenario: RaceScenario): Promise<Instance> {
    try {
      return await setUpOne(machine, scenario);
    } catch (error) {
      if (!(error instanceof LostbitError) || error.code !== 'E_MISSING_FUNCTION') throw error;
      const real = new Machine(this.build.bytes);
      try {
        await real.start(1, []);
        await setUpOne(real, scenario);
      } finally {
        await real.stop();
      }
      throw error;
    }
  }

  /** Names in a followed execution, valid until the next one is followed. */
  #namesIn(simulator: Simulator, scenario: RaceScenario, { events }: Followed): MemoryNames {
    return namesIn(simulator, scenario, this.#names!, events);
  }

  #allSites(): readonly Site[] {
    this.#sites ??= sitesOf(this.build.bytes);
    return this.#sites;
  }

  /** The violations found in executions, and executions that did not end; each with a schedule. */
  async #violations(
    simulator: Simulator,
    scenario: RaceScenario,
    explored: Explored,
    spell: (runs: readonly Run[]) => string,
  ): Promise<SimulatedViolation[]> {
    const found = new Map<string, { -readonly [K in keyof SimulatedViolation]: SimulatedViolation[K] }>();
    for (const { ending, caught, runs, count, preemptions } of explored.outcomes) {
      if (isNone(ending) && caught === 0) continue;
      const followed = await simulator.follow(runs, shapeOf(scenario));
      const sites = this.#allSites();
      const names = this.#namesIn(simulator, scenario, followed);
      const all = [
        ...caughtIn(simulator, sites, scenario, followed, names),
        ...(await endOf(simulator, sites, scenario, { ...followed, ending }, names)),
      ];
      for (const violation of all) {
        const { count: _, ...rest } = violation;
        const key = JSON.stringify(rest);
        const known = found.get(key);
        if (known === undefined)
          found.set(key, { ...violation, count, schedule: spell(runs), runs, preemptions });
        else {
          known.count += count;
          if (preemptions < known.preemptions)
            Object.assign(known, { preemptions, runs, schedule: spell(runs) });
        }
      }
    }
    return [...found.values()];
  }
}

/** Is it no violation that an execution ended so? */
const isNone = (ending: Ending) => ending === 'done' || ending === 'endless' || ending === 'unserved';

/** What a strategy leaves out, however long it runs. */
function boundOf({ exclusive = [] }: RaceScenario, strategy: Strategy): string | null {
  if (strategy === 'random' || strategy === 'pct') return 'chance';
  return strategy === 'dfs' && exclusive.length > 0 ? 'dfs does not watch exclusive fields' : null;
}

function shapeOf(scenario: RaceScenario): { readonly actors: number; readonly observed: number } {
  const shape = {
    actors: Object.keys(scenario.actors).length,
    observed: Object.keys(scenario.observe).length,
  };
  checkShape(shape);
  return shape;
}

function valuesOf(scenario: RaceScenario, values: readonly bigint[]): Values {
  return Object.fromEntries(
    Object.keys(scenario.observe).map((name, i) => [name, values[i] === absent ? null : Number(values[i])]),
  );
}

const gradeOf = (scenario: RaceScenario, { values, count }: ExploredOutcome) =>
  gradeOutcome(scenario, valuesOf(scenario, values), count).grade;

/** Outcomes by what was observed, with or without violations on the way; the most frequent first. */
function mergeOutcomes(
  scenario: RaceScenario,
  { outcomes }: Explored,
  spell: (runs: readonly Run[]) => string,
): SimulatedOutcome[] {
  const merged = new Map<string, { best: ExploredOutcome; count: number }>();
  for (const outcome of outcomes) {
    if (outcome.ending !== 'done') continue;
    const key = outcome.values.join();
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { best: outcome, count: outcome.count });
    else {
      known.count += outcome.count;
      if (outcome.preemptions < known.best.preemptions) known.best = outcome;
    }
  }
  return [...merged.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ best, count }) => ({
      ...gradeOutcome(scenario, valuesOf(scenario, best.values), count),
      schedule: spell(best.runs),
      runs: best.runs,
      preemptions: best.preemptions,
    }));
}
