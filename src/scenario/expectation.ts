// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { findStage, type NamedStage, type StageName } from '../source/find-stage.js';
import type { BitfieldAccess } from '../toolchain/types.js';

export type { StageName };

/** What should come out: the same at every stage, or `fails` at some stages of a series and `holds` at all others. */
export type StageExpectation =
  | 'fails'
  | 'holds'
  /** From the first stage up to and with this one. */
  | { readonly failsThrough: StageName }
  /** From this stage on. */
  | { readonly failsFrom: StageName }
  /** From one stage to another, both included. */
  | { readonly failsBetween: readonly [StageName, StageName] }
  | { readonly failsOnlyAt: StageName };

/** An expectation, or one for each access mode where they differ. */
export type Expectation = StageExpectation | { readonly [Access in BitfieldAccess]: StageExpectation };

/** A stage of an ordered list. Stages of different series, where that is said, are neither before nor after each other. */
export type ExpectedStage = NamedStage & { readonly series?: string | null };

/** What is expected with an access mode. */
export function expectationWith(expectation: Expectation, access: BitfieldAccess): StageExpectation {
  return typeof expectation === 'object' && 'fine' in expectation ? expectation[access] : expectation;
}

/**
 * The verdict that is expected at a stage.
 *
 * @param stages in order. The first one, before any patch, belongs to every series.
 * @throws LostbitError `E_UNKNOWN_STAGE` for a stage that is not among them, here or in the expectation, `E_BAD_SCENARIO` for
 *   a range that ends before it begins, or in another series.
 */
export function expectedAt(
  expectation: StageExpectation,
  stages: readonly ExpectedStage[],
  at: StageName,
): 'fails' | 'holds' {
  const stage = findStage(stages, at);
  if (typeof expectation === 'string') return expectation;
  const [from, through] = rangeOf(expectation, stages);
  const place = (one: ExpectedStage) => stages.indexOf(one);
  const within = (bound: ExpectedStage) => inOneSeries(stage, bound);
  const fails =
    (from === null || (within(from) && place(from) <= place(stage))) &&
    (through === null || (within(through) && place(stage) <= place(through)));
  return fails ? 'fails' : 'holds';
}

/** The first and the last stage that should fail; null where there is no such bound. */
function rangeOf(
  expectation: Exclude<StageExpectation, string>,
  stages: readonly ExpectedStage[],
): readonly [ExpectedStage | null, ExpectedStage | null] {
  if ('failsThrough' in expectation) return [null, findStage(stages, expectation.failsThrough)];
  if ('failsFrom' in expectation) return [findStage(stages, expectation.failsFrom), null];
  const [first, last] =
    'failsBetween' in expectation
      ? expectation.failsBetween
      : [expectation.failsOnlyAt, expectation.failsOnlyAt];
  const from = findStage(stages, first);
  const through = findStage(stages, last);
  const range = `failsBetween: ['${printable(String(first))}', '${printable(String(last))}']`;
  if (!inOneSeries(from, through))
    throw new LostbitError('E_BAD_SCENARIO', `${range}: these are stages of two series`);
  if (stages.indexOf(from) > stages.indexOf(through)) {
    throw new LostbitError('E_BAD_SCENARIO', `${range}: the first comes after the second`, {
      hint: 'the earlier stage stands first',
    });
  }
  return [from, through];
}

/** Base is of every series. */
const inOneSeries = (a: ExpectedStage, b: ExpectedStage): boolean =>
  (a.series ?? null) === null || (b.series ?? null) === null || a.series === b.series;
