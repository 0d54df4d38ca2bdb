// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LostbitError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import type { FileTree } from '../toolchain/types.js';

/** The folders of c-src that make up the compiled source; series/ and arch/ are not among them. */
const FOLDERS = ['include', 'vfio', 'kernel', 'lab'];

/** `root` is the directory that holds c-src/: lostbit's own package where none is given. */
export function cSource(root: string = packageRoot()): string {
  return join(root, 'c-src');
}

/** The embedded excerpt at stage `base`: every .c and .h, sorted by path. Throws `E_BROKEN_INSTALL`. */
export async function readExcerpt(root?: string): Promise<FileTree> {
  const dir = cSource(root);
  const found = await Promise.all(FOLDERS.map((folder) => sourceFiles(dir, folder)));
  const paths = found.flat().sort();
  if (paths.length === 0) {
    throw new LostbitError('E_BROKEN_INSTALL', `no C source in ${dir}`, { hint: 'install lostbit again' });
  }
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(dir, path), 'utf8')] as const)),
  );
}

async function sourceFiles(dir: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(dir, folder), { recursive: true }).catch(() => []);
  return entries.filter((path) => /\.[ch]$/.test(path)).map((path) => [folder, ...path.split(sep)].join('/'));
}
