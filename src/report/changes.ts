// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { printable } from '../printable.js';
import type { PatchFacts } from '../verify/patch-facts.js';
import type { Change, Result } from '../verify/result.js';
import { isIdle, namesOf } from './patch-facts.js';

type Changed = Result & { readonly change: Change };

/**
 * What each patch fixes, leaves and breaks, where nothing is expected: by stage, with the patch's subject. Empty where no stages were
 * compared.
 *
 * @param patches those that lead to stages, where that is known.
 */
export function changesText(results: readonly Result[], patches: readonly PatchFacts[] = []): string {
  const changed = results.filter((result): result is Changed => result.change !== null);
  const stages = [...new Set(changed.map(({ stage }) => stage))];
  const subjects = new Map(patches.map(({ stage, subject }) => [stage, subject]));
  const width = Math.max(0, ...stages.map(({ length }) => length));
  return stages
    .map((stage) => {
      const here = changed.filter((result) => result.stage === stage);
      const patch = patches.find((one) => one.stage === stage);
      const skipped = [...new Set(here.map(({ change }) => change.against))].filter(
        (against) => !isNext(against, stage, patches),
      );
      const compared = skipped.length === 0 ? '' : pc.dim(` (compared with ${skipped.join(', ')})`);
      return [
        `${pc.bold(stage.padEnd(width))}  ${printable(subjects.get(stage) ?? '')}${compared}`.trimEnd(),
        ...linesOf(here).map((line) => `${' '.repeat(width + 4)}${line}`),
        ...(patch !== undefined && isIdle(patch)
          ? [
              pc.yellow(
                `${' '.repeat(width + 4)}touches nothing that is compiled here: ${namesOf(patch.files)}`,
              ),
            ]
          : []),
      ].join('\n');
    })
    .join('\n');
}

/** Is a stage the one right before? Of the first patch, that is the sources. */
function isNext(against: string, stage: string, patches: readonly PatchFacts[]): boolean {
  const at = patches.findIndex((one) => one.stage === stage);
  const before = patches[at - 1]?.stage;
  return before === undefined || !isOfOne(before, stage) || against === before;
}

/** Are they stages of one series, by their names? */
const isOfOne = (a: string, b: string): boolean => prefixOf(a) === prefixOf(b);
const prefixOf = (stage: string): string => stage.slice(0, stage.lastIndexOf(':') + 1);

function linesOf(changed: readonly Changed[]): string[] {
  const of = (kind: Change['kind']) => changed.filter(({ change }) => change.kind === kind);
  const failing = changed.filter(({ verdict, change }) => verdict === 'fails' && change.was === 'fails');
  const lines = [
    ...listed(of('fixes'), 'fixes', pc.green),
    ...listed(of('breaks'), 'BREAKS', pc.red),
    ...of('otherwise').flatMap(otherwise),
    ...listed(failing, 'leaves failing', (text) => text),
  ];
  const unknown = changed.filter(({ verdict, change }) => change.kind === 'same' && verdict === 'undecided');
  if (unknown.length > 0) lines.push(pc.yellow(`leaves undecided ${unknown.length}: ${named(unknown)}`));
  return lines.length === 0 ? [pc.dim('changes no verdict')] : lines;
}

const listed = (changed: readonly Changed[], word: string, paint: (text: string) => string): string[] =>
  changed.length === 0 ? [] : [paint(`${word} ${changed.length}: ${named(changed)}`)];

/** What rests on an exploration that was cut short is said to. */
const named = (changed: readonly Changed[]): string =>
  changed
    .map(({ scenario, change }) => `${scenario.name}${change.bounded ? ' (as far as was explored)' : ''}`)
    .join(', ');

const mostWays = 3;

function otherwise({ scenario, verdict, change, undecided }: Changed): string[] {
  const { was, worse, bounded, appeared, gone } = change;
  const words = {
    'not-applicable': 'did not apply',
    fails: 'failed',
    holds: 'held',
    undecided: 'was undecided',
  };
  const now = {
    'not-applicable': 'does not apply',
    fails: 'fails',
    holds: 'holds',
    undecided: `is undecided (${undecided ?? ''})`,
  };
  const what = was === verdict ? 'still fails, in other ways' : `${words[was]}, and ${now[verdict!]} now`;
  const paint = worse ? pc.red : pc.yellow;
  const ways = (lead: string, texts: readonly string[]) => {
    const more = texts.length - mostWays;
    return texts.length === 0
      ? []
      : [`  ${lead} ${texts.slice(0, mostWays).join('; ')}${more > 0 ? ` and ${more} more` : ''}`];
  };
  const unsure = bounded ? ', as far as was explored' : '';
  return [
    paint(`${worse ? 'ENDS OTHERWISE' : 'ends otherwise'}: ${scenario.name} ${what}${unsure}`),
    ...ways('new:', appeared),
    ...(was === 'fails' ? ways('gone:', gone) : []),
  ];
}

/** How many cells were compared, and what came of it; empty where none was. */
export function changesSummary(results: readonly Result[]): string[] {
  const changes = results.flatMap(({ change }) => change ?? []);
  if (changes.length === 0) return [];
  const count = (kind: Change['kind']) => changes.filter((change) => change.kind === kind).length;
  return [
    `${changes.length} compared with the stage before`,
    ...(count('fixes') > 0 ? [pc.green(`${count('fixes')} fixed`)] : []),
    ...(count('breaks') > 0 ? [pc.red(`${count('breaks')} BROKEN`)] : []),
    ...(count('otherwise') > 0 ? [pc.yellow(`${count('otherwise')} otherwise`)] : []),
    ...(count('same') === changes.length ? ['none has changed'] : []),
  ];
}
