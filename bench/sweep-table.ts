// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Timing } from '../src/engine/stress/timing.js';
import type { Sweep, SweepRow } from './sweep.js';

const thousands = (rate: number) => (rate / 1000).toFixed(1);

/**
 * A sweep as tables: lags against delays, of each the best of its paces and batches; then each pace and batch, at its
 * best; then the tuner beside the best.
 */
export function sweepTable({ rows, comparison }: Sweep): string {
  const values = (of: (row: SweepRow) => number) => [...new Set(rows.map(of))].sort((a, b) => a - b);
  const signed = ({ late, lag }: SweepRow) => (late === 0 ? -lag : lag);
  const delays = values(({ delay }) => delay);
  const { tuned, best, bestTiming, ofBest } = comparison;
  return [
    `| sweep: lag \\\\ delay, k lost/s | ${delays.join(' | ')} |`,
    `|--:|${delays.map(() => '--:|').join('')}`,
    ...values(signed).map((lag) => {
      const cells = delays.map((delay) => bestOf((row) => signed(row) === lag && row.delay === delay));
      return `| ${lag} | ${cells.join(' | ')} |`;
    }),
    '',
    '| batch | pace | k lost/s, at its best |',
    '|--:|--:|--:|',
    ...values(({ batch }) => batch).flatMap((batch) =>
      values(({ pace }) => pace).map(
        (pace) => `| ${batch} | ${pace} | ${bestOf((row) => row.batch === batch && row.pace === pace)} |`,
      ),
    ),
    '',
    '| driver path, base, fine | k lost/s | timing |',
    '|---|--:|---|',
    `| the tuner, from its start on | ${thousands(tuned)} | ${Math.round(100 * ofBest)} % of the best |`,
    `| the best of the sweep | ${thousands(best)} | ${timingText(bestTiming)} |`,
  ].join('\n');

  /** The best there is of some rows. */
  function bestOf(which: (row: SweepRow) => boolean): string {
    const some = rows.filter(which);
    return some.length === 0 ? '' : thousands(Math.max(...some.map(({ rate }) => rate)));
  }
}

const timingText = ({ batch, pace, delay, late, lag }: Timing) =>
  `batch ${batch}, pace ${pace}, delay ${delay}${lag > 0 ? `, actor ${late} by ${lag}` : ''}`;
