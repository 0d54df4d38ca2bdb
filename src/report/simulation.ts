// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { Result } from '../verify/result.js';
import { formatValues } from '../verify/values.js';
import { dataRaceText } from './data-race.js';
import { grouped } from './grouped.js';
import { interleavingText } from './interleaving.js';
import { buildLine, headLine, observationLine, outcomeTable } from './race-table.js';
import { actorTexts } from './steps.js';

export interface SimulationView {
  /** Characters of a line. */
  readonly width: number;
  /** Every access of the evidence, and all data races. */
  readonly verbose: boolean;
}

/** Data races beyond these are counted, unless all is asked for. */
const shownRaces = 2;

/** An exploration: its outcomes, violations, data races, and the execution that shows a failure. */
export function simulationText(result: Result, view: SimulationView): string {
  const { races, interleaving, actors } = result;
  const shown = view.verbose ? races : races.slice(0, shownRaces);
  const more = races.length - shown.length;
  return [
    headLine(result),
    `  ${settings(result)}`,
    '',
    ...outcomeTable(result, 'EXECUTIONS'),
    ...schedules(result, view.verbose),
    '',
    observationLine(result),
    ...shown.flatMap((race) => ['', dataRaceText(race, view.width)]),
    ...(more > 0
      ? ['', pc.dim(`and ${grouped(more)} more data race${more === 1 ? '' : 's'} (--verbose)`)]
      : []),
    ...(interleaving === null
      ? []
      : [
          '',
          pc.bold('An execution that shows the failure'),
          '',
          interleavingText(interleaving, { steps: actorTexts(actors ?? []), ...view }),
        ]),
    '',
  ].join('\n');
}

/** A schedule that leads to each outcome that is not acceptable, and to each violation; or, of all, to every outcome. */
function schedules({ outcomes, violations }: Result, all: boolean): string[] {
  const rows = [
    ...outcomes
      .filter(({ grade }) => all || grade !== 'acceptable')
      .map(({ values, schedule }) => ({ what: formatValues(values), schedule })),
    ...violations.map(({ kind, schedule }) => ({ what: kind, schedule })),
  ].filter(({ schedule }) => schedule !== undefined);
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(({ what }) => what.length));
  return ['', ...rows.map(({ what, schedule }) => `  ${what.padEnd(width)}  ${pc.dim(schedule!)}`)];
}

function settings(result: Result): string {
  const { strategy, executions, blocked, bounded, seed } = result.exploration!;
  const rate = result.seconds > 0 ? `, ${grouped(executions / result.seconds)}/s` : '';
  const all = bounded === null ? pc.green('all of them') : pc.yellow(`bounded: ${bounded}`);
  return [
    buildLine(result),
    `  ${strategy}${seed === null ? '' : `, seed ${seed}`}: ${grouped(executions)} execution${executions === 1 ? '' : 's'} in ${result.seconds.toFixed(2)} s${rate}, ${all}`,
    ...(strategy === 'dfs' ? ['  dfs does not look for data races; use dpor, random or pct'] : []),
    ...(blocked > 0 ? [`  ${grouped(blocked)} more were given up, since others stand for them`] : []),
  ].join('\n');
}
