// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Replayed, Result } from '../verify/result.js';
import { formatValues } from '../verify/values.js';
import { grouped } from './grouped.js';
import { interleavingText } from './interleaving.js';
import { buildLine, headLine, outcomeTable } from './race-table.js';
import { actorTexts } from './steps.js';
import { violationLines } from './trace.js';

export interface ReplayView {
  /** Characters of a line. */
  readonly width: number;
  /** Every access, with where it is in the code. */
  readonly verbose: boolean;
}

/** One schedule: what the actors do in it, and its outcome, simulated and on real threads. */
export function replayText(result: Result, view: ReplayView): string {
  const { simulated, endings } = result.replayed!;
  const ending = simulated.ending === 'done' ? formatValues(simulated.values) : simulated.ending;
  const { seconds, violations } = result;
  const rate = seconds > 0 ? `, ${grouped(repetitions(endings) / seconds)}/s` : '';
  return [
    headLine(result),
    `  ${buildLine(result)}`,
    '',
    interleavingText(result.interleaving!, { steps: actorTexts(result.actors ?? []), ...view }),
    '',
    `simulated: ${ending}`,
    ...simulated.violations.flatMap(violationLines).map((line) => `  ${line}`),
    `on real threads, in ${seconds.toFixed(2)} s${rate}:`,
    ...outcomeTable({ ...result, violations: [] }, 'TIMES'),
    ...violations.flatMap(violationLines).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

const repetitions = (endings: Replayed['endings']): number =>
  Object.values(endings).reduce((sum, count) => sum + count, 0);
