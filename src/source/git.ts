// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { execute, onPath, type Ran } from '../toolchain/execute.js';

/** Seconds that git may take: a range of a whole kernel's history is long to walk. */
const patience = 120;

/** What a repository, or whoever calls lostbit, may have set, and would run programs, page, colour, fetch or write. */
const settings = [
  '--no-pager',
  '--no-optional-locks',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'log.showSignature=false',
  '-c',
  'diff.suppressBlankEmpty=false',
  '-c',
  'color.ui=false',
];

/**
 * Runs git in a directory. Nothing is fetched, paged or written, and no program that the repository names is run as long as the command
 * is told so (`--no-ext-diff --no-textconv`).
 *
 * @param args with names of others' checked before: none may begin with a `-`.
 * @throws LostbitError `E_GIT` where there is no git, or it does not come to an end.
 */
export function git(dir: string, args: readonly string[]): Promise<Ran> {
  return execute({ path: gitPath(), env: environment() }, ['-C', dir, ...settings, ...args], {
    limit: patience,
  }).catch((cause: unknown) => {
    throw new LostbitError(
      'E_GIT',
      `git ${args[0]} in ${printable(dir)}: ${printable((cause as Error).message)}`,
      {},
      cause,
    );
  });
}

/**
 * The ids of the patches between two commits, as `git patch-id --stable` makes them.
 *
 * @param from, to whole ids of commits.
 * @throws LostbitError as {@link git} does.
 */
export async function patchIds(dir: string, from: string, to: string): Promise<ReadonlySet<string>> {
  const log = [
    '-C',
    dir,
    ...settings,
    'log',
    '-p',
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    `${from}..${to}`,
  ];
  const script = 'git=$1; shift; "$git" "$@" | "$git" patch-id --stable';
  const { stdout } = await execute(
    { path: '/bin/sh', env: environment() },
    ['-c', script, 'sh', gitPath(), ...log],
    { limit: patience },
  );
  return new Set(stdout.split('\n').flatMap((line) => line.split(' ')[0] || []));
}

function gitPath(): string {
  const path = onPath('git');
  if (path === undefined)
    throw new LostbitError('E_GIT', 'there is no git on PATH', {
      hint: 'install it, or give the patches as a file: an mbox, a directory of patches',
    });
  return path;
}

/** None of what git is told by variables: they may name another repository, or programs. */
function environment(): Record<string, string | undefined> {
  const told = Object.keys(process.env).filter((name) => name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(told.map((name) => [name, undefined])),
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_PAGER: 'cat',
    LC_ALL: 'C',
  };
}
