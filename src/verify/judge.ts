// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { preparation } from '../engine/encode.js';
import type { EngineResult } from '../engine/engine.js';
import type { Interleaving } from '../engine/interleaving.js';
import { missingKind, missingText } from '../engine/missing-function.js';
import type { SequenceRun } from '../engine/run/run.js';
import type { SimulateResult } from '../engine/simulate/simulation.js';
import type { StressResult } from '../engine/stress/stress.js';
import { expectedVerdict } from '../scenario/expectation.js';
import { verdictOf } from '../scenario/grade.js';
import { actorOf, isLayout, isRace, type Verdict } from '../scenario/scenario.js';
import { fingerprintOf, raceFingerprint } from './fingerprint.js';
import {
  type EngineName,
  type Exploration,
  type Racers,
  type Replayed,
  type Result,
  type Tested,
  testedCase,
} from './result.js';
import { ruleOf } from './rules.js';

/** Who raced, and from which seed. */
interface Raced {
  readonly result: StressResult;
  readonly seed: number;
}

/** What an engine found, with what is particular to it. */
export interface Finding {
  readonly engine: EngineName;
  readonly found: EngineResult;
  readonly raced?: Raced;
  readonly runs?: readonly SequenceRun[];
  /** How schedules were gone through, and the execution that shows a failure. */
  readonly simulated?: { readonly result: SimulateResult; readonly evidence: Interleaving | null };
  /** How the evidence came out on real threads. */
  readonly replayed?: Replayed;
  /** The one execution that all this is about. */
  readonly evidence?: Interleaving;
  /** The command that repeats it. */
  readonly reproduce: string | ((tested: Tested) => string);
}

/** Judges what an engine found: the verdict comes from that alone. */
export function judge(
  tested: Tested,
  { engine, found, raced, runs = [], simulated, replayed, evidence, reproduce }: Finding,
): Result {
  const { scenario, build, stage } = tested;
  // A race's actors in turns are some of its executions.
  const someOf = engine === 'stress' || engine === 'replay' || (engine === 'run' && isRace(scenario));
  const bounded = someOf || (simulated?.result.bounded ?? null) !== null;
  const exhaustive = !bounded && !found.interrupted;
  const expected = expectedVerdict(scenario, tested.of, stage, build.options.bitfieldAccess);
  const shown = verdictOf(found.outcomes, found.violations);
  const unserved = (raced?.result.unserved ?? 0) !== 0;
  const missing = missingFunction(found);
  const undecided =
    missing ??
    (shown === 'holds' ? nothingShown(found, isRace(scenario), expected, exhaustive, unserved) : null);
  const verdict = undecided === null ? shown : 'undecided';
  return {
    ...testedCase(tested),
    engine,
    verdict,
    undecided,
    ...(missing === null ? {} : { unsupported: true }),
    inapplicable: null,
    broken: null,
    expected,
    agreement: agreementOf(verdict, expected ?? 'holds', found.idle),
    change: null,
    exhaustive,
    interrupted: found.interrupted,
    seconds: found.seconds,
    samples: found.samples,
    outcomes: found.outcomes.map(withoutRuns),
    violations: found.violations.map((violation) => ({
      ...withoutRuns(violation),
      rule: ruleOf(violation.kind),
      fingerprint: fingerprintOf(violation),
    })),
    races: (simulated?.result.races ?? []).map((race) => ({
      ...race,
      rule: ruleOf('data-race'),
      fingerprint: raceFingerprint(race),
    })),
    warnings: found.warnings,
    setup: isLayout(scenario) ? [] : preparation(scenario),
    actors: isRace(scenario)
      ? Object.entries(scenario.actors).map(([name, actor]) => {
          const { steps, context = 'process', cpu = null } = actorOf(actor);
          return { name, context, cpu, steps };
        })
      : null,
    runs,
    interleaving: evidence ?? simulated?.evidence ?? null,
    reproduce: verdict === 'fails' ? (typeof reproduce === 'string' ? reproduce : reproduce(tested)) : null,
    racers: raced === undefined ? null : racersOf(raced),
    exploration: simulated === undefined ? null : explorationOf(simulated.result),
    replayed: replayed ?? null,
  };
}

/** A schedule's text is what a result has of it. */
function withoutRuns<T extends object>(found: T): Omit<T, 'runs'> {
  const { runs: _, ...rest } = found as T & { readonly runs?: unknown };
  return rest as Omit<T, 'runs'>;
}

const explorationOf = ({ strategy, executions, blocked, bounded, seed }: SimulateResult): Exploration => ({
  strategy,
  executions,
  blocked,
  bounded,
  seed,
});

const racersOf = ({ result: { workers, processors, unpinned }, seed }: Raced): Racers => ({
  workers,
  processors,
  unpinned,
  seed,
});

/** What of the kernel was called that is not there: what came of that is no kernel's. */
function missingFunction({ violations }: EngineResult): string | null {
  const found = violations.find(({ kind }) => kind === missingKind);
  return found === undefined ? null : missingText(found);
}

/** Why the absence of forbidden outcomes shows nothing; `null` where it does. */
function nothingShown(
  { idle, outcomes, samples }: EngineResult,
  raced: boolean,
  expected: Verdict | null,
  exhaustive: boolean,
  unserved: boolean,
): string | null {
  if (samples === 0 || (raced && outcomes.length === 0)) return 'no execution came to its end';
  if (idle.length > 0) {
    const whose = `every step of ${idle.join(' and of ')}`;
    return `${whose} returned an error every time, so nothing was tested`;
  }
  if (unserved) return 'the race ended early, where nobody did what was due';
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
