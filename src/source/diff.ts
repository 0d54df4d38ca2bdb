// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { parsePatch, type StructuredPatch } from 'diff';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { type TreePath, treePath } from '../toolchain/tree-path.js';

/** What a diff does to one file; one of the paths is null where the file is not there before, or afterwards. */
export interface FileDiff {
  readonly oldPath: TreePath | null;
  readonly newPath: TreePath | null;
  /** The file moves, or a copy of it is made; otherwise two paths are two names of one file. */
  readonly moves: boolean;
  readonly diff: StructuredPatch;
}

/** Where the file is afterwards; where it was, if it is no more. */
export const pathOf = ({ oldPath, newPath }: FileDiff): TreePath => (newPath ?? oldPath)!;

/** How many folders are taken off the paths of a diff: `patch -p0`, `patch -p1`. */
export type Strip = 0 | 1;

/** Where the diff of a text begins, at the first git header or the first pair of file names; its length if there is none. */
export function diffStart(text: string): number {
  const at = text.search(/^(?:diff --git |--- .+\n\+\+\+ )/m);
  return at < 0 ? text.length : at;
}

export const hasDiff = (text: string): boolean => diffStart(text) < text.length;

/**
 * The diff of a patch, file by file.
 *
 * @param name of the patch, for errors.
 * @param strip from the paths; without it, `a/` and `b/` are taken off if both are there, and `./`.
 * @throws LostbitError `E_PATCH`.
 */
export function fileDiffs(name: string, text: string, strip?: Strip): FileDiff[] {
  const refuse = (why: string, cause?: unknown) =>
    new LostbitError('E_PATCH', `patch '${printable(name)}' ${why}`, {}, cause);
  const lines = diffLines(text, refuse);
  let parsed: StructuredPatch[];
  try {
    parsed = parsePatch(lines.map(prefixedHeader).join('\n'));
  } catch (cause) {
    throw refuse(`cannot be read: ${printable((cause as Error).message)}`, cause);
  }
  const diffs = parsed
    .filter(({ oldFileName, newFileName, hunks }) => (oldFileName ?? newFileName) || hunks.length > 0)
    .map((one) => {
      if ((one.oldFileName ?? one.newFileName) === undefined) throw refuse('has a hunk without a file name');
      const { oldPath, newPath } = pathsOf(name, one, strip);
      if (oldPath === null && newPath === null) throw refuse('changes no file: both are /dev/null');
      const change = { oldPath, newPath, moves: moves(one), diff: one };
      if (one.isBinary) throw refuse(`changes a binary file: ${pathOf(change)}`);
      if (one.oldHeader !== undefined && one.hunks.length === 0)
        throw refuse(`has no hunk for ${pathOf(change)}`);
      return change;
    });
  if (diffs.length === 0) throw refuse('holds no diff');
  return diffs;
}

const HUNK = /^@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@/;

/**
 * The lines of the diff up to what a mail is signed with, `-- `, which would read as one more deleted line. Refuses what
 * says in another way than by hunks what changes: nothing of it would be applied.
 */
function diffLines(text: string, refuse: (why: string) => LostbitError): string[] {
  const lines = text.slice(diffStart(text)).split('\n');
  // Of the hunk that is being read.
  let oldLeft = 0;
  let newLeft = 0;
  for (const [i, line] of lines.entries()) {
    if (oldLeft > 0 || newLeft > 0) {
      const kind = line[0] ?? ' ';
      if (kind === ' ' || kind === '-') oldLeft--;
      if (kind === ' ' || kind === '+') newLeft--;
      continue;
    }
    if (/^-- ?$/.test(line)) return [...lines.slice(0, i), ''];
    if (line.startsWith('@@@') || /^diff --(?:cc|combined) /.test(line))
      throw refuse('holds the diff of a merge: it has to be against one parent');
    if (line.startsWith('@@')) {
      const [header, oldLines = '1', newLines = '1'] = HUNK.exec(line) ?? [];
      if (header === undefined) throw refuse(`cannot be read: '${printable(line)}' begins no hunk`);
      oldLeft = Number(oldLines);
      newLeft = Number(newLines);
    } else if (line.startsWith('GIT binary patch')) {
      throw refuse('changes a binary file');
    } else if (/^commit [0-9a-f]{40}\b/.test(line)) {
      throw refuse("holds several commits: make the series with 'git format-patch --stdout'");
    }
  }
  return lines;
}

/** A header `diff --git x.c x.c`, as git can be told to write it, says by its prefixes where the second name begins. */
function prefixedHeader(line: string): string {
  const start = 'diff --git ';
  if (!line.startsWith(start)) return line;
  const names = line.slice(start.length);
  const name = names.slice(0, (names.length - 1) / 2);
  return names === `${name} ${name}` ? `${start}a/${name} b/${name}` : line;
}

const moves = ({ isRename, isCopy }: StructuredPatch): boolean => isRename === true || isCopy === true;

function pathsOf(
  name: string,
  diff: StructuredPatch,
  strip: Strip | undefined,
): Pick<FileDiff, 'oldPath' | 'newPath'> {
  const { hunks, oldFileName, newFileName } = diff;
  // diff -N gives a file that is not there the time 0.
  const onlyHunk = hunks.length === 1 ? hunks[0] : undefined;
  const created = diff.isCreate === true || (isTimeZero(diff.oldHeader) && onlyHunk?.oldLines === 0);
  const deleted = diff.isDelete === true || (isTimeZero(diff.newHeader) && onlyHunk?.newLines === 0);
  const oldName = created || oldFileName === '/dev/null' ? undefined : oldFileName;
  const newName = deleted || newFileName === '/dev/null' ? undefined : newFileName;
  const prefixed = /^a\//.test(oldName ?? 'a/') && /^b\//.test(newName ?? 'b/');
  // Where no lines --- and +++ name them, the header does, which always has a prefix.
  const inHeader = diff.oldHeader === undefined && diff.newHeader === undefined;
  const taken = inHeader ? 1 : (strip ?? (prefixed ? 1 : 0));
  const path = (given: string | undefined) => {
    if (given === undefined) return null;
    const inside = taken === 1 ? given.replace(/^[^/]*\//, '') : given.replace(/^(?:\.\/)+/, '');
    return treePath(inside, `patch '${printable(name)}'`, 'E_PATCH');
  };
  return { oldPath: path(oldName), newPath: path(newName) };
}

/** Is it a time stamp of diff, such as `1970-01-01 01:00:00.000000000 +0100`, that says 0? */
function isTimeZero(stamp = ''): boolean {
  const [, day, time, hours, minutes] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.0+)? ([+-]\d\d)(\d\d)$/.exec(stamp) ?? [];
  return day !== undefined && Date.parse(`${day}T${time}${hours}:${minutes}`) === 0;
}
