// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Grade, OutcomePattern, Verdict } from './scenario.js';

/** Observed values by name; `null` where a field lay behind a pointer that was NULL. */
export type Values = Readonly<Record<string, number | null>>;

/** How often an outcome was seen, and how the scenario grades it. */
export interface GradedOutcome {
  readonly values: Values;
  readonly count: number;
  readonly grade: Grade;
  readonly note: string;
}

/** Grades one outcome: the first pattern that matches wins, and what none matches is forbidden. */
export function gradeOutcome(
  scenario: { readonly outcomes: readonly OutcomePattern[] },
  values: Values,
  count: number,
): GradedOutcome {
  const pattern = scenario.outcomes.find(({ when }) =>
    Object.entries(when).every(([name, wanted]) => wanted === undefined || values[name] === wanted),
  );
  return {
    values,
    count,
    grade: pattern?.grade ?? 'forbidden',
    note: pattern?.note ?? 'no pattern of the scenario covers this outcome',
  };
}

/** A verdict from what was seen: anything forbidden, and any violation, fails. */
export function verdictOf(outcomes: readonly GradedOutcome[], violations: readonly unknown[]): Verdict {
  const forbidden = outcomes.some(({ grade, count }) => grade === 'forbidden' && count > 0);
  return forbidden || violations.length > 0 ? 'fails' : 'holds';
}
