// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { preparation } from '../engine/encode.js';
import type { Case, EngineResult } from '../engine/engine.js';
import type { Interleaving } from '../engine/interleaving.js';
import type { SequenceRun } from '../engine/run/run.js';
import type { SimulateResult } from '../engine/simulate/simulation.js';
import type { StressResult } from '../engine/stress/stress.js';
import { dataRaceJson } from '../report/data-race.js';
import { interleavingJson } from '../report/interleaving.js';
import type { Result } from '../report/schema.js';
import { describeStep } from '../scenario/describe.js';
import { verdictOf } from '../scenario/grade.js';
import { expectedVerdict, isLayout, isRace, type Verdict } from '../scenario/scenario.js';

/** What an engine found, with what is particular to it. */
export interface Finding {
  readonly engine: 'run' | 'stress' | 'simulate' | 'replay' | 'layout';
  readonly found: EngineResult;
  /** Who raced, and from which seed. */
  readonly raced?: { readonly result: StressResult; readonly seed: number };
  readonly runs?: readonly SequenceRun[];
  /** How schedules were gone through, and the execution that shows a failure. */
  readonly simulated?: { readonly result: SimulateResult; readonly evidence: Interleaving | null };
  /** How often the schedule that shows a failure was replayed on real threads, and came to the same. */
  readonly replayed?: Result['replayed'];
  /** The one execution that all this is about. */
  readonly evidence?: Interleaving;
  /** The command that repeats it. */
  readonly reproduce: string;
}

/** Makes a report's entry out of what an engine found: the verdict comes from that alone. */
export function judge(
  tested: Case,
  { engine, found, raced, runs = [], simulated, replayed, evidence, reproduce }: Finding,
): Result {
  const { scenario, build, stage } = tested;
  const { bitfieldAccess, optimize } = build.options;
  const bounded = engine === 'stress' || engine === 'replay' || (simulated?.result.bounded ?? null) !== null;
  const exhaustive = !bounded && !found.interrupted;
  const expected = expectedVerdict(scenario, stage, bitfieldAccess);
  const shown = verdictOf(found.outcomes, found.violations);
  const undecided = shown === 'holds' ? nothingShown(found, isRace(scenario), expected, exhaustive) : null;
  const verdict = undecided === null ? shown : 'undecided';
  return {
    scenario: tested.name,
    fact: scenario.fact ?? null,
    stage,
    source: 'excerpt',
    engine,
    toolchain: build.toolchain.name,
    toolchainVersion: build.toolchain.version,
    optimize,
    bitfieldAccess,
    threads: raced === undefined ? null : threadsOf(raced),
    seconds: found.seconds,
    samples: found.samples,
    outcomes: found.outcomes.map(withoutRuns),
    violations: found.violations.map((violation) => ({
      ...withoutRuns(violation),
      stack: [...violation.stack],
    })),
    warnings: [...found.warnings],
    verdict,
    ...(undecided === null ? {} : { undecided }),
    exhaustive,
    interrupted: found.interrupted,
    expected,
    agreement: agreementOf(verdict, expected ?? 'holds', found.idle),
    setup: isLayout(scenario) ? [] : preparation(scenario).map(describeStep),
    actors: isRace(scenario)
      ? Object.fromEntries(
          Object.entries(scenario.actors).map(([name, steps]) => [name, steps.map(describeStep)]),
        )
      : null,
    runs: runs.filter(isFailure).map(({ name, fault, steps }) => ({
      sequence: name,
      fault,
      steps: steps.map(({ text, value, name }) => ({ text, value, name })),
    })),
    reproduce: verdict === 'fails' ? reproduce : null,
    ...(simulated === undefined ? {} : simulationOf(simulated)),
    ...(replayed === undefined ? {} : { replayed }),
    ...(evidence === undefined ? {} : { interleaving: interleavingJson(evidence) }),
  };
}

/** A schedule's text is what a report has of it. */
function withoutRuns<T extends object>(found: T): Omit<T, 'runs'> {
  const { runs: _, ...rest } = found as T & { readonly runs?: unknown };
  return rest as Omit<T, 'runs'>;
}

function simulationOf({
  result,
  evidence,
}: NonNullable<Finding['simulated']>): Pick<Result, 'simulation' | 'races' | 'interleaving'> {
  const { strategy, executions, blocked, bounded, seed, races } = result;
  return {
    simulation: { strategy, executions, blocked, bounded, ...(seed === null ? {} : { seed }) },
    races: races.map(dataRaceJson),
    ...(evidence === null ? {} : { interleaving: interleavingJson(evidence) }),
  };
}

function threadsOf({ result, seed }: { result: StressResult; seed: number }): Result['threads'] {
  const { workers, processors, unpinned } = result;
  return { workers, processors, pinned: unpinned === null, unpinned, seed };
}

/** Why the absence of forbidden outcomes shows nothing; `null` where it does. */
function nothingShown(
  { idle, outcomes, samples }: EngineResult,
  raced: boolean,
  expected: Verdict | null,
  exhaustive: boolean,
): string | null {
  if (samples === 0 || (raced && outcomes.length === 0)) return 'no execution came to its end';
  if (idle.length > 0) {
    const whose = `every step of ${idle.join(' and of ')}`;
    return `${whose} returned an error every time, so nothing was tested`;
  }
  // That it was not seen contradicts no expectation, unless everything was explored.
  return expected === 'fails' && !exhaustive ? 'a failure is expected, and was not seen' : null;
}

/**
 * What was not seen contradicts no expectation. A scenario in which nothing happens does: a test that tests nothing must
 * not pass.
 */
function agreementOf(
  verdict: Verdict | 'undecided',
  expected: Verdict,
  idle: EngineResult['idle'],
): Result['agreement'] {
  if (verdict === 'undecided') return idle.length > 0 ? 'differs' : 'undecided';
  return verdict === expected ? 'agrees' : 'differs';
}

/** Did a sequence show something forbidden? */
export function isFailure({ outcome, violations }: SequenceRun): boolean {
  return outcome?.grade === 'forbidden' || violations.length > 0;
}
