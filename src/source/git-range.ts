// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { commitOf } from './commit.js';
import { mostMails } from './drafts.js';
import { git } from './git.js';

/** Is it written as git's ranges are: `A..B`, `A..`, and not as a path? Whether it is one git has to say. */
export const isRange = (text: string): boolean =>
  text.slice(1).includes('..') && !/(?:^|\/)\.\.(?:\/|$)/.test(text);

/** Commits of a repository as patches. */
export interface Commits {
  /** As `git format-patch --stdout` writes them. */
  readonly mbox: Buffer;
  /** The commit before the first of them. */
  readonly begins: string;
  /** How many there are; those that change nothing are not in the mbox. */
  readonly count: number;
}

/**
 * The commits of a range, the oldest first.
 *
 * @param dir the top of a work tree.
 * @throws LostbitError `E_SERIES` where there is no such range, nothing in it, or a merge; `E_GIT`.
 */
export async function commitsIn(dir: string, range: string): Promise<Commits> {
  const refuse = (why: string, hint?: string) =>
    new LostbitError('E_SERIES', `'${printable(range)}': ${why}`, hint === undefined ? {} : { hint });
  const [from = '', to = '', ...more] = range.split('..');
  if (more.length > 0 || to.startsWith('.'))
    throw refuse('it is no range of commits', "write it as 'A..B': what B has and A has not");
  if ((await commitOf(dir)) === null)
    throw refuse(
      `there is no such file, and ${printable(dir)} is no work tree of git that it may be a range of`,
      'give the patches as a file: git format-patch --stdout A..B > fix.mbox',
    );
  const [first, last] = [await commit(dir, from, refuse), await commit(dir, to === '' ? 'HEAD' : to, refuse)];
  const between = `${first}..${last}`;
  const count = await number(dir, ['rev-list', '--count', between]);
  if (count === 0) {
    const back = await number(dir, ['rev-list', '--count', `${last}..${first}`]);
    throw refuse('there is no commit in it', back > 0 ? `the other way round there are ${back}` : undefined);
  }
  if (count > mostMails) throw refuse(`${count} commits are more than ${mostMails}`);
  const merges = await number(dir, ['rev-list', '--count', '--min-parents=2', between]);
  if (merges > 0)
    throw refuse(
      `${merges} of its ${count} commits ${merges === 1 ? 'is a merge' : 'are merges'}, which no patch can be made of`,
      'name a range of one branch, after the merge or before it; or rebase it: git rebase A',
    );
  const { stdout } = await asked(dir, ['format-patch', ...asPatches, between]);
  const base = await git(dir, ['merge-base', first, last]);
  return { mbox: Buffer.from(stdout), begins: base.status === 0 ? base.stdout.trim() : first, count };
}

/** Whatever the repository is set to. */
const asPatches = [
  ...['--stdout', '--no-numbered', '--subject-prefix=PATCH', '--no-attach', '--no-signature'],
  ...['--no-cover-letter', '--no-notes', '--no-thread', '--no-signoff', '--no-base', '--encoding=UTF-8'],
  ...['--no-ext-diff', '--no-textconv', '--no-color', '--no-relative', '--full-index', '--binary'],
  ...[
    '--src-prefix=a/',
    '--dst-prefix=b/',
    '--unified=3',
    '--inter-hunk-context=0',
    '--find-renames',
    '-O/dev/null',
  ],
];

async function commit(
  dir: string,
  name: string,
  refuse: (why: string, hint?: string) => LostbitError,
): Promise<string> {
  if (name === '' || name.startsWith('-')) throw refuse(`'${printable(name)}' is no name of a commit`);
  const { status, stdout, stderr } = await git(dir, ['rev-parse', '--quiet', '--verify', `${name}^{commit}`]);
  if (status !== 0 && /dubious ownership/.test(stderr))
    throw refuse(
      `git refuses ${printable(dir)}, which belongs to somebody else`,
      `git config --global --add safe.directory ${printable(dir)}`,
    );
  if (status !== 0 || !/^[0-9a-f]{40,64}$/.test(stdout.trim()))
    throw refuse(`${printable(dir)} has no commit '${printable(name)}'`);
  return stdout.trim();
}

async function number(dir: string, args: readonly string[]): Promise<number> {
  return Number((await asked(dir, args)).stdout.trim());
}

async function asked(dir: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  const { status, stdout, stderr } = await git(dir, args);
  if (status === 0) return { stdout };
  throw new LostbitError(
    'E_GIT',
    `git ${args[0]} in ${printable(dir)}: ${printable(stderr.trim() || `status ${status}`)}`,
  );
}
