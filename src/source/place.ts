// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { StructuredPatch } from 'diff';

/** Where a hunk of a diff has come to be. */
export interface PlacedHunk {
  /** Of the file's hunks, from 1. */
  readonly hunk: number;
  /** Lines from where the diff has it: down, or, where it is negative, up. */
  readonly offset: number;
  /** Lines of context that may differ at either end; none of the others does. */
  readonly fuzz: number;
  /** Lines, from 1, where it would have fitted as well. */
  readonly others: readonly number[];
}

/** The text with all hunks applied; or the first hunk that cannot be, from 0, and the lines where it fits equally well, if any. */
export type Placement =
  | { readonly text: string; readonly placed: readonly PlacedHunk[] }
  | { readonly text: null; readonly failed: number; readonly equal: readonly number[] };

/** As patch(1) has it, where it is not told otherwise. */
export const mostFuzz = 2;

type Hunk = StructuredPatch['hunks'][number];

interface Line {
  readonly kind: ' ' | '-' | '+';
  /** With the end of the line, if it has one. */
  readonly text: string;
}

/**
 * Finds a place for each hunk, behind that of the one before it. Where its lines are as stated, or have moved as those of the hunk
 * before, they stay there; else the nearest place is taken where they are. Only where there is none may lines of context at its
 * ends differ: one of them, then two, as far as `fuzz` goes, by the rules of patch(1). A hunk with less context at one end is then
 * taken to be at that end of its file.
 *
 * Among places that fit equally well none is chosen: two that are as near, or several that fit with lines that differ.
 */
export function placeHunks(text: string, { hunks }: StructuredPatch, fuzz = mostFuzz): Placement {
  const file = text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const parts: string[] = [];
  const placed: PlacedHunk[] = [];
  let done = 0;
  let moved = 0;
  for (const [i, hunk] of hunks.entries()) {
    const found = placeOf(file, hunk, done, moved, fuzz);
    if (!('at' in found)) return { text: null, failed: i, equal: found.equal };
    const { at, core, used, others } = found;
    // Files have more lines than a call may have arguments.
    for (let line = done; line < at; line++) parts.push(file[line]!);
    for (const { kind, text: line } of core) if (kind !== '-') parts.push(line);
    // The next hunk may begin in what follows the last change.
    const kept = trailing(core);
    parts.length -= kept;
    done = at + oldOf(core).length - kept;
    moved = at - used.front - (hunk.oldStart - 1);
    placed.push({ hunk: i + 1, offset: moved, fuzz: used.fuzz, others: others.map((one) => one + 1) });
  }
  return { text: parts.concat(file.slice(done)).join(''), placed };
}

interface Used {
  readonly fuzz: number;
  /** Lines of context that are left out in front. */
  readonly front: number;
}

interface Found {
  readonly at: number;
  /** The hunk without the context that is left out. */
  readonly core: readonly Line[];
  readonly used: Used;
  readonly others: readonly number[];
}

function placeOf(
  file: readonly string[],
  hunk: Hunk,
  from: number,
  moved: number,
  fuzz: number,
): Found | { readonly equal: readonly number[] } {
  const lines = linesOf(hunk);
  const [before, behind] = [trailing(lines.toReversed()), trailing(lines)];
  const context = Math.max(before, behind);
  // A hunk of context alone changes nothing.
  const most = before === lines.length ? 0 : Math.min(fuzz, context);
  for (let level = 0; level <= most; level++) {
    const [front, back] = [level + before - context, level + behind - context];
    const core = lines.slice(Math.max(0, front), lines.length - Math.max(0, back));
    // What is nowhere in particular can only be where it says.
    const isAnywhere = oldOf(core).length === 0;
    if (level > 0 && isAnywhere) continue;
    const used = { fuzz: level, front: Math.max(0, front) };
    const expected = hunk.oldStart - 1 + moved + used.front;
    const fits = fitting(file, core, from);
    const atEnds = (at: number) =>
      level === 0 || ((front >= 0 || at === 0) && (back >= 0 || at + oldOf(core).length === file.length));
    const isThere = fits(expected) && atEnds(expected);
    if (isThere && moved === 0 && level === 0) return { at: expected, core, used, others: [] };
    if (isAnywhere && !isThere) continue;
    const places = Array.from({ length: Math.max(0, file.length - from + 1) }, (_, i) => from + i).filter(
      (at) => fits(at) && atEnds(at),
    );
    const others = (at: number) => places.filter((other) => other !== at);
    // As it has moved by what the hunk before it has, there is no doubt.
    if (isThere) return { at: expected, core, used, others: level === 0 ? [] : others(expected) };
    if (places.length === 0) continue;
    const nearest = places.reduce(
      (least, at) => Math.min(least, Math.abs(at - expected)),
      Number.POSITIVE_INFINITY,
    );
    const [at, ...equal] = places.filter((one) => Math.abs(one - expected) === nearest);
    if (equal.length > 0 || (level > 0 && places.length > 1)) return { equal: places.map((one) => one + 1) };
    return { at: at!, core, used, others: others(at!) };
  }
  return { equal: [] };
}

/** Does what a hunk has stand at a place, which is not in front of another one? */
function fitting(file: readonly string[], core: readonly Line[], from: number): (at: number) => boolean {
  const old = oldOf(core);
  const last = core.findLast(({ kind }) => kind !== '-');
  const isCut = last !== undefined && !last.text.endsWith('\n');
  return (at) => {
    const end = at + old.length;
    if (at < from || end > file.length || (isCut && end !== file.length)) return false;
    // Behind a last line without an end nothing can be added.
    if (old.length === 0 && core.length > 0 && at > 0 && !file[at - 1]!.endsWith('\n')) return false;
    return old.every((line, i) => line === file[at + i]);
  };
}

function linesOf({ lines }: Hunk): Line[] {
  const found: Line[] = [];
  for (const line of lines) {
    // "\ No newline at end of file"
    if (line.startsWith('\\')) {
      const before = found.pop();
      if (before !== undefined) found.push({ ...before, text: before.text.slice(0, -1) });
    } else {
      const kind = line[0] === '-' || line[0] === '+' ? line[0] : ' ';
      found.push({ kind, text: `${line.slice(1)}\n` });
    }
  }
  return found;
}

const oldOf = (lines: readonly Line[]): string[] =>
  lines.filter(({ kind }) => kind !== '+').map(({ text }) => text);

/** How many lines at the end are context. */
const trailing = (lines: readonly Line[]): number =>
  lines.length - 1 - lines.findLastIndex(({ kind }) => kind !== ' ');
