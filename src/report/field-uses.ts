// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { commonLocks, type FieldUse, type FieldWriter } from '../layout/hazards.js';
import type { WriterLock } from '../layout/writes.js';
import { wrapped } from './columns.js';

/** Locks for people: `memory_lock, irqlock (shared)`, or `no lock`. */
export function lockText(locks: readonly WriterLock[]): string {
  if (locks.length === 0) return 'no lock';
  return locks.map(({ name, shared }) => (shared ? `${name} (shared)` : name)).join(', ');
}

/** A function by the name that its module has for it, with what was inlined there. */
export function functionText({
  function: name,
  inside,
  perhaps,
}: Pick<FieldWriter, 'function' | 'inside' | 'perhaps'>): string {
  return `${perhaps ? 'perhaps ' : ''}${inside === null ? name : `${inside} (${name})`}`;
}

/** A line for each writer of each field: where, and holding which locks. The field's name is on its first one. */
export function fieldUseTable(uses: readonly FieldUse[]): string {
  const rows = uses.flatMap(({ path, class: use, writers }) =>
    writers.map((writer, i) => [
      i === 0 ? path : '',
      i === 0 ? use : '',
      functionText(writer),
      writer.phase,
      writer.context,
      lockText(writer.locks),
      writer.ops.join(', '),
    ]),
  );
  const heads = ['field', 'class', 'written by', 'at', 'context', 'holding', 'during'];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const paint = (row: readonly string[]) => {
    const text = line(row);
    return row[3] === 'run time' ? text : pc.dim(text);
  };
  return [pc.dim(line(heads)), ...rows.map(paint)].join('\n');
}

/**
 * What a patch's changelog says of flags: which are written in set-up and release only, so that they may share a storage
 * unit, and which are not. `fields` are those that are asked about, in the order of the struct.
 */
export function justificationText(fields: readonly string[], uses: readonly FieldUse[]): string {
  const byPath = new Map(uses.map((use) => [use.path, use]));
  const of = (wanted: FieldUse['class']) =>
    fields.flatMap((path) => {
      const use = byPath.get(path);
      return use?.class === wanted ? [use] : [];
    });
  const unseen = fields.filter((path) => !byPath.has(path));
  const [still, moving] = [of('set-up/release'), of('run time')];
  const parts: string[] = [];
  if (still.length > 0)
    parts.push(
      'Written in set-up and release only, so that they may share a storage unit:',
      ...still.flatMap((use) => entry(`${use.path}: written only in ${writersText(use.writers)}`)),
    );
  if (moving.length > 0)
    parts.push(
      ...(parts.length > 0 ? [''] : []),
      'Written at run time, so that each is to have a storage unit of its own:',
      ...moving.flatMap((use) => {
        const [running, other] = [true, false].map((wanted) =>
          use.writers.filter(({ phase }) => (phase === 'run time') === wanted),
        ) as [FieldWriter[], FieldWriter[]];
        const besides = other.length === 0 ? '' : `; in set-up and release by ${writersText(other)}`;
        return entry(`${use.path}: written by ${writersText(running)}${besides}`);
      }),
    );
  if (unseen.length > 0)
    parts.push(
      ...(parts.length > 0 ? [''] : []),
      ...entry(`Written in no scenario: ${unseen.join(', ')}`, ''),
    );
  return parts.join('\n');
}

/** Columns of a changelog. */
const CHANGELOG = 75;

const entry = (text: string, margin = '  ') => wrapped(`${margin}${text}`, CHANGELOG);

/** A function once, with what all of its writes have in common. */
function writersText(writers: readonly FieldWriter[]): string {
  const functions = new Map<string, FieldWriter[]>();
  for (const writer of writers) {
    const key = JSON.stringify([writer.inside ?? writer.function, writer.context]);
    functions.set(key, [...(functions.get(key) ?? []), writer]);
  }
  const texts = [...functions].map(([key, all]) => {
    const [name, context] = JSON.parse(key) as [string, string];
    const locks = commonLocks(all);
    const held = locks.length === 0 ? 'no lock' : `under ${locks.join(' and ')}`;
    const during = [...new Set(all.flatMap(({ ops }) => ops))].join(', ');
    return `${name}() (${during}; ${context === 'process' ? '' : `${context}, `}${held})`;
  });
  return texts.join(', ');
}
