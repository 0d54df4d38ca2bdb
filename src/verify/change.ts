// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expectedVerdict, inOneSeries, isControl } from '../scenario/expectation.js';
import type { BitfieldAccess } from '../toolchain/types.js';
import type { Change, Result } from './result.js';
import type { Cell } from './verify.js';

/**
 * What each cell is compared with, as nothing is expected there: the last stage before it, in its series, at which the same scenario
 * is looked at.
 *
 * @throws LostbitError as `expectedVerdict` does.
 */
export function comparedCells<C extends Cell>(cells: readonly C[], access: BitfieldAccess): Map<C, C> {
  const scenarios = new Map<Cell['scenario'], C[]>();
  for (const cell of cells) scenarios.set(cell.scenario, [...(scenarios.get(cell.scenario) ?? []), cell]);
  const compared = new Map<C, C>();
  for (const group of scenarios.values()) {
    const { stages } = group[0]!.of;
    const placed = group
      .map((cell) => ({ cell, place: stages.findIndex(({ name }) => name === cell.stage) }))
      .filter(({ place }) => place >= 0 && !isControl(stages[place]!))
      .sort((a, b) => a.place - b.place);
    for (const [i, { cell, place }] of placed.entries()) {
      if (expectedVerdict(cell.scenario, cell.of, cell.stage, access) !== null) continue;
      const before = placed
        .slice(0, i)
        .findLast((one) => one.place < place && inOneSeries(stages[one.place]!, stages[place]!));
      if (before !== undefined) compared.set(cell, before.cell);
    }
  }
  return compared;
}

/**
 * Results with what patches change, where nothing is expected.
 *
 * @param isSame two stages have the same module: nothing has changed, however little was explored.
 */
export function withChanges<C extends Cell>(
  results: ReadonlyMap<C, Result>,
  compared: ReadonlyMap<C, C>,
  isSame: (cell: C, before: C) => boolean = () => false,
): Map<C, Result> {
  const against = new Set(compared.values());
  return new Map(
    [...results].map(([cell, result]) => {
      const other = compared.get(cell);
      const before = results.get(other ?? cell);
      const isCompared = compared.has(cell) || against.has(cell);
      if (before === undefined || !isCompared || result.expected !== null) return [cell, result] as const;
      const isJudged = result.verdict === 'fails' || result.verdict === 'holds';
      return [
        cell,
        {
          ...result,
          agreement: isJudged ? ('compared' as const) : result.agreement,
          change: other === undefined ? null : settled(changeBetween(before, result), isSame(cell, other)),
        },
      ] as const;
    }),
  );
}

/** What has one module has not changed, however much was seen of it each time. */
const settled = (change: Change | null, isSame: boolean): Change | null =>
  change === null || !isSame
    ? change
    : { ...change, kind: 'same', worse: false, bounded: false, appeared: [], gone: [] };

/**
 * What has become of a scenario from one stage to a later one; null where one of them has no verdict, or it applies to neither. What
 * was not shown, before or after, is never mended.
 */
export function changeBetween(before: Result, after: Result): Change | null {
  const [was, is] = [before.verdict, after.verdict];
  if (was === null || is === null || (was === 'not-applicable' && is === 'not-applicable')) return null;
  const change = (kind: Change['kind'], more: Partial<Change> = {}): Change => ({
    against: before.stage,
    was,
    kind,
    worse: false,
    bounded: false,
    appeared: [],
    gone: [],
    ...more,
  });
  const [failedBy, failsBy] = [failuresOf(before), failuresOf(after)];
  const missingIn = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
    [...some].filter(([key]) => !others.has(key)).map(([, text]) => text);
  const appeared = missingIn(failsBy, failedBy);
  const gone = missingIn(failedBy, failsBy);
  if (was === 'fails' && is === 'holds') return change('fixes', { bounded: !after.exhaustive, gone });
  if (was === 'holds' && is === 'fails')
    return change('breaks', { worse: true, bounded: !before.exhaustive, appeared });
  if (was === 'fails' && is === 'fails') {
    // What was not looked for to the end may have been there all the same.
    const unsure = (appeared.length > 0 && !before.exhaustive) || (gone.length > 0 && !after.exhaustive);
    const differs = appeared.length + gone.length > 0;
    return change(differs ? 'otherwise' : 'same', {
      worse: appeared.length > 0 && before.exhaustive,
      bounded: differs ? unsure : !(before.exhaustive && after.exhaustive),
      appeared,
      gone,
    });
  }
  if (was === is)
    return change('same', { bounded: is === 'holds' && !(before.exhaustive && after.exhaustive) });
  return change('otherwise', { worse: is === 'fails', appeared, gone });
}

/** The ways in which something fails, by what finds them again: forbidden outcomes, violations. */
function failuresOf({ outcomes, violations }: Result): Map<string, string> {
  const bad = outcomes.filter(({ grade, count }) => grade === 'forbidden' && count > 0);
  return new Map([
    ...bad.map(({ values, note }) => {
      const read = Object.entries(values).map(([name, value]) => `${name}=${value}`);
      return [read.join(' '), read.length === 0 ? note : `${note} (${read.join(' ')})`] as const;
    }),
    ...violations.map(
      ({ rule, fingerprint, kind, message }) => [`${rule} ${fingerprint}`, `${kind}: ${message}`] as const,
    ),
  ]);
}
