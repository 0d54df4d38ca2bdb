// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LostbitError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import type { FileTree } from '../toolchain/types.js';

export const cSource = (): string => join(packageRoot(), 'c-src');

/** The folders of c-src that every subject is compiled with: the stub kernel, the headers over it, and the lab. */
const overOwnHeaders = ['include', 'kernel', 'lab'];
/** Where a kernel has its own headers, those below are an architecture's. */
const overTree = ['arch', 'kernel', 'lab'];

const read = new Map<readonly string[], Promise<FileTree>>();

/** lostbit's own C, without what only a kernel's sources ask for: every .c and .h, sorted by path. Throws `E_BROKEN_INSTALL`. */
export async function readOwnC(): Promise<FileTree> {
  own ??= folders(overOwnHeaders).then(
    (tree) => new Map([...tree].filter(([path]) => !path.startsWith('kernel/tree/'))),
  );
  return own;
}

let own: Promise<FileTree> | undefined;

/** The same of what is compiled over the headers of a kernel's sources. Throws `E_BROKEN_INSTALL`. */
export const readTreeC = (): Promise<FileTree> => folders(overTree);

/** What a kernel's sources are configured with: a `.config`. Throws `E_BROKEN_INSTALL`. */
export const readTreeConfig = (): Promise<string> => readOwn('arch/wasm/config');

/** What stands in front of a unit to say what locks are, for clang's context analysis. Throws `E_BROKEN_INSTALL`. */
export const readLocks = (): Promise<string> => readOwn('analysis/locks.h');

async function readOwn(path: string): Promise<string> {
  const file = join(cSource(), path);
  return readFile(file, 'utf8').catch(() => {
    throw broken(file);
  });
}

function folders(names: readonly string[]): Promise<FileTree> {
  const reading = read.get(names) ?? readAll(names);
  read.set(names, reading);
  return reading;
}

async function readAll(names: readonly string[]): Promise<FileTree> {
  const dir = cSource();
  const inFolder = async (folder: string) =>
    (await cFilesIn(join(dir, folder))).map((path) => `${folder}/${path}`);
  const paths = (await Promise.all(names.map(inFolder))).flat().sort();
  if (paths.length === 0) throw broken(dir);
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(dir, path), 'utf8')] as const)),
  );
}

const broken = (where: string): LostbitError =>
  new LostbitError('E_BROKEN_INSTALL', `no C source in ${where}`, { hint: 'install lostbit again' });

/** The C files below a directory, as paths from there; none where there is no such directory. */
export async function cFilesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  return entries.filter((path) => /\.[ch]$/.test(path)).map((path) => path.split(sep).join('/'));
}
