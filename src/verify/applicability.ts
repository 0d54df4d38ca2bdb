// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { checkApart } from '../engine/apart.js';
import { checkNames } from '../engine/names-in.js';
import { LostbitError } from '../errors.js';
import { Machine } from '../machine/machine.js';
import { lackedBy } from '../scenario/expectation.js';
import { isLayout, type Scenario } from '../scenario/scenario.js';
import type { Build } from '../toolchain/build.js';
import type { SubjectFacts } from './result.js';

/** What a scenario names that somebody else's sources may lack. */
const lacking: readonly string[] = ['E_UNKNOWN_OP', 'E_UNKNOWN_FAULT', 'E_UNKNOWN_FIELD', 'E_UNKNOWN_TYPE'];

/** Does an error say that sources lack what a scenario names? */
export const isLack = (error: unknown): error is LostbitError =>
  error instanceof LostbitError && lacking.includes(error.code);

/** What the sources lack that a scenario is about; null where they have the patch that it begins with. */
export function lackOf(scenario: Scenario, of: SubjectFacts, stage: string): string | null {
  const patch = lackedBy(scenario, of, stage);
  return patch === null ? null : `the sources do not have '${patch}'`;
}

/** What they lack of all that a scenario names, as far as a build of them shows; null: it applies. Nothing runs. */
export function inapplicable(
  scenario: Scenario,
  of: SubjectFacts,
  stage: string,
  build: Build,
): string | null {
  const lack = lackOf(scenario, of, stage);
  if (lack !== null) return lack;
  try {
    if (isLayout(scenario)) checkApart({ name: '', origin: '', scenario, stage: '', build }, true);
    else checkNames(new Machine(build.bytes), scenario);
    return null;
  } catch (error) {
    if (!isLack(error)) throw error;
    return error.message;
  }
}
