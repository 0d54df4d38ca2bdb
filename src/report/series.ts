// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { FileChange } from '../source/patch.js';

/** A patch as a stage of the series. */
export interface ShownPatch {
  readonly stage: string;
  readonly subject: string;
  readonly changelog: string;
  readonly changes: readonly FileChange[];
  readonly text: string;
}

/** Subject and diffstat, as `git log --stat` has them. */
export function patchSummary({ stage, subject, changes }: ShownPatch): string {
  const width = Math.max(...changes.map(({ path }) => path.length));
  const total = (what: 'insertions' | 'deletions') => changes.reduce((sum, change) => sum + change[what], 0);
  return [
    `${pc.bold(stage)}  ${subject}`,
    ...changes.map(
      ({ path, insertions, deletions }) =>
        `      ${path.padEnd(width)} | ${pc.green(`+${insertions}`)} ${pc.red(`-${deletions}`)}`,
    ),
    `      ${counted(changes.length, 'file')} changed, ${counted(total('insertions'), 'insertion')}(+), ${counted(total('deletions'), 'deletion')}(-)`,
  ].join('\n');
}

/** The patch itself, as `patch -p1` takes it where colours are off. */
export function patchText({ text }: ShownPatch): string {
  let inDiff = false;
  return text
    .split('\n')
    .map((line) => {
      inDiff ||= line.startsWith('--- ');
      if (!inDiff) return line;
      if (/^(---|\+\+\+) /.test(line)) return pc.bold(line);
      if (line.startsWith('@@')) return pc.cyan(line);
      if (line.startsWith('+')) return pc.green(line);
      return line.startsWith('-') ? pc.red(line) : line;
    })
    .join('\n');
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
