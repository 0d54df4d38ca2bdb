// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { Grade } from '../scenario/scenario.js';
import type { Result, TestedCase } from '../verify/result.js';
import { valueText } from '../verify/values.js';
import { grouped } from './grouped.js';
import { driverFrame } from './trace.js';

type Paint = (text: string) => string;
const paint: Readonly<Record<Grade, Paint>> = {
  acceptable: pc.green,
  interesting: pc.yellow,
  forbidden: pc.red,
};
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** A count for a status line: 1.23 M. */
export function compact(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} k`;
  return String(Math.round(value));
}

/** What a result is of, and with which build: the first lines of its text. */
export const headLine = ({ scenario, stage }: TestedCase): string =>
  `${pc.bold(scenario.name)} at ${pc.bold(stage)}: ${scenario.title}`;

export const buildLine = ({ toolchain, options }: TestedCase): string =>
  `${toolchain.name} (${toolchain.version}) -O${options.optimize}, bit-field access ${options.bitfieldAccess}`;

/** Outcomes and their grades in the shape of jcstress's table; litmus7's observation line closes it. */
export function raceTable(result: Result): string {
  return [
    headLine(result),
    `  ${settings(result)}`,
    '',
    ...outcomeTable(result, 'SAMPLES'),
    '',
    observationLine(result),
  ].join('\n');
}

/** The table and the violations. @param counted what an outcome's count counts. */
export function outcomeTable(result: Result, counted: string): string[] {
  const names = Object.keys(result.outcomes[0]?.values ?? {});
  const rows = result.outcomes.map(({ values, count, grade, note }) => ({
    cells: [
      names.map((name) => valueText(values[name] ?? null)).join(', ') || '–',
      grouped(count),
      percentage(count, result.samples),
      capital(grade),
    ],
    note,
    grade,
  }));
  const header = ['RESULT', counted, 'FREQ', 'EXPECT'];
  const widths = header.map((name, i) =>
    rows.reduce((most, { cells }) => Math.max(most, cells[i]!.length), name.length),
  );
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i]! + 2)).join('');

  return [
    ...(rows.length === 0
      ? []
      : [
          pc.dim(`${line(header)}  DESCRIPTION`),
          ...rows.map(({ cells, note, grade }) => paint[grade](`${line(cells)}  ${note}`)),
          ...(names.length > 0 ? [pc.dim(`  RESULT is ${names.join(', ')}`)] : []),
        ]),
    ...result.violations.map(({ kind, message, count, object, stack }) => {
      const about = object === null || message.includes(object) ? '' : `, ${object}`;
      return pc.red(
        `  violation ${kind}${count > 1 ? ` (${grouped(count)} times)` : ''}: ${message}${about}${driverFrame(stack)}`,
      );
    }),
    ...result.warnings.map((warning) => pc.yellow(`  warning: ${warning}`)),
    ...(result.interrupted ? [pc.yellow('  interrupted: stopped early')] : []),
  ];
}

/** The conditions of the race, without which its figures mean nothing. */
function settings(result: Result): string {
  const { samples, seconds } = result;
  const { workers, processors, unpinned, seed } = result.racers!;
  const rate = seconds > 0 ? samples / seconds : 0;
  const shared = workers > processors ? ` on ${processors} processor${processors > 1 ? 's' : ''}` : '';
  const bound = unpinned === null ? 'pinned' : `NOT pinned (${unpinned})`;
  return [
    buildLine(result),
    `  ${workers} workers${shared}, ${bound}, seed ${seed}`,
    `  ${grouped(samples)} samples in ${seconds.toFixed(1)} s, ${grouped(rate)} samples/s`,
    ...(processors < 2
      ? [pc.yellow('  on one processor threads only take turns: hardly any race shows')]
      : []),
    ...(unpinned === null
      ? []
      : [pc.yellow('  threads that are not pinned often share a processor: races show less often')]),
  ].join('\n');
}

function percentage(count: number, samples: number): string {
  if (samples === 0) return '–';
  const share = (100 * count) / samples;
  return share > 0 && share < 0.01 ? '<0.01%' : `${share.toFixed(2)}%`;
}

/** litmus7's last line: how often the forbidden was seen, and how often not. */
export function observationLine(result: Result): string {
  const positive = result.outcomes.reduce(
    (sum, { grade, count }) => sum + (grade === 'forbidden' ? count : 0),
    0,
  );
  const negative = result.samples - positive;
  const word = positive === 0 ? 'Never' : negative === 0 ? 'Always' : 'Sometimes';
  const caught = result.violations.length > 0 ? ', and violations' : '';
  return `Observation ${result.scenario.name} ${word} ${positive} ${negative}${caught}`;
}

/** One line for a stage: the verdict, whether it was expected, and the evidence. */
export function verdictLine(result: Result): string {
  const { verdict, expected, stage, outcomes, violations } = result;
  if (verdict === 'not-applicable')
    return `${pc.dim('–')} ${pc.bold(stage)} ${pc.dim('not applicable')}: ${result.inapplicable}`;
  if (verdict === 'undecided') {
    const wanted = expected === null ? '' : `, ${expected} expected`;
    return `${pc.yellow('?')} ${pc.bold(stage)} ${pc.yellow('undecided')}${wanted}: ${result.undecided}; ${absence(result)}`;
  }
  const agrees = expected === null ? verdict === 'holds' : verdict === expected;
  const worst = outcomes.filter(({ grade, count }) => grade === 'forbidden' && count > 0);
  const notes = new Map<string, number>();
  for (const { note, count } of worst) notes.set(note, (notes.get(note) ?? 0) + count);
  const evidence =
    verdict === 'holds'
      ? absence(result)
      : [
          ...[...notes].map(([note, count]) => `${grouped(count)} × ${note}`),
          ...new Set(
            violations.map(
              ({ kind, step }) => `violation ${kind}${step === undefined ? '' : ` in '${step}'`}`,
            ),
          ),
        ].join('; ');
  const expectation =
    expected === null ? '' : agrees ? ', as expected' : `, EXPECTED ${expected.toUpperCase()}`;
  const mark = agrees ? pc.green('✓') : pc.red('✗');
  const word = verdict === 'fails' ? pc.red('fails') : pc.green('holds');
  return `${mark} ${pc.bold(stage)} ${word}${expectation}: ${evidence}`;
}

/** What a verdict of `holds` rests on. */
function absence({ engine, samples, exploration }: Result): string {
  if (engine === 'stress')
    return `nothing forbidden in ${grouped(samples)} samples (a race proves no absence)`;
  if (exploration !== null) {
    const all = exploration.bounded === null ? 'all of them' : `bounded: ${exploration.bounded}`;
    return `nothing forbidden in ${grouped(samples)} execution${samples === 1 ? '' : 's'}, ${all}`;
  }
  if (engine === 'run') return `nothing forbidden in ${grouped(samples)} sequence${samples === 1 ? '' : 's'}`;
  return 'each has its own bytes';
}
