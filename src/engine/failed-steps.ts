// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describeStep } from '../scenario/describe.js';
import { actorOf, observesReturn, type RaceScenario } from '../scenario/scenario.js';
import { errnoName } from './errno.js';

/** A step of an actor that always returned an error, and whose return value is not observed. */
export interface FailedStep {
  readonly actor: string;
  /** Index among the actor's steps. */
  readonly at: number;
  /** For people: `open A`. */
  readonly text: string;
}

/** The steps that failed every time (says `failed`), without those whose return value the scenario observes. */
export function failedSteps(
  scenario: RaceScenario,
  failed: (actor: number, at: number) => boolean,
): FailedStep[] {
  return Object.entries(scenario.actors).flatMap(([actor, spec], index) =>
    actorOf(spec)
      .steps.map((step, at) => ({ actor, at, text: describeStep(step) }))
      .filter(({ at }) => !observesReturn(scenario, actor, at) && failed(index, at)),
  );
}

/** @param errno what it returned, negative. */
export const failedStepText = ({ actor, at, text }: FailedStep, errno: number): string =>
  `step ${at} of '${actor}' (${text}) returned ${errnoName(errno)} every time`;

/** The actors that have nothing but such steps. */
export const idleActors = ({ actors }: RaceScenario, failed: readonly FailedStep[]): string[] =>
  Object.entries(actors)
    .filter(
      ([name, spec]) =>
        actorOf(spec).steps.length > 0 &&
        failed.filter(({ actor }) => actor === name).length === actorOf(spec).steps.length,
    )
    .map(([name]) => `'${name}'`);
