// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describeStep } from '../../scenario/describe.js';
import { gradeOutcome } from '../../scenario/grade.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import { orderName, ordersOf, type Turn } from '../../scenario/turns.js';
import { processorsOf } from '../encode.js';
import type { Case, Violation } from '../engine.js';
import { isErrno } from '../errno.js';
import { failedSteps, failedStepText, idleActors } from '../failed-steps.js';
import { refuseAbsent } from '../observed.js';
import {
  merge,
  prepare,
  type RunOptions,
  type RunResult,
  type SequenceRun,
  type TracedStep,
  together,
} from './run.js';
import type { Session } from './session.js';

/**
 * Runs a race's actors one after the other, each to its end, in every order: what the code does where nothing happens at
 * the same time. An order in which an actor waits for one that comes later is none; a warning says so.
 *
 * @throws as {@link run} does.
 */
export async function runTurns(
  { scenario }: Case<RaceScenario>,
  session: Session,
  { sequence, signal, progress }: Omit<RunOptions, 'fault'> = {},
): Promise<RunResult> {
  const started = performance.now();
  const orders = ordersOf(scenario).filter(
    (order) => sequence === undefined || orderName(order) === sequence,
  );
  const errors = new Map<string, number>();
  const succeeded = new Set<string>();
  const runs: SequenceRun[] = [];
  for (const order of orders) {
    if (signal?.aborted) break;
    runs.push(
      await runOrder(session, scenario, order, (place, returned) => {
        if (isErrno(returned)) errors.set(place, returned);
        else succeeded.add(place);
      }),
    );
    progress?.(runs.length);
  }
  const names = Object.keys(scenario.actors);
  const placed = (actor: number, at: number) => placeOf(names[actor]!, at);
  const failed = failedSteps(scenario, (actor, at) => {
    const place = placed(actor, at);
    return errors.has(place) && !succeeded.has(place);
  });
  const outcomes = merge(runs);
  const steps = runs.flatMap((one) => one.steps);
  refuseAbsent(
    scenario.outcomes,
    outcomes,
    (name) => steps.find((step) => step.name === name && step.missing != null)?.missing ?? null,
  );
  const failures = failed.map((step) => failedStepText(step, errors.get(placeOf(step.actor, step.at))!));
  return {
    outcomes,
    violations: together(runs.flatMap(({ violations }) => violations)),
    warnings: [...new Set([...runs.flatMap(({ warnings }) => warnings), ...failures])],
    idle: idleActors(scenario, failed),
    samples: runs.length,
    seconds: (performance.now() - started) / 1000,
    interrupted: signal?.aborted ?? false,
    runs,
  };
}

const placeOf = (actor: string, at: number) => `${at} ${actor}`;

async function runOrder(
  session: Session,
  scenario: RaceScenario,
  order: readonly Turn[],
  returnedFrom: (place: string, returned: number) => void,
): Promise<SequenceRun> {
  const caught: Violation[] = [];
  const warnings: string[] = [];
  const steps: TracedStep[] = [];
  const returns = new Map<string, number | null>();
  await prepare(session, scenario, caught);
  const actors = Object.keys(scenario.actors);
  const processors = processorsOf(scenario);
  for (const { taker, steps: own } of order) {
    const actor = taker.name;
    const there = { ...taker, cpu: processors[actors.indexOf(actor)]! };
    for (const [at, step] of own.entries()) {
      if (session.broken) break;
      const text = describeStep(step);
      const { returned, violations, waits } = await session.step(step, there);
      const placed = violations
        .filter(({ kind }) => !(waits && kind === 'hang'))
        .map((violation) => ({ ...violation, step: text }));
      caught.push(...placed);
      steps.push({ text: `${actor}: ${text}`, value: returned, name: null, violations: placed });
      returns.set(placeOf(actor, at), returned);
      if (returned !== null) returnedFrom(placeOf(actor, at), returned);
      if (waits)
        warnings.push(`'${actor}' waits for another one in the order ${orderName(order)}: that is none`);
    }
  }

  const values: Record<string, number | null> = {};
  for (const [name, what] of session.broken ? [] : Object.entries(scenario.observe)) {
    if (typeof what === 'string') {
      const { value, missing } = await session.look(what);
      steps.push({ text: what, value, name, missing, violations: [] });
      values[name] = value;
    } else values[name] = returns.get(placeOf(what.returned, what.step)) ?? null;
  }
  const outcome = session.broken ? null : gradeOutcome(scenario, values, 1);
  return { name: orderName(order), fault: null, steps, outcome, violations: caught, warnings, idle: false };
}
