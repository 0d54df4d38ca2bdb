// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { findStage, type NamedStage } from '../source/find-stage.js';
import type { BitfieldAccess } from '../toolchain/types.js';
import type { Expectation, Scenario, StageExpectation, StageName, Verdict } from './scenario.js';

/** A stage of an ordered list. Stages of different series, where that is said, are neither before nor after each other. */
export type ExpectedStage = NamedStage & {
  readonly series?: string | null;
  /** Of a series that the scenarios were not written with: nothing is expected there. */
  readonly foreign?: boolean;
  /** It has all patches of its series at once, and stands beside the stages of the others. */
  readonly whole?: boolean;
};

/**
 * A subject's stages, as far as expectations go. Sources of somebody else's are known by what is in them: of a series that they
 * need not have been made by, they have some patches at a stage, each named by the stage of that series that it leads to.
 */
export interface StagedSubject {
  /** In order. */
  readonly stages: readonly ExpectedStage[];
  readonly known?: {
    readonly stages: readonly ExpectedStage[];
    readonly has: (stage: string) => ReadonlySet<string>;
  };
}

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

/** It fails where the patch is there that breaks it, and the one that mends it is not. */
function expectedByPatches(
  expectation: Exclude<StageExpectation, string>,
  stages: readonly ExpectedStage[],
  has: ReadonlySet<string>,
): Verdict {
  const [from, through] = rangeOf(expectation, stages);
  const mending = mendingPatches(expectation, through, stages);
  const isBroken = from === null || from === stages[0] || has.has(from.name);
  const isMended = mending.length > 0 && mending.every(({ name }) => has.has(name));
  return isBroken && !isMended ? 'fails' : 'holds';
}

/** The patches that it takes to mend what fails: the one behind the last stage that does, unless the scenario names more. */
function mendingPatches(
  expectation: Exclude<StageExpectation, string>,
  through: ExpectedStage | null,
  stages: readonly ExpectedStage[],
): readonly ExpectedStage[] {
  if ('failsThrough' in expectation && expectation.mendedBy !== undefined)
    return expectation.mendedBy.map((name) => findStage(stages, name));
  if (through === null) return [];
  const next = stages.slice(stages.indexOf(through) + 1).find((one) => inOneSeries(one, through));
  return next === undefined ? [] : [next];
}

/** The patch that a scenario is about, where sources lack it at a stage; null where it applies to them. */
export function lackedBy(
  { from }: Pick<Scenario, 'from'>,
  { stages, known }: StagedSubject,
  at: StageName,
): string | null {
  if (known === undefined || from === undefined) return null;
  const stage = findStage(known.stages, from);
  const isThere = () => known.has(findStage(stages, at).name).has(stage.name);
  return stage === known.stages[0] || isThere() ? null : stage.subject;
}

/** Base is of every series. */
export const inOneSeries = (a: ExpectedStage, b: ExpectedStage): boolean =>
  (a.series ?? null) === null || (b.series ?? null) === null || a.series === b.series;

/** What it is, whatever series and stages are called. */
export const isControl = ({ whole = false }: ExpectedStage): boolean => whole;

/**
 * Does a scenario apply to a stage? To a control apply its own scenarios, and those that expect the same of every stage; to
 * the others those that begin before it, in its series.
 *
 * @throws LostbitError `E_UNKNOWN_STAGE` where the scenario names one that is not among them.
 */
export function appliesTo(
  { from, expect, stage: own }: Pick<Scenario, 'from' | 'expect' | 'stage'>,
  { stages, known }: StagedSubject,
  at: StageName,
): boolean {
  const stage = findStage(stages, at);
  if (known !== undefined) {
    if (own !== undefined && isControl(findStage(known.stages, own)))
      return isControl(stage) && findStage(known.stages, own).name === stage.name;
    return !isControl(stage) || (from === undefined && typeof expect !== 'object');
  }
  const isOwn = own !== undefined && findStage(stages, own) === stage;
  if (isControl(stage)) return isOwn || (from === undefined && typeof expect !== 'object');
  if (own !== undefined && isControl(findStage(stages, own))) return false;
  if (from === undefined) return true;
  const first = findStage(stages, from);
  return inOneSeries(stage, first) && stages.indexOf(stage) >= stages.indexOf(first);
}

/**
 * The verdict that a scenario expects at a stage; `null` where it expects none, says something of another series only, or was not
 * written with the series of that stage.
 *
 * @throws LostbitError as {@link expectedAt} does.
 */
export function expectedVerdict(
  scenario: Pick<Scenario, 'expect' | 'from' | 'stage'>,
  subject: StagedSubject,
  at: StageName,
  access: BitfieldAccess,
): Verdict | null {
  const { expect } = scenario;
  const { stages, known } = subject;
  if (expect === undefined || !appliesTo(scenario, subject, at)) return null;
  const stage = findStage(stages, at);
  if (stage.foreign === true) return null;
  const expectation = expectationWith(expect, access);
  if (known !== undefined)
    return typeof expectation === 'string'
      ? expectation
      : expectedByPatches(expectation, known.stages, known.has(stage.name));
  if (typeof expectation !== 'string') {
    const bounds = rangeOf(expectation, stages);
    if (bounds.some((bound) => bound !== null && !inOneSeries(stage, bound))) return null;
  }
  return expectedAt(expectation, stages, at);
}
