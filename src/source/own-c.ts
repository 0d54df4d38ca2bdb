// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LostbitError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import type { FileTree } from '../toolchain/types.js';

/** The folders of c-src that every subject is compiled with: the stub kernel, the headers over it, and the lab. */
const folders = ['include', 'kernel', 'lab'];

export const cSource = (): string => join(packageRoot(), 'c-src');

let read: Promise<FileTree> | undefined;

/** lostbit's own C: every .c and .h, sorted by path. Throws `E_BROKEN_INSTALL`. */
export function readOwnC(): Promise<FileTree> {
  read ??= readAll();
  return read;
}

async function readAll(): Promise<FileTree> {
  const dir = cSource();
  const inFolder = async (folder: string) =>
    (await cFilesIn(join(dir, folder))).map((path) => `${folder}/${path}`);
  const paths = (await Promise.all(folders.map(inFolder))).flat().sort();
  if (paths.length === 0) {
    throw new LostbitError('E_BROKEN_INSTALL', `no C source in ${dir}`, { hint: 'install lostbit again' });
  }
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(dir, path), 'utf8')] as const)),
  );
}

/** The C files below a directory, as paths from there; none where there is no such directory. */
export async function cFilesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  return entries.filter((path) => /\.[ch]$/.test(path)).map((path) => path.split(sep).join('/'));
}
