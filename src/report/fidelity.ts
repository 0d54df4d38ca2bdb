// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { basename } from 'node:path';
import pc from 'picocolors';
import type { ExcerptComparison } from '../verify/excerpt-result.js';
import { type Fidelity, isDifference, type Judgement, rowText } from '../verify/fidelity-result.js';
import { excerptJson } from './excerpt.js';
import { type FidelityReport, fidelitySchemaId } from './fidelity-schema.js';
import { grouped } from './grouped.js';
import { buildLine, headLine } from './race-table.js';

const paint: Readonly<Record<Judgement, (text: string) => string>> = {
  'seen but impossible': pc.red,
  'not replayed': pc.red,
  'missing elsewhere': pc.red,
  'not among those explored': pc.yellow,
  'possible but unseen': pc.yellow,
  agrees: pc.green,
};

/** A scenario at a stage: what each engine says of each outcome, and the differences; a line closes it. */
export function fidelityText(cell: Fidelity): string {
  const names = Object.keys(cell.rows.find(({ values }) => values !== null)?.values ?? {});
  return [
    headLine(cell),
    ...settings(cell),
    '',
    ...table(cell),
    ...(names.length === 0 ? [] : [pc.dim(`  RESULT is ${names.join(', ')}`)]),
    '',
    ...differenceLines(cell),
    fidelityLine(cell),
  ].join('\n');
}

function settings(cell: Fidelity): string[] {
  const { simulate, stress, replay, others } = cell;
  const all = simulate.bounded === null ? pc.green('all of them') : pc.yellow(`bounded: ${simulate.bounded}`);
  const ended = stress.broken ? pc.yellow(', ended by a hang or a trap') : '';
  return [
    `  ${buildLine(cell)}`,
    `  simulate  ${grouped(simulate.executions)} executions in ${simulate.seconds.toFixed(2)} s, ${all}`,
    `  stress    ${grouped(stress.samples)} samples in ${stress.seconds.toFixed(1)} s, seed ${stress.seed}${ended}`,
    `  replay    ${replay.schedules} schedule${replay.schedules === 1 ? '' : 's'}, ${replay.times} times each, in ${replay.seconds.toFixed(1)} s`,
    ...others.map(
      ({ engine, file, exhaustive }, i) =>
        `  [${i + 1}]       ${engine} (${basename(file)})${exhaustive ? ', exhaustive' : ''}`,
    ),
  ];
}

function table({ rows, replay, others }: Fidelity): string[] {
  const count = (number: number) => (number === 0 ? '–' : grouped(number));
  const cells = rows.map((row) => [
    rowText(row),
    count(row.simulate),
    count(row.stress),
    row.schedule !== null ? `${row.replay}/${replay.times}` : count(row.replay),
    ...row.others.map(({ seen, count }) =>
      seen === null ? '' : seen ? (count === null ? 'seen' : grouped(count)) : '–',
    ),
  ]);
  const header = ['RESULT', 'SIMULATE', 'STRESS', 'REPLAY', ...others.map((_, i) => `[${i + 1}]`)];
  const widths = header.map((name, i) =>
    cells.reduce((most, row) => Math.max(most, row[i]!.length), name.length),
  );
  const line = (row: readonly string[]) => row.map((text, i) => text.padStart(widths[i]! + 2)).join('');
  return [
    pc.dim(`${line(header)}  JUDGEMENT`),
    ...rows.map(({ judgement }, i) => `${line(cells[i]!)}  ${paint[judgement](judgement)}`),
  ];
}

/** What is wrong with a cell, and the commands that show it; none where nothing is. */
export function differenceLines({ rows, idle, scenario, stage }: Fidelity): string[] {
  const differing = rows
    .filter(isDifference)
    .flatMap((row) => [
      pc.red(`${scenario.name} at ${stage}, ${rowText(row)}: ${row.judgement}`),
      ...row.differences.map((why) => `  ${why}`),
      ...(row.reproduce === null ? [] : [`  reproduce: ${row.reproduce}`]),
    ]);
  if (idle.length === 0) return differing;
  const whose = `every step of ${idle.join(' and of ')}`;
  return [
    ...differing,
    pc.red(`${scenario.name} at ${stage}: ${whose} returned an error every time, so nothing was tested`),
  ];
}

/** In the manner of litmus7's last line: how many outcomes are as they should be, and how many are not. */
function fidelityLine({ rows, scenario, stage }: Fidelity): string {
  const wrong = rows.filter(isDifference).length;
  return `Fidelity ${scenario.name} at ${stage} ${wrong === 0 ? 'Agrees' : 'Differs'} ${rows.length - wrong} ${wrong}`;
}

/** One line for all cells. */
export function fidelitySummary(cells: readonly Fidelity[], seconds: number): string {
  const rows = cells.flatMap((cell) => cell.rows);
  const counts = (['agrees', 'possible but unseen', 'not among those explored'] as const).flatMap((word) => {
    const count = rows.filter((row) => !isDifference(row) && row.judgement === word).length;
    const text = word === 'agrees' ? 'agreed on' : word;
    return count === 0 ? [] : [`${grouped(count)} ${text}`];
  });
  const wrong = rows.filter(isDifference).length;
  const differences = `${wrong === 0 ? 'no' : grouped(wrong)} difference${wrong === 1 ? '' : 's'}`;
  const cellWord = `${cells.length} cell${cells.length === 1 ? '' : 's'}`;
  return `${cellWord}, ${grouped(rows.length)} outcome${rows.length === 1 ? '' : 's'}: ${[...counts, wrong === 0 ? pc.green(differences) : pc.red(differences)].join(', ')}; in ${seconds.toFixed(1)} s`;
}

/** The comparisons as `--json` writes them. */
export const fidelityJson = (
  cells: readonly Fidelity[],
  excerpt: ExcerptComparison | null = null,
): FidelityReport => ({
  schema: fidelitySchemaId,
  cells: cells.map(({ scenario, stage, toolchain, options, simulate, stress, replay, ...cell }) => ({
    scenario: scenario.name,
    stage,
    toolchain: toolchain.name,
    toolchainVersion: toolchain.version,
    optimize: options.optimize,
    bitfieldAccess: options.bitfieldAccess,
    simulate,
    stress,
    replay,
    idle: [...cell.idle],
    others: [...cell.others],
    rows: cell.rows.map((row) => ({
      ...row,
      others: [...row.others],
      differences: [...row.differences],
    })),
  })),
  ...(excerpt === null ? {} : { excerpt: excerptJson(excerpt) }),
});
