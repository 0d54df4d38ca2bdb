// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describeStep } from '../scenario/describe.js';
import type { ActorSteps, Result } from '../verify/result.js';

/** The steps that came first, a line each. */
export const setupTexts = ({ setup }: Pick<Result, 'setup'>): string[] => setup.map(describeStep);

/** The steps of actors, by their names, a line each. */
export const actorTexts = (actors: readonly ActorSteps[]): Record<string, string[]> =>
  Object.fromEntries(actors.map(({ name, steps }) => [name, steps.map(describeStep)]));
