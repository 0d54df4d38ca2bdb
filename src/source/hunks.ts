// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { applyPatch, reversePatch, type StructuredPatch } from 'diff';
import { distance } from 'fastest-levenshtein';
import { printableLines } from '../printable.js';

/** The text with the hunks of a diff applied, null where they do not: their lines may have moved, but must be there exactly. */
export function applyHunks(text: string, diff: StructuredPatch): string | null {
  // A place is looked for line by line from the stated one: from as far as the text goes, that is.
  const lines = text.split('\n').length;
  const hunks = diff.hunks.map((hunk) => ({ ...hunk, oldStart: Math.min(hunk.oldStart, lines + 1) }));
  const applied = applyPatch(text, { ...diff, hunks }, { autoConvertLineEndings: false });
  return applied === false ? null : applied;
}

/** Why a diff does not apply to a text: which hunk, and where its lines and the text's part at the place most like it. */
export function misfit(text: string, diff: StructuredPatch): string {
  const hunk = diff.hunks[firstMisfit(text, diff)]!;
  const header = `hunk @@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
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

/** Does a text have already what the diff changes? */
export const isApplied = (text: string, diff: StructuredPatch): boolean =>
  applyHunks(text, reversePatch(diff)) !== null;

/** The first hunk with which the diff up to it does not apply: a longer part does not, either. */
function firstMisfit(text: string, diff: StructuredPatch): number {
  let applies = 0;
  let fails = diff.hunks.length;
  while (fails - applies > 1) {
    const middle = (applies + fails) >> 1;
    if (applyHunks(text, { ...diff, hunks: diff.hunks.slice(0, middle) }) === null) fails = middle;
    else applies = middle;
  }
  return applies;
}

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
