// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join, resolve } from 'node:path';
import { readIfRegular } from '../regular-file.js';

const mostBytes = 64 * 1024 * 1024;
const id = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * What git has checked out in a directory, in hexadecimal; null where it is no work tree of git's, or has no commit. Git itself is
 * not asked: it may not be there, and refuses the directories of others.
 */
export async function commitOf(dir: string): Promise<string | null> {
  const git = await gitDirectory(join(dir, '.git'));
  if (git === null) return null;
  const head = await lineOf(join(git, 'HEAD'));
  if (head === null || id.test(head)) return head;
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head) ?? [];
  if (ref === undefined || ref.split('/').includes('..')) return null;
  // A further work tree has its branches where the first one has them.
  const common = await lineOf(join(git, 'commondir'));
  const shared = common === null ? git : resolve(git, common);
  for (const place of new Set([git, shared])) {
    const loose = await lineOf(join(place, ref));
    if (loose !== null) return id.test(loose) ? loose : null;
  }
  const packed = (await textOf(join(shared, 'packed-refs'))) ?? '';
  const line = packed.split('\n').find((one) => one.endsWith(` ${ref}`));
  const found = line?.slice(0, line.indexOf(' ')) ?? '';
  return id.test(found) ? found : null;
}

/** A directory, or a file that says where it is. */
async function gitDirectory(path: string): Promise<string | null> {
  const text = await lineOf(path);
  if (text === null) return (await lineOf(join(path, 'HEAD'))) === null ? null : path;
  const [, where] = /^gitdir: (.+)$/.exec(text) ?? [];
  return where === undefined ? null : resolve(path, '..', where);
}

const textOf = async (path: string): Promise<string | null> =>
  (await readIfRegular(path, mostBytes))?.toString('utf8') ?? null;

async function lineOf(path: string): Promise<string | null> {
  const text = await textOf(path);
  return text === null ? null : text.trim();
}
