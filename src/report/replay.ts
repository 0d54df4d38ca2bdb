// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { ReplayResult } from '../engine/replay/replay.js';
import type { DescribedExecution } from '../engine/simulate/simulation.js';
import { interleavingText } from './interleaving.js';
import { formatValues, grouped, outcomeTable } from './race-table.js';
import type { Result } from './schema.js';
import { violationLines } from './trace.js';

export interface ReplayView {
  /** Characters of a line. */
  readonly width: number;
  /** Every access, with where it is in the code. */
  readonly verbose: boolean;
}

/** One schedule: what the actors do in it, and its outcome, simulated and on real threads. */
export function replayText(
  result: Result,
  execution: DescribedExecution,
  real: ReplayResult,
  title: string,
  view: ReplayView,
): string {
  const ending = execution.ending === 'done' ? formatValues(execution.values) : execution.ending;
  const times = Object.values(real.endings).reduce((sum, count) => sum + count, 0);
  const rate = real.seconds > 0 ? `, ${grouped(times / real.seconds)}/s` : '';
  return [
    `${pc.bold(result.scenario)} at ${pc.bold(result.stage)}: ${title}`,
    `  ${result.toolchain} (${result.toolchainVersion}) -O${result.optimize}, bit-field access ${result.bitfieldAccess}`,
    '',
    interleavingText(execution.interleaving, { steps: result.actors ?? {}, ...view }),
    '',
    `simulated: ${ending}`,
    ...execution.violations.flatMap(violationLines).map((line) => `  ${line}`),
    `on real threads, in ${real.seconds.toFixed(2)} s${rate}:`,
    ...outcomeTable({ ...result, violations: [] }, 'TIMES'),
    ...real.violations.flatMap(violationLines).map((line) => `  ${line}`),
    '',
  ].join('\n');
}
