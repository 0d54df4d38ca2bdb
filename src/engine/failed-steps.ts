// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { observesReturn, type RaceScenario } from '../scenario/scenario.js';
import { errnoName } from './errno.js';

/** A step of an actor that always returned an error, and whose return value is not observed. */
export interface FailedStep {
  readonly actor: string;
  /** Index among the actor's steps. */
  readonly at: number;
  readonly op: string;
}

/** The steps that failed every time (says `failed`), without those whose return value the scenario observes. */
export function failedSteps(
  scenario: RaceScenario,
  failed: (actor: number, at: number) => boolean,
): FailedStep[] {
  return Object.entries(scenario.actors).flatMap(([actor, steps], index) =>
    steps
      .map(({ op }, at) => ({ actor, at, op }))
      .filter(({ at }) => !observesReturn(scenario, actor, at) && failed(index, at)),
  );
}

/** @param errno what it returned, negative. */
export const failedStepText = ({ actor, at, op }: FailedStep, errno: number): string =>
  `step ${at} of '${actor}' (${op}) returned ${errnoName(errno)} every time`;

/** The actors that have nothing but such steps. */
export const idleActors = ({ actors }: RaceScenario, failed: readonly FailedStep[]): string[] =>
  Object.entries(actors)
    .filter(
      ([name, { length }]) => length > 0 && failed.filter(({ actor }) => actor === name).length === length,
    )
    .map(([name]) => `'${name}'`);
