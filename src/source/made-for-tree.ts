// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { printable } from '../printable.js';
import { git, patchIds } from './git.js';
import type { KernelTree } from './kernel-tree.js';
import type { Series } from './series.js';

/** Commits after the one that a series was made for, of which patches are looked at, at most. */
const mostCommits = 2000;

type Sources = Pick<KernelTree, 'dir' | 'commit'>;

/** How sources are related to those that a series says it was made for. */
type Relation =
  | { readonly is: 'same' | 'unknown' | 'other'; readonly why?: string }
  | { readonly is: 'later'; readonly commits: number; readonly base: string };

/**
 * In which ways sources are not those that a series was made for, for people; nothing where they are, or where the series does not
 * say. What git cannot tell is said to be unknown.
 */
export async function differencesFrom({ name, madeFor }: Series, sources: Sources): Promise<string[]> {
  if (madeFor === undefined) return [];
  const { commit, prerequisites } = madeFor;
  const relation = commit === null ? null : await relationOf(commit, sources);
  const notes: string[] = [];
  if (relation !== null && relation.is !== 'same')
    notes.push(`${printable(name)} is made for commit ${short(commit!)}; ${relationText(relation, sources)}`);
  if (prerequisites.length > 0)
    notes.push(`${printable(name)} ${await prerequisitesText(prerequisites, relation, sources)}`);
  return notes;
}

const short = (commit: string): string => commit.slice(0, 12);

async function relationOf(base: string, { dir, commit }: Sources): Promise<Relation> {
  if (commit === null) return { is: 'unknown', why: `${printable(dir)} is no work tree of git` };
  if (commit.startsWith(base)) return { is: 'same' };
  try {
    const known = await git(dir, ['rev-parse', '--quiet', '--verify', `${base}^{commit}`]);
    if (known.status !== 0) {
      const isRefused = /dubious ownership/.test(known.stderr);
      return isRefused
        ? { is: 'unknown', why: 'git refuses the directory, which belongs to somebody else' }
        : { is: 'unknown', why: 'git does not know it there' };
    }
    const whole = known.stdout.trim();
    if ((await git(dir, ['merge-base', '--is-ancestor', whole, commit])).status !== 0) return { is: 'other' };
    const { stdout } = await git(dir, ['rev-list', '--count', `${whole}..${commit}`]);
    return { is: 'later', commits: Number(stdout.trim()), base: whole };
  } catch (error) {
    return { is: 'unknown', why: printable((error as Error).message) };
  }
}

function relationText(relation: Relation, { dir, commit }: Sources): string {
  const head = `${printable(dir)} is at ${commit === null ? '' : short(commit)}`;
  if (relation.is === 'later')
    return `${head}, ${relation.commits} commit${relation.commits === 1 ? '' : 's'} later`;
  if (relation.is === 'other') return `${head}, which does not have it`;
  const why = `whether the sources have it is unknown: ${relation.is === 'unknown' ? relation.why : ''}`;
  return commit === null ? why : `${head}; ${why}`;
}

async function prerequisitesText(
  ids: readonly string[],
  relation: Relation | null,
  { dir, commit }: Sources,
): Promise<string> {
  const wants = `wants ${ids.length} other patch${ids.length === 1 ? '' : 'es'} to be applied before it`;
  const unknown = `${wants}; whether the sources have ${ids.length === 1 ? 'it' : 'them'} is unknown`;
  if (relation?.is === 'same')
    return `${wants} (${ids.map(short).join(', ')}): no commit has brought them, as the sources are at its base`;
  if (relation?.is !== 'later' || relation.commits > mostCommits || commit === null) return unknown;
  const had = await patchIds(dir, relation.base, commit).catch(() => null);
  if (had === null) return unknown;
  const missing = ids.filter((id) => !had.has(id));
  return missing.length === 0
    ? `${wants}; the sources have ${ids.length === 1 ? 'it' : 'them all'}`
    : `${wants}; no commit since its base brings ${missing.map(short).join(', ')}`;
}
