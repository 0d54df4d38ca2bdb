// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { printable } from '../printable.js';
import { placesText } from '../source/hunks.js';
import type { PlacedHunk } from '../source/place.js';
import type { PatchedFileFacts, PatchFacts } from '../verify/patch-facts.js';

/** What is to be known of how patches were applied, a line each: doubts, and what is only worth a note. */
export interface PatchLines {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** For people. */
export function patchLines(patches: readonly PatchFacts[]): PatchLines {
  const warnings = patches.flatMap((patch) => [
    ...patch.files.flatMap(({ path, moved }) =>
      moved
        .filter(({ fuzz, others }) => fuzz > 0 || others.length > 0)
        .map((hunk) => `${patch.stage}: ${printable(path)}: ${doubtText(hunk)}`),
    ),
    ...(isIdle(patch)
      ? [`${patch.stage} touches nothing that is compiled here: ${namesOf(patch.files)}`]
      : []),
  ]);
  const notes = patches.flatMap((patch) => {
    const idle = patch.files.filter(({ compiled }) => !compiled);
    return [
      ...patch.files.flatMap(({ path, moved }) => {
        const plain = moved.filter(({ fuzz, others }) => fuzz === 0 && others.length === 0);
        return plain.length === 0 ? [] : [`${patch.stage}: ${printable(path)}: ${offsetsText(plain)}`];
      }),
      ...(idle.length > 0 && !isIdle(patch) ? [`${patch.stage}: not compiled here: ${namesOf(idle)}`] : []),
    ];
  });
  return { warnings, notes };
}

/** Does a patch change nothing that anybody compiles? */
export const isIdle = ({ files }: PatchFacts): boolean => files.every(({ compiled }) => !compiled);

const mostNames = 6;

export function namesOf(files: readonly PatchedFileFacts[]): string {
  const names = files.map(({ path, is }) => `${printable(path)}${is === 'changed' ? '' : ` (${is})`}`);
  const more = names.length - mostNames;
  return more > 0 ? `${names.slice(0, mostNames).join(', ')} and ${more} more` : names.join(', ');
}

function doubtText({ hunk, offset, fuzz, others }: PlacedHunk): string {
  const parts = [
    ...(fuzz > 0 ? [`with a fuzz of ${fuzz}: up to ${fuzz} lines of context at its ends differ`] : []),
    ...(offset === 0 ? [] : [offsetText(offset)]),
    ...(others.length > 0 ? [`it would fit at ${placesText(others)} as well`] : []),
  ];
  return `hunk ${hunk} applied ${parts.join(', ')}`;
}

const offsetText = (offset: number): string =>
  `${Math.abs(offset)} line${Math.abs(offset) === 1 ? '' : 's'} ${offset > 0 ? 'below' : 'above'}`;

/** `hunks 1 to 3 applied 5 lines below` */
function offsetsText(hunks: readonly PlacedHunk[]): string {
  const runs: { from: number; to: number; offset: number }[] = [];
  for (const { hunk, offset } of hunks) {
    const last = runs.at(-1);
    if (last !== undefined && last.offset === offset && last.to === hunk - 1) last.to = hunk;
    else runs.push({ from: hunk, to: hunk, offset });
  }
  return runs
    .map(
      ({ from, to, offset }) =>
        `hunk${from === to ? ` ${from}` : `s ${from} to ${to}`} applied ${offsetText(offset)}`,
    )
    .join(', ');
}
