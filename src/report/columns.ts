// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';

export type Paint = (text: string) => string;
export const plain: Paint = (text) => text;

/** A row of which all columns but one are empty. */
export interface Cell {
  readonly column: number;
  /** A line; what stands in front of its first word, or of its mark `*` and that, is kept where it has to be wrapped. */
  readonly text: string;
  readonly paint: Paint;
}

/** Narrower than this no column gets, however many there are. */
const narrowest = 20;
const between = ' | ';

/**
 * Columns under their heads, in rows of so many characters; wide only as far as their text is. Where there are more of
 * them than fit, a list: whose turn it is, and what stands in that column until it is another one's.
 */
export function columnText(heads: readonly string[], cells: readonly Cell[], width: number): string {
  const wanted = heads.map(({ length }) => length);
  for (const { column, text } of cells) wanted[column] = Math.max(wanted[column]!, text.length);
  const separators = between.length * (heads.length - 1);
  const widths = shared(wanted, width - separators);
  if (widths.reduce((sum, one) => sum + one, separators) > width) return listText(heads, cells, width);
  const row = (column: number, text: string, paint: Paint) =>
    widths
      .map((room, i) => (i === column ? paint(text) + ' '.repeat(room - text.length) : ' '.repeat(room)))
      .join(between)
      .trimEnd();
  return [
    heads
      .map((head, i) => pc.bold(head) + ' '.repeat(widths[i]! - head.length))
      .join(between)
      .trimEnd(),
    widths.map((room) => '-'.repeat(room)).join('-+-'),
    ...cells.flatMap(({ column, text, paint }) =>
      wrapped(text, widths[column]!).map((line) => row(column, line, paint)),
    ),
  ].join('\n');
}

function listText(heads: readonly string[], cells: readonly Cell[], width: number): string {
  return cells
    .flatMap(({ column, text, paint }, i) => [
      ...(cells[i - 1]?.column === column ? [] : [pc.bold(`${heads[column]}:`)]),
      ...wrapped(`  ${text}`, width).map(paint),
    ])
    .join('\n');
}

/** Gives each column what it wants, and those that want more than their share an equal share of what is left. */
function shared(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  const modestFirst = [...wanted.keys()].sort((a, b) => wanted[a]! - wanted[b]!);
  let left = room;
  for (const [i, column] of modestFirst.entries()) {
    const share = Math.floor(left / (wanted.length - i));
    widths[column] = Math.min(wanted[column]!, Math.max(share, narrowest));
    left -= widths[column];
  }
  return widths;
}

/** Breaks a line between words, or within one that is too long, at `/`, `.`, `_` or `-` if it has them. */
export function wrapped(text: string, width: number): string[] {
  const margin = /^(?:\* )? */.exec(text)![0];
  const hanging = ' '.repeat(margin.length + 2);
  const lines: string[] = [];
  let line = margin;
  for (const word of text.slice(margin.length).trim().split(' ')) {
    let rest = word;
    const gap = line === margin || line.trim() === '' ? '' : ' ';
    if (line.length + gap.length + rest.length <= width) {
      line += gap + rest;
      continue;
    }
    if (gap !== '') {
      lines.push(line);
      line = hanging;
    }
    // A margin may leave no room: one character a line is the least.
    for (let room = width - line.length; rest.length > Math.max(room, 1); room = width - line.length) {
      const piece = rest.slice(0, Math.max(room, 1));
      const joint = /^.*[/._-]/.exec(piece)?.[0] ?? piece;
      lines.push(line + joint);
      rest = rest.slice(joint.length);
      line = hanging;
    }
    line += rest;
  }
  return [...lines, line];
}
