// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { applyPatch as applyDiff, type StructuredPatch, type StructuredPatchHunk } from 'diff';
import { LostbitError } from '../errors.js';
import { printable, printableLines } from '../printable.js';
import type { FileTree } from '../toolchain/types.js';
import { type FileDiff, fileDiffs, type Patch, pathOf } from './patch.js';

/**
 * The tree with the patch applied; the given one stays as it is. Hunks may have moved, but their lines must be there
 * exactly. Throws `E_PATCH` naming the patch, the file, the hunk, and what was expected and found.
 */
export function applyPatch(tree: FileTree, patch: Pick<Patch, 'name' | 'text'>): FileTree {
  const patched = new Map(tree);
  for (const change of fileDiffs(patch.name, patch.text)) applyToFile(patched, patch.name, change);
  return new Map([...patched].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function applyToFile(tree: Map<string, string>, patch: string, change: FileDiff): void {
  const { oldPath, newPath, diff } = change;
  const refuse = (why: string) =>
    new LostbitError('E_PATCH', `patch '${printable(patch)}' does not apply to ${pathOf(change)}: ${why}`);
  const before = oldPath === null ? '' : tree.get(oldPath);
  if (before === undefined) throw refuse('there is no such file');
  if (oldPath !== newPath && newPath !== null && tree.has(newPath))
    throw refuse('there is such a file already');

  const after = applyDiff(before, diff, { autoConvertLineEndings: false });
  if (after === false) throw refuse(explain(before, diff));
  if (newPath === null && after !== '') throw refuse('it is to be deleted, but lines remain');
  if (oldPath !== null && oldPath !== newPath && !diff.isCopy) tree.delete(oldPath);
  if (newPath !== null) tree.set(newPath, after);
}

/** Which hunk does not apply, and at which line its text and the file's part. */
function explain(text: string, diff: StructuredPatch): string {
  const upTo = (count: number) => ({ ...diff, hunks: diff.hunks.slice(0, count) });
  const failing = diff.hunks.findIndex(
    (_, i) => applyDiff(text, upTo(i + 1), { autoConvertLineEndings: false }) === false,
  );
  const hunk = diff.hunks[failing]!;
  const header = `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
  const found = text.split('\n');
  const expected = hunk.lines.filter((line) => !/^[+\\]/.test(line)).map((line) => line.slice(1));
  const start = likeliestStart(expected, found, hunk);
  const at = expected.findIndex((line, i) => found[start + i] !== line);
  if (at < 0)
    return `hunk ${header}: its lines are there, but not after the hunk before it or not at the file's end`;
  const there = found[start + at];
  return [
    `hunk ${header}, line ${start + at + 1}`,
    `  expected: ${printableLines(expected[at]!)}`,
    `  found:    ${printableLines(there ?? '(the end of the file)')}`,
  ].join('\n');
}

/** The place where most of the expected lines are, the nearest to the stated one among equals; counted from 0. */
function likeliestStart(expected: string[], found: string[], hunk: StructuredPatchHunk): number {
  const stated = Math.max(0, hunk.oldStart - 1);
  let best = { start: stated, matches: -1, distance: 0 };
  for (let start = 0; start < found.length; start++) {
    const matches = expected.filter((line, i) => found[start + i] === line).length;
    const distance = Math.abs(start - stated);
    if (matches > best.matches || (matches === best.matches && distance < best.distance)) {
      best = { start, matches, distance };
    }
  }
  return best.start;
}
