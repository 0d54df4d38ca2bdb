// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { errnoWord } from '../engine/errno.js';
import { type Interleaving, isLock, isWrite } from '../engine/interleaving.js';
import { isFailure } from '../verify/judge.js';
import type { Result } from '../verify/result.js';
import { valueText } from '../verify/values.js';
import { changesSummary } from './changes.js';
import { dataRaceLines, sideLine } from './data-race.js';
import { grouped } from './grouped.js';
import { actorTexts, setupTexts } from './steps.js';
import { driverFrame } from './trace.js';

/** Scenario × stage: a row a scenario, a column a stage, a word a cell. */
export function matrixTable(results: readonly Result[]): string {
  const stages = [...new Set(results.map(({ stage }) => stage))];
  const rows = byScenario(results);
  const nameWidth = Math.max(...[...rows.keys()].map((name) => name.length), 'scenario'.length);
  const references = results.map(({ scenario }) => scenario.reference);
  const leftWidth = references.some((one) => one !== null)
    ? Math.max('reference'.length, ...references.map((one) => cut(one ?? '').length))
    : 0;
  const left = (text: string) => (leftWidth === 0 ? '' : `${text.padEnd(leftWidth)}  `);
  const words = [...stages, 'holds', ...results.map((cell) => cellWord(cell).text)];
  const width = words.reduce((most, { length }) => Math.max(most, length), 0) + 3;
  const header = `${left('reference')}${'scenario'.padEnd(nameWidth)}  ${'engine'.padEnd(8)}  ${stages.map((stage) => stage.padEnd(width)).join('')}`;
  return [
    pc.dim(header.trimEnd()),
    ...[...rows].map(([name, cells]) => {
      const { scenario, engine } = cells[0]!;
      const words = stages.map((stage) => cellWord(cells.find((cell) => cell.stage === stage)));
      const padded = words.map(({ text, paint }) => paint(text) + ' '.repeat(width - text.length));
      return `${left(cut(scenario.reference ?? ''))}${name.padEnd(nameWidth)}  ${pc.dim(engine.padEnd(8))}  ${padded.join('').trimEnd()}`;
    }),
  ].join('\n');
}

/** A reference in a column: of a commit, its id. */
const cut = (reference: string) =>
  reference.length > 14 ? reference.split(' ')[0]!.slice(0, 14) : reference;

type Word = { readonly text: string; readonly paint: (text: string) => string };

function cellWord(cell: Result | undefined): Word {
  if (cell === undefined) return { text: '–', paint: pc.dim };
  if (cell.verdict === null) return { text: 'broken', paint: pc.magenta };
  if (cell.verdict === 'undecided') return { text: 'undecided', paint: pc.yellow };
  if (cell.verdict === 'not-applicable') return { text: 'n/a', paint: pc.dim };
  const wrong = cell.agreement === 'differs' || cell.change?.worse === true ? '!' : '';
  return cell.verdict === 'fails'
    ? { text: `fails${wrong}`, paint: pc.red }
    : { text: `holds${cell.exhaustive ? '' : '*'}${wrong}`, paint: pc.green };
}

function byScenario(results: readonly Result[]): Map<string, Result[]> {
  const rows = new Map<string, Result[]>();
  for (const result of results) {
    const { name } = result.scenario;
    rows.set(name, [...(rows.get(name) ?? []), result]);
  }
  return rows;
}

/** For each scenario that fails somewhere: what was found, first at which stage, and the command that shows it again. */
export function evidence(results: readonly Result[]): string {
  return [...byScenario(results)]
    .flatMap(([name, cells]) => {
      const failing = cells.filter(({ verdict }) => verdict === 'fails');
      const first =
        failing.find(({ agreement, change }) => agreement === 'differs' || change?.worse === true) ??
        failing[0];
      if (first === undefined) return [];
      const stages = failing.map(({ stage }) => stage).join(', ');
      return [
        [
          `${pc.bold(name)}: ${first.scenario.title}`,
          `  ${pc.red('fails')} at ${stages}${expectation(failing)}; at ${first.stage}:`,
          ...findings(first).map((line) => `    ${line}`),
          ...unordered(first).map((line) => `    ${line}`),
          ...steps(first).map((line) => `    ${pc.dim(line)}`),
          ...schedule(first).map((line) => `    ${line}`),
          `  reproduce: ${first.reproduce}`,
        ].join('\n'),
      ];
    })
    .join('\n\n');
}

function expectation(failing: readonly Result[]): string {
  const wrong = failing.filter(({ agreement }) => agreement === 'differs').map(({ stage }) => stage);
  const worse = failing.filter(({ change }) => change?.worse === true).map(({ stage }) => stage);
  return [
    wrong.length > 0 ? pc.red(`, NOT EXPECTED at ${wrong.join(', ')}`) : '',
    worse.length > 0 ? pc.red(`, BROKEN by ${worse.join(', ')}`) : '',
  ].join('');
}

const shownFindings = 4;

function findings({ outcomes, violations }: Result): string[] {
  const bad = outcomes.filter(({ grade, count }) => grade === 'forbidden' && count > 0);
  const lines = [
    ...bad.map(({ values, count, note }) => {
      const read = Object.entries(values).map(([name, value]) => `${name}=${word(value)}`);
      return `${grouped(count)} × ${note}${read.length > 0 ? ` (${read.join(' ')})` : ''}`;
    }),
    ...counted(
      violations.map(
        ({ kind, message, step, stack }) =>
          `${kind}: ${message}${step === undefined ? '' : `, in '${step}'`}${driverFrame(stack)}`,
      ),
    ),
  ];
  const more = lines.length - shownFindings;
  return more > 0 ? [...lines.slice(0, shownFindings), `and ${more} more`] : lines;
}

/** What nothing orders, where that decides the outcome: of races on what is observed, one of bit-fields before others. */
function unordered({ outcomes, races, interleaving }: Result): string[] {
  if (interleaving === null || !outcomes.some(({ grade, count }) => grade === 'forbidden' && count > 0))
    return [];
  const decisive = interleaving.decisive.map((i) => interleaving.accesses[i]!);
  const decides = ({ sides }: Result['races'][number]) =>
    sides.every(({ address, bytes, actor }) =>
      decisive.some((one) => one.actor === actor && one.address === address && one.bytes === bytes),
    );
  const found = races.filter(decides);
  if (found.length === 0) return lastWrites(interleaving);
  const [first] = [...found.filter(({ kind }) => kind === 'bit-field'), ...found];
  return first === undefined ? [] : dataRaceLines(first);
}

/**
 * The last write of each actor that decides the outcome, where a lock or a processor orders them, and is no help. Where they are of
 * different bytes, or no preemption is needed, it is the order of the steps that decides, and two lines of C would mislead.
 */
function lastWrites({ actors, accesses, decisive, preemptions }: Interleaving): string[] {
  if (preemptions === 0) return [];
  const writes = decisive.map((i) => accesses[i]!).filter((access) => !isLock(access) && isWrite(access));
  const last = actors.flatMap((task, actor) => {
    const found = writes.findLast((access) => access.actor === actor);
    return found === undefined ? [] : [{ ...found, task }];
  });
  const [first, ...others] = last;
  const meet = others.every(
    ({ address, bytes }) => address < first!.address + first!.bytes && first!.address < address + bytes,
  );
  return meet ? last.map(sideLine) : [];
}

/** Equal lines once, with how many there were: they differ in calls that are not shown. */
function counted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => (count > 1 ? `${line} (by ${count} paths)` : line));
}

/** How many preemptions it takes, and whether real threads show it. */
function schedule({ interleaving, replayed }: Result): string[] {
  if (interleaving === null) return [];
  const { preemptions } = interleaving;
  const how = preemptions === 0 ? 'no preemption' : `${preemptions} preemption${preemptions > 1 ? 's' : ''}`;
  if (replayed === null) return [`a schedule with ${how}`];
  const { times, same } = replayed;
  const so = `schedule with ${how}; reproduced on real threads ${same} of ${times} times`;
  return [same === times ? so : pc.yellow(so)];
}

const word = (value: number | null) => (value === null || value >= 0 ? valueText(value) : errnoWord(value));

/** The steps of the actors, or of the first failing sequence, a line each. */
function steps(result: Result): string[] {
  const { setup, actors, runs } = result;
  const first = setup.length > 0 ? [`set-up: ${setupTexts(result).join('; ')}`] : [];
  if (actors !== null)
    return [
      ...first,
      ...Object.entries(actorTexts(actors)).map(([name, steps]) => `${name}: ${steps.join('; ')}`),
    ];
  const run = runs.find(isFailure);
  if (run === undefined) return [];
  const words = run.steps.map(({ text, value, name }) => {
    if (name !== null) return `${text} = ${word(value)}`;
    return value !== null && value >= 0 ? text : `${text} = ${word(value)}`;
  });
  return [...first, `steps: ${words.join('; ')}`];
}

/** Reasons to distrust a cell, one a line. */
export function matrixWarnings(results: readonly Result[]): string {
  const lines = results.flatMap(({ scenario, stage, warnings, undecided }) => [
    ...warnings.map((warning) => pc.yellow(`warning: ${scenario.name} at ${stage}: ${warning}`)),
    ...(undecided === null ? [] : [pc.yellow(`undecided: ${scenario.name} at ${stage}: ${undecided}`)]),
  ]);
  return [...lines, ...inapplicable(results)].join('\n');
}

/** Which scenarios say nothing of the sources, by why. */
function inapplicable(results: readonly Result[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { scenario, inapplicable } of results)
    if (inapplicable !== null)
      reasons.set(inapplicable, [...(reasons.get(inapplicable) ?? []), scenario.name]);
  return [...reasons].map(([reason, names]) =>
    pc.dim(`not applicable (n/a): ${[...new Set(names)].join(', ')}: ${reason}`),
  );
}

/** Why cells have no verdict, and how to see that again. */
export function matrixBroken(results: readonly Result[]): string {
  return results
    .flatMap(({ scenario, stage, broken, reproduce }) => {
      if (broken === null) return [];
      const { code, message, hint, stack } = broken;
      const what = code === null ? `defect of lostbit: ${stack ?? message}` : `error ${code}: ${message}`;
      return [
        [
          `${pc.bold(scenario.name)} at ${pc.bold(stage)}: ${pc.magenta('broken')}: ${what}`,
          ...(hint === null ? [] : [`  hint: ${hint}`]),
          ...(reproduce === null ? [] : [`  reproduce: ${reproduce}`]),
        ].join('\n'),
      ];
    })
    .join('\n\n');
}

/** How many cells have each result. */
export function matrixSummary(results: readonly Result[]): string {
  const judged = results.filter(({ verdict }) => verdict !== 'not-applicable');
  const count = (agreement: Result['agreement']) =>
    judged.filter((result) => result.agreement === agreement).length;
  const compared = changesSummary(results);
  // Where nothing is expected, nothing is as expected.
  const isHeld = count('agrees') + count('differs') > 0 || compared.length === 0;
  const parts = [
    ...(isHeld ? [pc.green(`${count('agrees')} cell${count('agrees') === 1 ? '' : 's'} as expected`)] : []),
    ...(count('differs') > 0 ? [pc.red(`${count('differs')} NOT as expected`)] : []),
    ...(count('undecided') > 0 ? [pc.yellow(`${count('undecided')} undecided`)] : []),
  ];
  parts.push(...compared);
  if (judged.length < results.length) parts.push(pc.dim(`${results.length - judged.length} not applicable`));
  if (count('broken') > 0) parts.push(pc.magenta(`${count('broken')} broken, without a verdict`));
  const bounded = results.filter(({ verdict, exhaustive }) => verdict === 'holds' && !exhaustive);
  if (bounded.length > 0)
    parts.push(pc.yellow(`${bounded.length} of them * explored only as far as time allowed`));
  return parts.join(', ');
}
