// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { printable } from '../printable.js';
import { type ExcerptComparison, type ExcerptDifference, isGrave } from '../verify/excerpt-result.js';
import type { ExcerptJson } from './fidelity-schema.js';
import { grouped } from './grouped.js';

const counted = (count: number, what: string) => `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;

/** An excerpt, held against the sources: what was compared, each difference, and a line that closes it. */
export function excerptText(comparison: ExcerptComparison, { verbose = false, quiet = false } = {}): string {
  const { differences, idle } = comparison;
  const open = differences.filter(({ explained }) => explained === null);
  const reasons = differences.filter(({ explained }) => explained !== null);
  return [
    ...(quiet ? [] : [...headLines(comparison, verbose), '']),
    ...open.flatMap((one) => differenceLines(one, pc.red)),
    ...reasons
      .filter(({ aspect }) => verbose || isGrave(aspect))
      .flatMap((one) => differenceLines(one, pc.yellow)),
    ...idle.map((why) => pc.red(`explains nothing in these sources: ${printable(why)}`)),
    summaryLine(comparison),
  ].join('\n');
}

function headLines(comparison: ExcerptComparison, verbose: boolean): string[] {
  const { version, dir, stage, lacking, besides, scenarios, inapplicable, bounded, uncompared } = comparison;
  const { steps, events, structs } = comparison;
  const notQuite = [
    ...(besides.length === 0 ? [] : [`have ${besides.join(', ')} besides`]),
    ...(lacking.length === 0 ? [] : [`lack ${lacking.join(', ')}`]),
  ];
  const nearest = notQuite.length === 0 ? '' : `, the nearest: the sources ${notQuite.join(' and ')}`;
  return [
    `${pc.bold(`Linux ${version}`)} in ${printable(dir)}, and the excerpt at ${pc.bold(stage)}${nearest}`,
    `  ${counted(scenarios.length, 'scenario')} in ${counted(steps, 'step')}, ${counted(events, 'call and write').replace('call and write', 'calls and writes').replace(/ss$/, 's')}, ${counted(structs.length, 'struct')}`,
    ...(inapplicable.length === 0
      ? []
      : [
          `  ${counted(inapplicable.length, 'scenario')} do not apply to both`.replace(
            '1 scenario do',
            '1 scenario does',
          ),
        ]),
    ...(uncompared.length === 0
      ? []
      : [
          pc.yellow(
            `  ${counted(uncompared.length, 'sequence')} not compared to the end (--verbose, --json)`,
          ),
        ]),
    ...(verbose
      ? [
          ...inapplicable.map(({ name, why }) => pc.dim(`    ${printable(name)}: ${printable(why)}`)),
          ...uncompared.map(({ scenario, sequence, why }) =>
            pc.dim(`    ${printable([scenario, sequence].filter(Boolean).join(', '))}: ${printable(why)}`),
          ),
        ]
      : []),
    ...(bounded.length === 0
      ? []
      : [pc.yellow(`  not explored to the end: ${bounded.map(printable).join(', ')}`)]),
  ];
}

function differenceLines(one: ExcerptDifference, paint: (text: string) => string): string[] {
  const { aspect, what, where, excerpt, tree, first, places, explained } = one;
  const at =
    first === null
      ? ''
      : [first.scenario, first.sequence, first.step === null ? '' : `step '${first.step}'`]
          .filter((word) => word !== '')
          .map(printable)
          .join(', ');
  const more = places > 1 ? `, and ${counted(places - 1, 'other place')}` : '';
  return [
    paint(
      `${aspect}: ${printable(what)}${where === null || where === '' ? '' : `, in ${printable(where)}()`}`,
    ),
    `  excerpt  ${printable(excerpt)}`,
    `  tree     ${printable(tree)}`,
    ...(at === '' ? [] : [pc.dim(`  ${at}${more}`)]),
    ...(explained === null ? [] : [pc.dim(`  since ${printable(explained)}`)]),
  ];
}

/** How many differences there are, by whether something explains them. */
function summaryLine({ differences, stage, version }: ExcerptComparison): string {
  const open = differences.filter(({ explained }) => explained === null).length;
  const known = differences.length - open;
  const unexplained = `${open === 0 ? 'no' : grouped(open)} unexplained difference${open === 1 ? '' : 's'}`;
  const rest = known === 0 ? '' : `, ${counted(known, 'explained one')} (--verbose lists them)`;
  return `Excerpt at ${stage} against Linux ${version}: ${open === 0 ? pc.green(unexplained) : pc.red(unexplained)}${rest}`;
}

/** The comparison as `--json` writes it. */
export const excerptJson = (comparison: ExcerptComparison): ExcerptJson => ({
  dir: comparison.dir,
  version: comparison.version,
  stage: comparison.stage,
  lacking: [...comparison.lacking],
  besides: [...comparison.besides],
  scenarios: [...comparison.scenarios],
  inapplicable: comparison.inapplicable.map((one) => ({ ...one })),
  uncompared: comparison.uncompared.map((one) => ({ ...one })),
  bounded: [...comparison.bounded],
  steps: comparison.steps,
  events: comparison.events,
  structs: [...comparison.structs],
  differences: comparison.differences.map((one) => ({ ...one })),
  idle: [...comparison.idle],
});
