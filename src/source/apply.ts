// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ErrorAdvice, LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import type { FileTree } from '../toolchain/types.js';
import { type FileDiff, fileDiffs, pathOf } from './diff.js';
import { isApplied, misfit } from './hunks.js';
import type { Patch } from './patch.js';
import { PatchedTree } from './patched-tree.js';
import { type PlacedHunk, placeHunks } from './place.js';
import { nearestPath, Whereabouts } from './whereabouts.js';

/** What a patch has done to one file. */
export interface PatchedFile {
  /** Where it was in the tree, and where it is afterwards; null where it was not, or is not. */
  readonly before: string | null;
  readonly after: string | null;
  readonly hunks: readonly PlacedHunk[];
}

/** A tree with a patch applied, and how that went. */
export interface Patched {
  readonly tree: FileTree;
  readonly files: readonly PatchedFile[];
}

type Applicable = Pick<Patch, 'name' | 'text' | 'strip'>;

/** The tree with the patch applied, see {@link patched}. */
export const applyPatch = (tree: FileTree, patch: Applicable): FileTree => patched(tree, patch).tree;

/**
 * The tree with the patch applied; the given one stays as it is. Hunks may have moved, and lines of context at their ends may
 * differ, see `placeHunks`. A file may be in another folder than the patch has it in, see `Whereabouts`. Throws `E_PATCH` naming
 * the patch, the file, the hunk, and what was expected and found.
 */
export function patched(tree: FileTree, patch: Applicable): Patched {
  const diffs = fileDiffs(patch.name, patch.text, patch.strip);
  const whereabouts = new Whereabouts();
  // What is there says where what is new belongs.
  for (const diff of diffs) whereabouts.find(tree, namesBefore(diff));
  let now = tree;
  const files = diffs.map((diff) => {
    const { changes, file } = changesOf(now, tree, patch.name, diff, whereabouts);
    now = new PatchedTree(now, changes);
    return file;
  });
  return { tree: now, files };
}

/** What the file may be called in the tree before; nothing for a new one. */
function namesBefore({ oldPath, newPath, moves }: FileDiff): string[] {
  if (oldPath === null) return [];
  return newPath === null || moves ? [oldPath] : [newPath, oldPath];
}

/** @param unpatched what is copied and renamed is what was there before the patch. */
function changesOf(
  tree: FileTree,
  unpatched: FileTree,
  patch: string,
  change: FileDiff,
  whereabouts: Whereabouts,
): { readonly changes: Map<string, string | null>; readonly file: PatchedFile } {
  const { oldPath, newPath, moves, diff } = change;
  const named = pathOf(change);
  const refuse = (why: string, at: string | null = null, advice: ErrorAdvice = {}) => {
    const here = at === null || at === named ? '' : ` (here ${printable(at)})`;
    return new LostbitError(
      'E_PATCH',
      `patch '${printable(patch)}' does not apply to ${named}${here}: ${why}`,
      advice,
    );
  };

  const candidates = whereabouts.find(tree, namesBefore(change));
  if (candidates.length > 1) {
    throw refuse(`it may be ${listed(candidates)}`, null, {
      hint: 'make the diff from the root of the sources, so that its paths say which one is meant',
    });
  }
  const from = candidates[0] ?? null;
  if (oldPath !== null && from === null) {
    const near = nearestPath(tree, oldPath);
    throw refuse(`there is no such file${near === undefined ? '' : `; the nearest is ${printable(near)}`}`);
  }
  const isNew = oldPath === null || moves;
  const to = newPath === null ? null : isNew ? whereabouts.place(newPath) : from;
  if (to !== null && to !== from && tree.has(to)) throw refuse('there is such a file already', to);

  const before = from === null ? '' : ((moves ? unpatched.get(from) : undefined) ?? tree.get(from)!);
  const placement = placeHunks(before, diff);
  if (placement.text === null) {
    const hint = 'the file has what the patch changes: it seems to be applied already';
    throw refuse(misfit(before, diff, placement), from, isApplied(before, diff) ? { hint } : {});
  }
  const { text: after, placed } = placement;
  if (to === null && after !== '') throw refuse('it is to be deleted, but lines remain', from);
  const changes = new Map<string, string | null>();
  if (from !== null && !diff.isCopy) changes.set(from, null);
  if (to !== null) changes.set(to, after);
  return { changes, file: { before: from, after: to, hunks: placed } };
}

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map(printable).join(' or ');
  return paths.length > 5 ? `${shown} … (${paths.length} in all)` : shown;
}
