// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isRace, type RaceScenario, type SequenceScenario, sequencesOf } from './scenario.js';
import type { Step } from './steps.js';

/** Actors a scenario may have; the C side's LAB_ACTORS, and the threads there are. */
export const actorLimit = 64;
/** Steps an actor may have; the C side's LAB_STEPS. */
const stepLimit = 16;
/** Steps of a set-up, with one for each fault; twice the C side's LAB_STEPS. */
const setupLimit = 2 * stepLimit;
/** Arguments of a step; the C side's LAB_ARGS. */
export const argLimit = 6;
/** Values a scenario may observe; the C side's LAB_OBSERVED. */
const observedLimit = 8;
/** Devices a scenario may plug in; the C side's LAB_DEVICES. */
const deviceLimit = 8;

/** What of a scenario the C side has no room for, and what to do about it. */
export interface Excess {
  readonly message: string;
  readonly hint?: string;
}

/**
 * The first of a scenario's parts that there is no room for; `null`: it fits.
 *
 * @param least what of each there has to be at least: as a scenario needs it, or nothing, as machines take it.
 */
export function excessOf(
  scenario: RaceScenario | SequenceScenario,
  least: 'enough' | 'nothing' = 'enough',
): Excess | null {
  const low = (count: number) => (least === 'enough' ? count : 0);
  const { devices, setup = [], faults = {} } = scenario;
  const armed = Object.keys(faults).length;
  const preparing = setup.length + armed;
  return (
    within(Object.keys(devices).length, low(1), deviceLimit, 'devices', 'make several scenarios of it') ??
    (preparing > setupLimit
      ? {
          message: `a set-up of ${setup.length} steps${armed > 0 ? ` and ${armed} faults, a step each` : ''}; there may be ${setupLimit} together`,
          hint: 'leave out what the actors do not need, or let an actor do it first',
        }
      : null) ??
    argsExcess(stepsOf(scenario)) ??
    (isRace(scenario) ? raceExcess(scenario, low) : null)
  );
}

function raceExcess({ actors, observe }: RaceScenario, low: (count: number) => number): Excess | null {
  const long = Object.entries(actors).find(([, steps]) => steps.length < low(1) || steps.length > stepLimit);
  return (
    within(
      Object.keys(actors).length,
      low(2),
      actorLimit,
      'actors',
      'give an actor several steps: those run one after the other',
    ) ??
    (long === undefined
      ? null
      : {
          message: `actor '${long[0]}' has ${long[1].length} steps; an actor has 1 to ${stepLimit}`,
          hint: 'share them out among several actors, or move some to the set-up',
        }) ??
    within(
      Object.keys(observe).length,
      low(1),
      observedLimit,
      'observed values',
      'observe what the outcomes are told apart by; several scenarios may observe the rest',
    )
  );
}

function argsExcess(steps: readonly Step[]): Excess | null {
  const wide = steps.find(({ args }) => args.length > argLimit);
  if (wide === undefined) return null;
  return { message: `a step '${wide.op}' has ${wide.args.length} arguments; there may be ${argLimit}` };
}

function stepsOf(scenario: RaceScenario | SequenceScenario): Step[] {
  const own = isRace(scenario)
    ? Object.values(scenario.actors).flat()
    : Object.values(sequencesOf(scenario))
        .flat()
        .flatMap((item) => ('op' in item ? [item] : typeof item.what === 'string' ? [] : [item.what]));
  return [...(scenario.setup ?? []), ...own];
}

function within(count: number, low: number, high: number, what: string, hint: string): Excess | null {
  if (count >= low && count <= high) return null;
  return { message: `${count} ${what}; a scenario has ${low} to ${high}`, ...(count > high ? { hint } : {}) };
}
