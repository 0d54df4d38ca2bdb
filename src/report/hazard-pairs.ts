// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { FieldAccess, HeldLock } from '../hazards/contexts.js';
import type { HazardDifference } from '../hazards/difference.js';
import type { Entry } from '../hazards/entries.js';
import type { FieldFact, Span } from '../hazards/facts.js';
import { type HazardPair, leastLikely, mostJudged, type Pairs } from '../hazards/pairs.js';
import type { HazardReport } from '../hazards/report.js';
import { printable } from '../printable.js';
import { grouped } from './grouped.js';

/** Which bit-fields of C can lose updates, for people. */
export function hazardReportText(report: HazardReport, verbose: boolean): string {
  const { pairs } = report;
  if (report.units === 0)
    return (
      refusedTexts(report, verbose).join('\n').trimStart() ||
      `${printable(report.title)}: no file to look through`
    );
  const shown = verbose ? pairs.hazards : pairs.hazards.filter(({ rank }) => rank >= leastLikely);
  const rest = pairs.hazards.length - shown.length;
  return [
    headText(report),
    ...shown.map((pair, i) => `\n${pairText(pair, i + 1)}`),
    ...(shown.length === 0 ? ['', pc.green(noneText(report))] : []),
    ...(rest > 0
      ? [
          '',
          pc.dim(
            `${rest} more pair${rest === 1 ? '' : 's'} of rank below ${leastLikely}, which take more to be assumed (--verbose lists them)`,
          ),
        ]
      : []),
    ...orderedTexts(pairs, verbose),
    ...(verbose ? storesTexts(report) : []),
    ...unseenTexts(report, verbose),
    ...refusedTexts(report, verbose),
  ].join('\n');
}

const noneText = ({ stores }: HazardReport): string =>
  stores.length === 0
    ? 'no bit-field is written'
    : 'no two writers were found that may meet, as far as what was read shows';

function headText({ title, units, stores, pairs, endAtMembers, refused, leftOut }: HazardReport): string {
  const structs = new Set(stores.map(({ field }) => field.struct)).size;
  const fields = new Set(stores.map(({ field }) => `${field.struct}.${field.field}`)).size;
  const left = [
    ...(refused.length > 0 ? [`${count(refused.length, 'file')} refused`] : []),
    ...(leftOut.length > 0 ? [`${count(leftOut.length, 'file')} left out`] : []),
  ];
  const sharing = pairs.hazards.length + pairs.ordered.length;
  return [
    `${pc.bold(printable(title))}: ${[count(units, 'file'), ...left].join(', ')}`,
    `${count(fields, 'bit-field')} of ${count(structs, 'struct')} ${fields === 1 ? 'is' : 'are'} written; ${count(sharing, 'pair')} of them share bytes`,
    `${count(pairs.hazards.length, 'pair')} with writers that nothing is known to keep apart, ${count(pairs.ordered.length, 'pair')} without`,
    ...(endAtMembers
      ? [
          'many functions lead to them: ways are followed up to where a function is called through a member of a struct',
        ]
      : []),
  ].join('\n');
}

const count = (number: number, what: string): string =>
  `${grouped(number)} ${what}${number === 1 ? '' : 's'}`;

function pairText(
  { struct, fields, gcc, wide, sides, others, rank, known, assumed }: HazardPair,
  number: number,
): string {
  const [a, b] = fields;
  const { defined } = a;
  const where = defined === null ? '' : ` (${printable(defined.file)}:${defined.line})`;
  const bytes =
    gcc === null
      ? `${spanText(wide)}, by clang alone`
      : sameSpan(gcc, wide)
        ? spanText(gcc)
        : `${spanText(gcc)} by gcc, ${spanText(wide)} by clang`;
  return [
    `${String(number).padStart(3)}  ${pc.bold(printable(`${struct}: ${a.field} × ${b.field}`))}  rank ${rank}`,
    `     ${bytes} of struct ${printable(struct)}${where}`,
    ...sides.flatMap((side) => sideTexts(side).map((line) => `     ${line}`)),
    `     known: ${known.map(printable).join('; ')}`,
    `     assumed: ${assumed.map(printable).join('; ')}`,
    ...(others > 0
      ? [
          pc.dim(
            `     and ${count(others, 'other pair')} of ways to their writers${others + 1 < mostJudged ? '' : ', or more'}`,
          ),
        ]
      : []),
  ].join('\n');
}

function sideTexts({ field, function: name, place, value, entry, path, locks }: FieldAccess): string[] {
  const stored = value === null ? '' : ` = ${value}`;
  const way = path.length > 1 ? `by ${path.map((one) => `${one}()`).join(' > ')}` : `in ${name}()`;
  return [
    `${pc.bold(printable(field.field))}${stored}  ${printable(place.file)}:${place.line} ${printable(way)}`,
    `  ${pc.dim('entered as')} ${printable(entryText(entry))}, ${locksText(locks)}`,
  ];
}

/** How code gets there, for people. */
export function entryText({ kind, through, variable, under }: Entry): string {
  const by =
    through === ''
      ? ''
      : through.endsWith('()')
        ? `, given to ${through}`
        : `, ${through}${variable === null ? '' : ` of ${variable}`}`;
  return `${kind}${by}${under === null ? '' : `, under ${under}`}`;
}

function locksText(locks: readonly HeldLock[]): string {
  if (locks.length === 0) return 'no locks held';
  const texts = locks.map(({ name, shared, by, relation }) => {
    const doubts = [
      ...(shared ? ['for reading'] : []),
      ...(by === 'asserted' ? ['asserted'] : []),
      ...(relation === null ? ['of another object'] : []),
    ];
    return `${name || 'a lock'}${doubts.length > 0 ? ` (${doubts.join(', ')})` : ''}`;
  });
  return printable(`holding ${texts.join(', ')}`);
}

const spanText = ({ offset, size }: Span): string =>
  size === 1 ? `byte ${offset}` : `bytes ${offset} to ${offset + size - 1}`;
const sameSpan = (a: Span, b: Span): boolean => a.offset === b.offset && a.size === b.size;

function orderedTexts({ ordered }: Pairs, verbose: boolean): string[] {
  if (ordered.length === 0) return [];
  const why = new Map<string, number>();
  for (const one of ordered) why.set(one.why, (why.get(one.why) ?? 0) + 1);
  if (verbose)
    return [
      '',
      'Kept apart:',
      ...ordered.map(
        ({ struct, fields, why }) => `  ${printable(`${struct}: ${fields.join(' × ')}`)}: ${printable(why)}`,
      ),
    ];
  return [];
}

function storesTexts({ stores }: HazardReport): string[] {
  const lines = stores.map(({ field, function: name, place, value, locks }) => {
    const stored = value === null ? '' : ` = ${value}`;
    return `  ${printable(`${field.struct}.${field.field}`)}${stored}  ${printable(place.file)}:${place.line} ${printable(name)}(), ${locksText(locks)}; ${fieldText(field)}`;
  });
  return lines.length === 0 ? [] : ['', 'Stores, and the locks that are held in their function:', ...lines];
}

const fieldText = ({ start, width, storage, gcc, wide }: FieldFact): string =>
  `bit ${start}${width > 1 ? ` to ${start + width - 1}` : ''}, declared in ${spanText(storage)}, written by ${spanText(gcc)} (gcc), ${spanText(wide)} (clang)`;

function unseenTexts({ unseen }: HazardReport, verbose: boolean): string[] {
  if (unseen.length === 0) return [];
  const shown = verbose ? unseen : unseen.slice(0, 5);
  const more = unseen.length - shown.length;
  return [
    '',
    pc.yellow(`${count(unseen.length, 'store')} of bit-fields that are not seen:`),
    ...shown.map(({ place, why }) => `  ${printable(place.file)}:${place.line}: ${printable(why)}`),
    ...(more > 0 ? [pc.dim(`  and ${more} more (--verbose)`)] : []),
  ];
}

function refusedTexts(
  { refused, leftOut }: Pick<HazardReport, 'refused' | 'leftOut'>,
  verbose: boolean,
): string[] {
  const shown = verbose || refused.length <= 10 ? refused : refused.slice(0, 10);
  const lines = shown.flatMap(({ why, hint }) => [
    `  ${printable(why)}`,
    ...(hint === null ? [] : [pc.dim(`    hint: ${printable(hint)}`)]),
  ]);
  const more = refused.length - shown.length;
  return [
    ...(refused.length > 0
      ? ['', pc.yellow(`Nothing is known of ${count(refused.length, 'file')}:`), ...lines]
      : []),
    ...(more > 0 ? [pc.dim(`  and ${more} more (--verbose)`)] : []),
    ...(verbose && leftOut.length > 0
      ? [
          '',
          `Left out: ${count(leftOut.length, 'file')}:`,
          ...leftOut.map(({ path, why }) => `  ${printable(path)}: ${printable(why)}`),
        ]
      : []),
  ];
}

/** What is new and what is gone between two of them, and what either says nothing of. */
export function hazardDifferenceText(
  { added, gone, before, after, refused }: HazardDifference,
  verbose: boolean,
): string {
  const list = (pairs: readonly HazardPair[], sign: string, paint: (text: string) => string) =>
    pairs.map((pair, i) => `${paint(sign)}${pairText(pair, i + 1)}`);
  const names = [before, after].map(printable);
  const unknown = refused.flatMap((files, i) =>
    files.length === 0
      ? []
      : ['', `In ${names[i]}:`, ...refusedTexts({ refused: files, leftOut: [] }, verbose).slice(1)],
  );
  if (added.length + gone.length === 0)
    return [pc.green(`the same pairs in ${names[0]} and ${names[1]}`), ...unknown].join('\n');
  return [
    `${pc.red(`${count(added.length, 'pair')} in ${names[1]} alone`)}, ${pc.green(`${count(gone.length, 'pair')} in ${names[0]} alone`)}`,
    ...list(added, '+', pc.red),
    ...list(gone, '-', pc.green),
    ...unknown,
  ].join('\n');
}
