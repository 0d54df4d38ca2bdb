// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { describeStep } from '../../scenario/describe.js';
import { type GradedOutcome, gradeOutcome } from '../../scenario/grade.js';
import {
  isObservation,
  type Observation,
  type Sequence,
  type SequenceScenario,
  sequencesOf,
} from '../../scenario/scenario.js';
import { fail, faultCalls, type Step } from '../../scenario/step.js';
import { preparation } from '../encode.js';
import type { Case, EngineResult, Violation } from '../engine.js';
import { errnoName, isErrno } from '../errno.js';
import { refuseAbsent } from '../observed.js';
import type { Session } from './session.js';

/** A call of a kernel function that was made to fail. */
export interface Fault {
  readonly function: string;
  /** Which of its calls after the set-up, from 1. */
  readonly nth: number;
}

/** A step, or a read of a field, and its result. */
export interface TracedStep {
  /** `open A`, or the path of the field. */
  readonly text: string;
  /** What the step returned, or the field's value; `null` where there is none. */
  readonly value: number | null;
  /** The name it is observed by. */
  readonly name: string | null;
  /** Of a field: the path of the pointer that is NULL, where it is not there; `null` where it is. */
  readonly missing?: string | null;
  readonly violations: readonly Violation[];
}

/** One sequence on a machine of its own, from the set-up to the end of all. */
export interface SequenceRun {
  /** Empty where the scenario has only one. */
  readonly name: string;
  /** What was made to fail, of a sweep. */
  readonly fault: Fault | null;
  readonly steps: readonly TracedStep[];
  /** `null` where the scenario grades nothing, or a fault made the sequence another one. */
  readonly outcome: GradedOutcome | null;
  readonly violations: readonly Violation[];
  /** Faults that were asked for and never happened. */
  readonly warnings: readonly string[];
  /** It has steps, and all of them returned an error that is not observed. */
  readonly idle: boolean;
}

export interface RunResult extends EngineResult {
  readonly runs: readonly SequenceRun[];
}

export interface RunOptions {
  /** Run this sequence alone. */
  readonly sequence?: string;
  /** With this fault alone, instead of the scenario's sweep. */
  readonly fault?: Fault;
  readonly signal?: AbortSignal;
  /** Called after each run. */
  readonly progress?: (runs: number) => void;
}

/**
 * Runs a scenario's sequences, each on a new machine: the set-up, the steps, and at the end everything closed,
 * unbound and unloaded, so that what is left behind shows.
 *
 * @throws LostbitError `E_SETUP` where a step of the set-up fails, `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`,
 * `E_DANGLING_POINTER`, `E_NULL_POINTER`.
 */
export async function run(
  { scenario }: Case<SequenceScenario>,
  session: Session,
  { sequence, fault, signal, progress }: RunOptions = {},
): Promise<RunResult> {
  const started = performance.now();
  const runs: SequenceRun[] = [];
  const one = async (name: string, items: Sequence, fault: Fault | null) => {
    const done = await runSequence(session, scenario, name, items, fault);
    runs.push(done);
    progress?.(runs.length);
  };
  const chosen = Object.entries(sequencesOf(scenario)).filter(
    ([name]) => sequence === undefined || name === sequence,
  );
  for (const [name, items] of chosen) {
    if (signal?.aborted) break;
    await one(name, items, fault ?? null);
    if (!scenario.sweepFaults || fault !== undefined) continue;
    for (const point of await faultPoints(session, scenario, items)) {
      if (signal?.aborted) break;
      await one(name, items, point);
    }
  }
  const outcomes = merge(runs);
  const seen = runs.flatMap(({ steps }) => steps);
  refuseAbsent(
    scenario.outcomes ?? [],
    outcomes,
    (name) => seen.find((step) => step.name === name && step.missing != null)?.missing ?? null,
  );
  return {
    outcomes,
    violations: together(runs.flatMap(({ violations }) => violations)),
    warnings: [...new Set(runs.flatMap((one) => one.warnings))],
    idle: runs.filter(({ fault, idle }) => fault === null && idle).map(({ name }) => sequenceText(name)),
    samples: runs.length,
    seconds: (performance.now() - started) / 1000,
    interrupted: signal?.aborted ?? false,
    runs,
  };
}

async function runSequence(
  session: Session,
  scenario: SequenceScenario,
  name: string,
  items: Sequence,
  fault: Fault | null,
): Promise<SequenceRun> {
  const caught: Violation[] = [];
  const steps: TracedStep[] = [];
  const values: Record<string, number | null> = {};
  const take = async (step: Step, name: string | null) => {
    const text = describeStep(step);
    const { returned, violations } = await session.step(step);
    const placed = violations.map((violation) => ({ ...violation, step: text }));
    caught.push(...placed);
    steps.push({ text, value: returned, name, violations: placed });
    return returned;
  };

  await prepare(session, scenario, caught);
  if (fault !== null) await take(fail(fault.function, fault.nth), null);
  for (const item of items) {
    if (session.broken) break;
    if (!isObservation(item)) await take(item, null);
    else values[item.name] = await look(session, item, take, steps);
  }
  const taken = steps.filter(({ missing }) => missing === undefined);
  const warnings = session.broken ? [] : await unmet(session, scenario, items, fault);
  const end = session.broken ? null : session.end;
  if (end !== null) await take(end, null);

  const graded = fault === null && scenario.outcomes !== undefined && !session.broken;
  return {
    name,
    fault,
    steps,
    outcome: graded ? gradeOutcome({ outcomes: scenario.outcomes! }, values, 1) : null,
    violations: caught,
    warnings,
    idle:
      taken.length > 0 && taken.every(({ value, name }) => name === null && value !== null && isErrno(value)),
  };
}

/** Which function a step makes fail, if any. */
function faultOf({ op, args: [what] }: Step): string | null {
  return op === 'fault' && typeof what === 'object' && 'fault' in what ? what.fault : null;
}

/** A warning for each fault that was asked for and never happened: the result holds without it. */
async function unmet(
  session: Session,
  scenario: SequenceScenario,
  items: Sequence,
  fault: Fault | null,
): Promise<string[]> {
  const asked = new Map(Object.entries(scenario.faults ?? {}));
  if (fault !== null) asked.set(fault.function, fault.nth);
  // A step that asks for a fault of the same function begins its count anew.
  for (const item of items) {
    const step = isObservation(item) ? item.what : item;
    if (typeof step !== 'string') asked.delete(faultOf(step) ?? '');
  }
  const warnings: string[] = [];
  for (const [name, nth] of asked) {
    const { returned } = await session.step(faultCalls(name));
    if (returned !== null && returned < nth)
      warnings.push(`call ${nth} of ${name}() never came: there were ${returned}`);
  }
  return warnings;
}

/**
 * Makes a machine with the set-up done.
 *
 * @throws LostbitError `E_SETUP` where a step of the set-up fails.
 */
export async function prepare(
  session: Session,
  scenario: Pick<SequenceScenario, 'names' | 'given' | 'setup' | 'faults'>,
  caught: Violation[],
): Promise<void> {
  await session.renew(scenario);
  for (const step of preparation(scenario)) {
    const text = describeStep(step);
    const { returned, violations } = await session.step(step);
    caught.push(...violations.map((violation) => ({ ...violation, step: text })));
    if (returned === null || isErrno(returned)) {
      const why = returned === null ? 'did not return' : `returned ${errnoName(returned)}`;
      throw new LostbitError('E_SETUP', `step '${text}' of the set-up ${why}`);
    }
  }
}

async function look(
  session: Session,
  { name, what }: Observation,
  take: (step: Step, name: string) => Promise<number | null>,
  steps: TracedStep[],
): Promise<number | null> {
  if (typeof what !== 'string') return take(what, name);
  const { value, missing } = await session.look(what);
  steps.push({ text: what, value, name, missing, violations: [] });
  return value;
}

/** Every call of a fallible function that the sequence makes after the set-up. */
async function faultPoints(session: Session, scenario: SequenceScenario, items: Sequence): Promise<Fault[]> {
  await prepare(session, scenario, []);
  // Asking for no failure begins the counting.
  const [first] = session.faults;
  if (first === undefined) return [];
  await session.step(fail(first, 0));
  for (const item of items) {
    const step = isObservation(item) ? item.what : item;
    if (typeof step !== 'string' && !session.broken) await session.step(step);
  }
  const points: Fault[] = [];
  for (const name of session.broken ? [] : session.faults) {
    const { returned } = await session.step(faultCalls(name));
    for (let nth = 1; nth <= (returned ?? 0); nth++) points.push({ function: name, nth });
  }
  return points;
}

const sequenceText = (name: string) => (name === '' ? 'the sequence' : `'${name}'`);

/** Equal outcomes counted together, in the order of their first occurrence. */
export function merge(runs: readonly SequenceRun[]): GradedOutcome[] {
  const merged = new Map<string, GradedOutcome>();
  for (const { outcome } of runs) {
    if (outcome === null) continue;
    const key = JSON.stringify(outcome.values);
    const known = merged.get(key);
    merged.set(key, known === undefined ? outcome : { ...known, count: known.count + 1 });
  }
  return [...merged.values()];
}

/** Equal violations counted together. */
export function together(violations: readonly Violation[]): Violation[] {
  const merged = new Map<string, Violation>();
  for (const violation of violations) {
    const key = `${violation.kind} ${violation.message} ${violation.step ?? ''}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? violation : { ...known, count: known.count + violation.count });
  }
  return [...merged.values()];
}
