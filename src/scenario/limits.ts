// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { definedNumber } from '../defined-number.js';
import { cSource } from '../source/own-c.js';
import {
  actorOf,
  isObservation,
  isRace,
  type RaceScenario,
  type SequenceScenario,
  sequencesOf,
} from './scenario.js';
import { nameOf, type Step } from './step.js';

/** How much of each there is room for on the C side. */
export interface Limits {
  readonly actors: number;
  /** Of an actor. */
  readonly steps: number;
  /** Of a set-up, with one for each fault. */
  readonly setup: number;
  /** Of a step. */
  readonly args: number;
  readonly observed: number;
  /** Bytes of an actor's name, without the zero that ends it. */
  readonly name: number;
  /** Threads that race. */
  readonly workers: number;
}

let own: Limits | undefined;

/**
 * Those of lostbit's own C side, before there is any module: what `lab.h` defines. A module has its own (see `limitsOf` of
 * the engines).
 *
 * @throws LostbitError `E_BROKEN_INSTALL` where the header is not there, or does not define one of them.
 */
export function ownLimits(): Limits {
  own ??= read();
  return own;
}

function read(): Limits {
  const defined = (macro: string, header = 'lab/lab.h') => definedNumber(join(cSource(), header), macro);
  return {
    actors: defined('LAB_ACTORS'),
    steps: defined('LAB_STEPS'),
    setup: defined('LAB_SETUP_STEPS'),
    args: defined('LAB_ARGS', 'lab/op.h'),
    observed: defined('LAB_OBSERVED'),
    name: defined('LAB_NAME') - 1,
    workers: defined('LAB_WORKERS'),
  };
}

/** Processors that actors can share. */
export const processors = (): number => definedNumber(join(cSource(), 'include/linux/cpumask.h'), 'NR_CPUS');

/** What of a scenario the C side has no room for, and what to do about it. */
export interface Excess {
  readonly message: string;
  readonly hint?: string;
}

/**
 * The first of a scenario's parts that there is no room for; `null`: it fits.
 *
 * @param least what of each there has to be at least: as a scenario needs it, or nothing, as machines take it.
 * @param limits of the module that it is meant for.
 */
export function excessOf(
  scenario: RaceScenario | SequenceScenario,
  least: 'enough' | 'nothing' = 'enough',
  limits: Limits = ownLimits(),
): Excess | null {
  const low = (count: number) => (least === 'enough' ? count : 0);
  const { setup = [], faults = {} } = scenario;
  const armed = Object.keys(faults).length;
  const preparing = setup.length + armed;
  return (
    (preparing > limits.setup
      ? {
          message: `a set-up of ${setup.length} steps${armed > 0 ? ` and ${armed} faults, a step each` : ''}; there may be ${limits.setup} together`,
          hint: 'leave out what the actors do not need, or let an actor do it first',
        }
      : null) ??
    argsExcess(stepsOf(scenario), limits) ??
    (isRace(scenario) ? raceExcess(scenario, low, limits) : null)
  );
}

function raceExcess(
  { actors, observe }: RaceScenario,
  low: (count: number) => number,
  limits: Limits,
): Excess | null {
  const lists = Object.entries(actors).map(([name, actor]) => [name, actorOf(actor).steps] as const);
  const long = lists.find(([, steps]) => steps.length < low(1) || steps.length > limits.steps);
  return (
    within(
      Object.keys(actors).length,
      low(2),
      limits.actors,
      'actors',
      'give an actor several steps: those run one after the other',
    ) ??
    (long === undefined
      ? null
      : {
          message: `actor '${long[0]}' has ${long[1].length} steps; an actor has 1 to ${limits.steps}`,
          hint: 'share them out among several actors, or move some to the set-up',
        }) ??
    within(
      Object.keys(observe).length,
      0,
      limits.observed,
      'observed values',
      'observe only what distinguishes the outcomes; several scenarios may observe the rest',
    )
  );
}

function argsExcess(steps: readonly Step[], limits: Limits): Excess | null {
  const wide = steps.find(({ args }) => args.length > limits.args);
  if (wide === undefined) return null;
  return {
    message: `a step '${nameOf(wide)}' has ${wide.args.length} arguments; there may be ${limits.args}`,
  };
}

/** All steps of a scenario, those of its set-up first. */
export function stepsOf(scenario: RaceScenario | SequenceScenario): Step[] {
  const own = isRace(scenario)
    ? Object.values(scenario.actors).flatMap((actor) => actorOf(actor).steps)
    : Object.values(sequencesOf(scenario))
        .flat()
        .flatMap((item) =>
          isObservation(item) ? (typeof item.what === 'string' ? [] : [item.what]) : [item],
        );
  return [...(scenario.setup ?? []), ...own];
}

function within(count: number, low: number, high: number, what: string, hint: string): Excess | null {
  if (count >= low && count <= high) return null;
  return { message: `${count} ${what}; a scenario has ${low} to ${high}`, ...(count > high ? { hint } : {}) };
}
