// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ExitStatus } from '../errors.js';
import type { Result } from './result.js';

type Judged = Pick<Result, 'agreement' | 'broken' | 'verdict'> &
  Partial<Pick<Result, 'change' | 'scenario' | 'stage' | 'unsupported'>>;

/**
 * The exit status of a list of verdicts; the worst of them counts. What is undecided contradicts no expectation: a race
 * that was out of luck, an exploration that was cut short. A scenario in which nothing happened does not pass, though. Where nothing
 * is expected, a patch after which it is worse counts; what failed before and still does is no reason. Where all that was to be tested
 * needs what the stub kernel does not have, the request cannot be carried out.
 */
export function statusOf(results: readonly Judged[]): number {
  const broken = results.flatMap(({ broken }) => broken ?? []);
  if (broken.some(({ code }) => code === null)) return ExitStatus.defect;
  if (broken.length > 0) return ExitStatus.refused;
  // A matrix in which nothing was looked at agrees with nothing.
  const isUntested = ({ verdict, unsupported }: Judged) =>
    verdict === 'not-applicable' || unsupported === true;
  if (results.length > 0 && results.every(isUntested)) return ExitStatus.refused;
  // What patches are put on is there anyway: a scenario that is compared with that is judged by what they make of it.
  const cellOf = ({ scenario }: Judged, stage: string | undefined) =>
    `${scenario?.origin}\n${scenario?.name}\n${stage}`;
  const before = new Set(
    results.flatMap((one) => (one.change == null ? [] : [cellOf(one, one.change.against)])),
  );
  const isPutOn = (one: Judged) => one.change == null && before.has(cellOf(one, one.stage));
  return statusOfDifferences(
    results.some((one) => (one.agreement === 'differs' && !isPutOn(one)) || one.change?.worse === true),
  );
}

/** The same where engines are compared: the only expectation is that they agree. */
export const statusOfDifferences = (differ: boolean): number =>
  differ ? ExitStatus.differs : ExitStatus.expected;
