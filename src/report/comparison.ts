// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type {
  Change,
  FieldChange,
  FieldPlace,
  HoleChange,
  LayoutComparison,
  LineChange,
  Parting,
  Room,
  Shift,
} from '../layout/compare.js';
import type { ByteRange } from '../layout/types.js';

/** What to call the two layouts: `base` and `p3`. */
export type ComparedNames = Change<string>;

/** What `lostbit layout --against --json` says of a change; offsets and sizes are bytes unless they say bits. */
export interface ComparisonJson extends LayoutComparison {
  readonly names: ComparedNames;
}

/** A comparison for machines to read. */
export function comparisonJson(comparison: LayoutComparison, names: ComparedNames): ComparisonJson {
  return { names, ...comparison };
}

/** Names in a list before it is cut short. */
const MOST_NAMED = 5;
const LABEL = 10;

/** What a change did to a struct's layout: a line for each difference, nothing else. */
export function comparisonText(comparison: LayoutComparison, names: ComparedNames): string {
  const { struct, size, lines, fields, shifts, split, merged, holes, crossed } = comparison;
  const grown = size.after - size.before;
  const paint = grown > 0 ? pc.yellow : grown < 0 ? pc.green : pc.dim;
  const changes = [
    ...fields.map(fieldLine),
    ...shiftLines(shifts),
    ...visible(split, split).map((one) => partingLine('split', one)),
    ...visible(merged, merged).map((one) => partingLine('merged', one)),
    ...holes.map(holeLine),
    ...lineLines(crossed),
  ];
  return [
    `${pc.bold(struct)}, ${names.before} to ${names.after}: ${changed(size)} bytes ${paint(`(${signed(grown)})`)}, ` +
      `${changed(lines)} cache line${lines.after === 1 ? '' : 's'}`,
    ...(changes.length === 0 ? ['  no field changed or moved'] : changes),
  ].join('\n');
}

/** A line of a report: what happened, and to what. */
export function row(label: string, text: string, paint: (text: string) => string = pc.cyan): string {
  return `  ${paint(label.padEnd(LABEL))}${text}`;
}

const FIELD_PAINT = {
  added: pc.green,
  removed: pc.red,
  widened: pc.green,
  narrowed: pc.yellow,
  retyped: pc.yellow,
  moved: pc.cyan,
} as const;

function fieldLine({ path, change, before, after }: FieldChange): string {
  const paint = FIELD_PAINT[change];
  if (before === null) {
    const { declaration, bit, location } = after!;
    const joined = bit === null || location === null ? '' : `, in location ${rangeText(location)}`;
    return row(change, `${declaration} at ${placeText(after!)}${joined}`, paint);
  }
  if (after === null) return row(change, `${before.declaration} at ${placeText(before)}`, paint);
  const places = `${placeText(before)} to ${placeText(after)}`;
  if (change === 'moved') return row(change, `${path} from ${places}`, paint);
  const types =
    before.declaration === after.declaration
      ? `${after.declaration}, ${before.size} to ${after.size} bytes`
      : `${before.declaration} to ${after.declaration}`;
  const same = placeText(before) === placeText(after);
  return row(change, `${types}, ${same ? `at ${placeText(after)}` : places}`, paint);
}

function placeText({ offset, bit }: Pick<FieldPlace, 'offset' | 'bit'>): string {
  return bit === null ? `${offset}` : `${offset}:${bit}`;
}

/** A line for each group that moved by whole bytes, and one line for all that moved by bits. */
function shiftLines(shifts: readonly Shift[]): string[] {
  const whole = shifts.filter(({ bits }) => bits % 8 === 0);
  const byBits = shifts.filter(({ bits }) => bits % 8 !== 0);
  return [
    ...whole.map(({ fields, bits }) => row('pushed', `${between(fields)}, ${signed(bits / 8)}`)),
    ...(byBits.length === 0
      ? []
      : [row('bits', byBits.map(({ fields, bits }) => `${fields.join(', ')} ${signed(bits)}`).join('; '))]),
  ];
}

/** `irqlock … region: 6 fields`. */
function between(fields: readonly string[]): string {
  const [first] = fields;
  const last = fields.at(-1);
  if (fields.length < 3) return fields.join(', ');
  return `${first} … ${last}: ${fields.length} fields`;
}

/** Leaves out changes of storage units that a change of a memory location in `shown` covers. */
function visible(all: readonly Parting[], shown: readonly Parting[]): Parting[] {
  const locations = shown.filter(({ by }) => by === 'location');
  return all.filter(
    ({ by, fields }) =>
      by !== 'unit' || !locations.some((one) => fields.every((path) => one.fields.includes(path))),
  );
}

function partingLine(label: 'split' | 'merged', { by, range, parts }: Parting): string {
  const text = parts.map(listed).join(' | ');
  return row(label, `${by} ${rangeText(range)}: ${text}`, label === 'split' ? pc.green : pc.yellow);
}

const rangeText = ({ offset, size }: ByteRange) => `${offset}+${size}`;

function listed(fields: readonly string[]): string {
  if (fields.length <= MOST_NAMED) return fields.join(' ');
  return `${fields[0]} … ${fields.at(-1)} (${fields.length})`;
}

/** How a hole changed. */
export function holeLine({ change, bits, before, after, by }: HoleChange): string {
  const rooms = before.length > 0 && change !== 'grown' ? before : after;
  const where = whereText(rooms);
  const fillers = by.length === 0 ? '' : ` by ${listed(by)}`;
  switch (change) {
    case 'filled':
      return row('hole', `${amount(bits.before)} ${where}, filled exactly${fillers}`, pc.green);
    case 'closed':
      return row('hole', `${amount(bits.before)} ${where}, gone`, pc.green);
    case 'opened':
      return row('hole', `${amount(bits.after)} ${where}, new`, pc.yellow);
    case 'grown':
      return row('hole', `${where} grows from ${amount(bits.before)} to ${amount(bits.after)}`, pc.yellow);
    case 'shrunk':
      return row(
        'hole',
        `${where} shrinks from ${amount(bits.before)} to ${amount(bits.after)}${fillers}`,
        pc.green,
      );
  }
}

function whereText(rooms: readonly Room[]): string {
  const behind = rooms[0]!.behind;
  const ahead = rooms.at(-1)!.ahead;
  if (ahead === null) return 'at the end';
  return behind === null ? `before ${ahead}` : `after ${behind}`;
}

/** `7 bytes and 6 bits`. */
function amount(bits: number): string {
  const count = (n: number, unit: string) => (n === 0 ? [] : [`${n} ${unit}${n === 1 ? '' : 's'}`]);
  return [...count(Math.floor(bits / 8), 'byte'), ...count(bits % 8, 'bit')].join(' and ');
}

/** Neighbours that all go as many lines on share a row. */
function lineLines(crossed: readonly LineChange[]): string[] {
  const groups: { by: string; text: string; fields: string[] }[] = [];
  for (const { path, before, after } of crossed) {
    const by = after[0] - before[0];
    const text = `${linesText(before)} to ${linesText(after)}`;
    const key = by === after[1] - before[1] ? signed(by) : text;
    const group = groups.at(-1);
    if (group === undefined || group.by !== key) groups.push({ by: key, text, fields: [path] });
    else {
      group.fields.push(path);
      if (group.text !== text) group.text = key;
    }
  }
  return groups.map(({ text, fields }) => row('line', `${between(fields)}, ${text}`));
}

const linesText = ([first, last]: LineChange['before']) => (first === last ? `${first}` : `${first}-${last}`);
const changed = ({ before, after }: Change<number>) =>
  before === after ? `${after}` : `${before} to ${after}`;
export const signed = (value: number) => (value > 0 ? `+${value}` : `${value}`.replace('-', '−'));
