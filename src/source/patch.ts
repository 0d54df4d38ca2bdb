// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { parsePatch, type StructuredPatch } from 'diff';
import { LostbitError } from '../errors.js';
import { printable, printableLines } from '../printable.js';
import { type TreePath, treePath } from '../toolchain/tree-path.js';

/** One patch of a series: a mail-like header, then a unified diff over the C root. */
export interface Patch {
  /** The file's name, e.g. `0003-vfio-pci-Fix-racy-bitfields.patch`. */
  readonly name: string;
  /** The four digits the name begins with. */
  readonly number: number;
  /** One printable line, without the `[PATCH …]` tag. */
  readonly subject: string;
  /** The text between the header and the diff, `---` and diffstat left out; printable lines. */
  readonly changelog: string;
  /** Paths the diff touches, relative to the C root, as they are afterwards. */
  readonly files: readonly TreePath[];
  /** As it was given: what it shows may have to be made printable. */
  readonly text: string;
}

/** Reads a patch file. Throws `E_SERIES` for a name without a number, `E_PATCH` where there is no readable diff. */
export function parsePatchFile(name: string, text: string): Patch {
  const number = /^(\d{4})-/.exec(name)?.[1];
  if (number === undefined) {
    throw new LostbitError('E_SERIES', `patch '${printable(name)}': the name does not begin with a number`, {
      hint: "name it as 'git format-patch' does: 0003-what-it-does.patch",
    });
  }
  const { header, body } = splitHeader(text.slice(0, diffStart(text)));
  const subject = /^Subject:[ \t]*(.*(?:\n[ \t]+.*)*)/m.exec(header)?.[1] ?? '';
  return {
    name,
    number: Number(number),
    subject: printable(
      subject
        .replace(/\s*\n\s+/g, ' ')
        .replace(/^\[[^\]]*\]\s*/, '')
        .trim(),
    ),
    changelog: printableLines((body.split(/^---$/m)[0] ?? '').trim()),
    files: fileDiffs(name, text).map(pathOf),
    text,
  };
}

/** A file that a patch touches, and how many lines come and go. */
export interface FileChange {
  readonly path: TreePath;
  readonly insertions: number;
  readonly deletions: number;
}

/** The diffstat of a patch. */
export function changesOf({ name, text }: Patch): FileChange[] {
  return fileDiffs(name, text).map((change) => {
    const lines = change.diff.hunks.flatMap((hunk) => hunk.lines);
    return {
      path: pathOf(change),
      insertions: lines.filter((line) => line.startsWith('+')).length,
      deletions: lines.filter((line) => line.startsWith('-')).length,
    };
  });
}

/** What a patch does to one file; one of the paths is null where the file is not there before, or afterwards. */
export interface FileDiff {
  readonly oldPath: TreePath | null;
  readonly newPath: TreePath | null;
  readonly diff: StructuredPatch;
}

/** Where the file is afterwards; where it was, if it is no more. */
export const pathOf = ({ oldPath, newPath }: FileDiff): TreePath => (newPath ?? oldPath)!;

/** The patch's diff, file by file. Throws `E_PATCH`. */
export function fileDiffs(name: string, text: string): FileDiff[] {
  const start = diffStart(text);
  // What git format-patch signs with, `-- ` and its version, would read as one more deleted line.
  const diff = text.slice(start).replace(/\n-- \n\d[^\n]*\n*$/, '\n');
  let parsed: StructuredPatch[];
  try {
    parsed = parsePatch(diff).filter(({ oldFileName, newFileName }) => oldFileName ?? newFileName);
  } catch (cause) {
    throw new LostbitError(
      'E_PATCH',
      `patch '${printable(name)}' cannot be read: ${printable((cause as Error).message)}`,
      {},
      cause,
    );
  }
  if (parsed.length === 0) throw new LostbitError('E_PATCH', `patch '${printable(name)}' holds no diff`);
  return parsed.map((one) => {
    const oldPath = one.isCreate ? null : inRoot(name, one.oldFileName);
    const newPath = one.isDelete ? null : inRoot(name, one.newFileName);
    if (oldPath === null && newPath === null)
      throw new LostbitError('E_PATCH', `patch '${printable(name)}' changes no file: both are /dev/null`);
    const change = { oldPath, newPath, diff: one };
    if (one.isBinary)
      throw new LostbitError(
        'E_PATCH',
        `patch '${printable(name)}' changes a binary file: ${pathOf(change)}`,
      );
    return change;
  });
}

/** Where the diff begins: at the first git header, or the first pair of file names. */
function diffStart(text: string): number {
  const at = text.search(/^(?:diff --git |--- .+\n\+\+\+ )/m);
  return at < 0 ? text.length : at;
}

function splitHeader(mail: string): { header: string; body: string } {
  const blank = mail.search(/^\s*$/m);
  return blank < 0 ? { header: mail, body: '' } : { header: mail.slice(0, blank), body: mail.slice(blank) };
}

/** `a/vfio/x.c` to `vfio/x.c`, and `/dev/null` to null. */
function inRoot(name: string, path: string | undefined): TreePath | null {
  if (path === '/dev/null') return null;
  const inside = /^[ab]\/(.+)$/.exec(path ?? '')?.[1];
  if (inside !== undefined) return treePath(inside, `patch '${printable(name)}'`, 'E_PATCH');
  throw new LostbitError(
    'E_PATCH',
    `patch '${printable(name)}': the path '${printable(path ?? '')}' is not below a/ or b/`,
    {
      hint: 'make the diff with git diff, or diff -u a/… b/…, from the C root',
    },
  );
}
