// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Timing } from '../src/engine/stress/timing.js';
import type { Sweep, SweepRow } from './sweep.js';

/** Thousands a second, ours / the native build's. */
const cell = ({ ours, native }: { ours: number; native: number | null }) =>
  native === null ? thousands(ours) : `${thousands(ours)} / ${thousands(native)}`;
const thousands = (rate: number) => (rate / 1000).toFixed(1);
const percent = (share: number | null) => (share === null ? '?' : `${Math.round(100 * share)} %`);

/**
 * A sweep as tables: lags against delays, of each the best of its paces and batches; then each pace and batch, at its
 * best; then the tuner beside the best of both.
 */
export function sweepTable({ rows, comparison }: Sweep): string {
  const values = (of: (row: SweepRow) => number) => [...new Set(rows.map(of))].sort((a, b) => a - b);
  const signed = ({ late, lag }: SweepRow) => (late === 0 ? -lag : lag);
  const delays = values(({ delay }) => delay);
  const { tuned, best, bestTiming, native, nativeTiming, ofBest, ofNative } = comparison;
  return [
    `| sweep: lag \\\\ delay, k lost/s ours / native | ${delays.join(' | ')} |`,
    `|--:|${delays.map(() => '--:|').join('')}`,
    ...values(signed).map((lag) => {
      const cells = delays.map((delay) => bestOf((row) => signed(row) === lag && row.delay === delay));
      return `| ${lag} | ${cells.join(' | ')} |`;
    }),
    '',
    '| batch | pace | k lost/s ours / native, at its best |',
    '|--:|--:|--:|',
    ...values(({ batch }) => batch).flatMap((batch) =>
      values(({ pace }) => pace).map(
        (pace) => `| ${batch} | ${pace} | ${bestOf((row) => row.batch === batch && row.pace === pace)} |`,
      ),
    ),
    '',
    '| driver path, base, fine | k lost/s | timing |',
    '|---|--:|---|',
    `| the tuner, from its start on | ${thousands(tuned)} | ${percent(ofBest)} of the best, ${percent(ofNative)} of the native build's best |`,
    `| the best of the sweep | ${thousands(best)} | ${timingText(bestTiming)} |`,
    ...(native === null
      ? []
      : [`| the native build's best | ${thousands(native)} | ${timingText(nativeTiming!)} |`]),
  ].join('\n');

  /** The best there is of some rows, of each side. */
  function bestOf(which: (row: SweepRow) => boolean): string {
    const some = rows.filter(which);
    if (some.length === 0) return '';
    const natives = some.map(({ native }) => native).filter((rate) => rate !== null);
    return cell({
      ours: Math.max(...some.map(({ ours }) => ours)),
      native: natives.length > 0 ? Math.max(...natives) : null,
    });
  }
}

const timingText = ({ batch, pace, delay, late, lag }: Timing) =>
  `batch ${batch}, pace ${pace}, delay ${delay}${lag > 0 ? `, actor ${late} by ${lag}` : ''}`;
