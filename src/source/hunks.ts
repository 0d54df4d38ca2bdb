// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { reversePatch, type StructuredPatch } from 'diff';
import { distance } from 'fastest-levenshtein';
import { printableLines } from '../printable.js';
import { type Placement, placeHunks } from './place.js';

/** A hunk as its diff heads it. */
export const headerOf = ({
  oldStart,
  oldLines,
  newStart,
  newLines,
}: StructuredPatch['hunks'][number]): string =>
  `hunk @@ -${oldStart},${oldLines} +${newStart},${newLines} @@`;

/** Why a hunk cannot be placed: at which of its lines the text differs, at the place most like it. */
export function misfit(
  text: string,
  diff: StructuredPatch,
  { failed, equal }: Extract<Placement, { text: null }>,
): string {
  const hunk = diff.hunks[failed]!;
  const header = headerOf(hunk);
  if (equal.length > 0) return `${header}: it fits equally well at ${placesText(equal)}`;
  const found = text.split('\n');
  const expected = hunk.lines.filter((line) => !/^[+\\]/.test(line)).map((line) => line.slice(1));
  const start = likeliestStart(expected, found, hunk.oldStart - 1);
  const at = expected.findIndex((line, i) => found[start + i] !== line);
  if (at < 0)
    return `${header}: its lines are there, but not after the hunk before it or not at the file's end`;
  const there = found[start + at];
  return [
    `${header}, line ${start + at + 1}`,
    `  expected: ${printableLines(expected[at]!)}`,
    `  found:    ${printableLines(there ?? '(the end of the file)')}`,
  ].join('\n');
}

/** `lines 3, 9 and 27` */
export function placesText(lines: readonly number[]): string {
  const shown = lines.slice(0, mostPlaces);
  if (lines.length > mostPlaces) return `lines ${shown.join(', ')} … (${lines.length} in all)`;
  return lines.length === 1
    ? `line ${lines[0]}`
    : `lines ${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

const mostPlaces = 5;

/** Does a text have already what the diff changes? */
export const isApplied = (text: string, diff: StructuredPatch): boolean =>
  placeHunks(text, reversePatch(diff), 0).text !== null;

/** Pairs of lines that are compared, at most: of a longer hunk, the beginning is looked for. */
const mostCompared = 5_000_000;
/** And letter by letter, in lines that are not longer than this; otherwise a line is the same or another one. */
const mostClosely = 500_000;
const longestClosely = 500;

/**
 * Where in `found` the expected lines most likely are, counted from 0: where the fewest of them have to be changed, added
 * or taken away, a line that is changed a little counting less; the nearest to the stated place among equals. P. H. Sellers,
 * "The theory and computation of evolutionary distances: pattern recognition", 1980.
 */
function likeliestStart(lines: readonly string[], found: readonly string[], stated: number): number {
  const expected = lines.slice(0, Math.max(1, Math.floor(mostCompared / found.length)));
  const closely = expected.length * found.length <= mostClosely;
  // Of the first i expected lines, ended before the current line: the cost, and where they begin.
  let costs = [0, ...expected.map((_, i) => i + 1)];
  let starts = costs.map(() => 0);
  let best = { start: Math.max(0, Math.min(stated, found.length - 1)), cost: expected.length };
  for (const [j, line] of found.entries()) {
    const nextCosts = [0];
    const nextStarts = [j + 1];
    for (const [i, wanted] of expected.entries()) {
      const changed = costs[i]! + difference(wanted, line, closely);
      const missing = nextCosts[i]! + 1;
      const added = costs[i + 1]! + 1;
      const cost = Math.min(changed, missing, added);
      nextCosts.push(cost);
      nextStarts.push(cost === changed ? starts[i]! : cost === missing ? nextStarts[i]! : starts[i + 1]!);
    }
    [costs, starts] = [nextCosts, nextStarts];
    const here = { start: starts.at(-1)!, cost: costs.at(-1)! };
    const nearer = Math.abs(here.start - stated) < Math.abs(best.start - stated);
    if (here.cost < best.cost || (here.cost === best.cost && nearer)) best = here;
  }
  return best.start;
}

/** From 0, the same line, to 1, another one. */
function difference(a: string, b: string, closely: boolean): number {
  if (a === b) return 0;
  const length = Math.max(a.length, b.length);
  if (!closely || length > longestClosely) return 1;
  return distance(a, b) / length;
}
