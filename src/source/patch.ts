// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { printable, printableLines } from '../printable.js';
import type { TreePath } from '../toolchain/tree-path.js';
import { diffStart, fileDiffs, pathOf, type Strip } from './diff.js';

/** One patch of a series: what it is for, then a unified diff. */
export interface Patch {
  /** A file's name, e.g. `0003-port-Fix-racy-bitfields.patch`; one made up of the subject where it came by mail. */
  readonly name: string;
  /** Its place in the series, from 1. */
  readonly number: number;
  /** One printable line, without the `[PATCH …]` tag. */
  readonly subject: string;
  /** The text before the diff, `---` and diffstat left out; printable lines. */
  readonly changelog: string;
  /** Paths the diff touches, as it names them and as they are afterwards. */
  readonly files: readonly TreePath[];
  /** As it was given, mail encodings undone: what it shows may have to be made printable. */
  readonly text: string;
  /** Of a quilt series that says so: folders that are taken off the paths. */
  readonly strip?: Strip;
}

/** A patch before it has its place in a series. */
export interface Draft {
  /** The name of its file, where it has one of its own. */
  readonly file?: string;
  /** With its tags, such as `[PATCH v2 1/3]`. */
  readonly subject: string;
  /** What stands before the diff, and the diff. */
  readonly body: string;
  readonly text: string;
  readonly strip?: Strip;
}

/** Makes a patch of a draft. Throws `E_PATCH` where there is no readable diff. */
export function patchOf(draft: Draft, number: number): Patch {
  const { subject: own, rest } = headersInBody(draft.body.slice(0, diffStart(draft.body)));
  const subject = printable(splitTags(own ?? draft.subject).title);
  const name = draft.file ?? fileName(number, subject);
  return {
    name,
    number,
    subject,
    changelog: printableLines((rest.split(/^---$/m)[0] ?? '').trim()),
    files: fileDiffs(name, draft.text, draft.strip).map(pathOf),
    text: draft.text,
    ...(draft.strip === undefined ? {} : { strip: draft.strip }),
  };
}

/** A subject's tags, `[RFC][PATCH v2 1/3]`, and what follows them. */
export function splitTags(subject: string): { tags: string; title: string } {
  const tags = /^(?:\s*\[[^\]]*\])*/.exec(subject)![0];
  return { tags, title: subject.slice(tags.length).trim() };
}

/** Header fields that a mail repeats at the start of its body: who forwards a patch is not who wrote it. */
function headersInBody(text: string): { subject: string | undefined; rest: string } {
  const block = /^\s*((?:(?:From|Subject|Date): .*\n)+)\n/.exec(text);
  return {
    subject: /^Subject: (.*)$/m.exec(block?.[1] ?? '')?.[1],
    rest: text.slice(block?.[0].length ?? 0),
  };
}

/** As `git format-patch` calls the file. */
function fileName(number: number, subject: string): string {
  const words = subject.replace(/[^A-Za-z0-9._]+/g, '-').replace(/\.{2,}/g, '.');
  const short = words.slice(0, 52).replace(/^[-.]+|[-.]+$/g, '');
  return `${[String(number).padStart(4, '0'), ...(short === '' ? [] : [short])].join('-')}.patch`;
}

/** A file that a patch touches, and how many lines come and go. */
export interface FileChange {
  readonly path: TreePath;
  readonly insertions: number;
  readonly deletions: number;
}

/** The diffstat of a patch. */
export function changesOf({ name, text, strip }: Patch): FileChange[] {
  return fileDiffs(name, text, strip).map((change) => {
    const lines = change.diff.hunks.flatMap((hunk) => hunk.lines);
    return {
      path: pathOf(change),
      insertions: lines.filter((line) => line.startsWith('+')).length,
      deletions: lines.filter((line) => line.startsWith('-')).length,
    };
  });
}
