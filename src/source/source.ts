// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, posix, relative, resolve, sep } from 'node:path';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { readRegularFile } from '../regular-file.js';
import { treePath } from '../toolchain/tree-path.js';
import type { FileTree } from '../toolchain/types.js';
import { cFilesIn } from './own-c.js';

/** C files under paths of their own: the files of a directory, `from`, become those below `as`. */
export interface Mount {
  readonly from: string;
  readonly as: string;
}

/** Where a source's files are: a file, a directory, or a mount. */
export type SourcePart = string | Mount;

/** Where a subject's C comes from. */
export interface Source {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Its own files, without lostbit's. */
  readonly tree: FileTree;
  /** The `.c` files to compile, sorted. */
  readonly units: readonly string[];
}

/** A C file may have as many bytes. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Reads the C of a subject. A single file stands at the root of the tree under its name, with the headers beside it; the files
 * of a directory stand there as they do in it. Where one includes another by a path that leads out of its directory, all stand
 * as they do in the directory that they have in common.
 *
 * @param base the directory that parts are relative to.
 * @throws LostbitError `E_SOURCE`.
 */
export async function openSource(
  name: string,
  title: string,
  base: string,
  parts: readonly SourcePart[],
): Promise<Source> {
  const files = new Map<string, string>();
  const units = new Set<string>();
  let found = (await Promise.all(parts.map((part) => filesOf(base, part)))).flat();
  const texts = new Map<string, string>();
  for (const { file } of found) if (!texts.has(file)) texts.set(file, await textOf(file));
  if (parts.every((part) => typeof part === 'string') && leadsOut(found, texts)) found = fromCommon(found);
  // What is mounted from a directory further down is not mounted with the one above it.
  found.sort((a, b) => b.root.length - a.root.length);
  const mounted = new Map<string, string>();
  for (const { path, file, isUnit } of found) {
    const known = mounted.get(file);
    if (known !== undefined) {
      if (isUnit && known === path) units.add(path);
      continue;
    }
    mounted.set(file, path);
    if (files.has(path))
      throw new LostbitError(
        'E_SOURCE',
        `two C files of '${printable(name)}' would both be '${printable(path)}'`,
        {
          hint: 'name the directory that both are in, so that their paths differ',
        },
      );
    files.set(treePath(path, `the source of '${printable(name)}'`, 'E_SOURCE'), texts.get(file)!);
    if (isUnit) units.add(path);
  }
  if (units.size === 0)
    throw new LostbitError('E_SOURCE', `'${printable(name)}' has no .c file`, {
      hint: "say where it is: source: './port.c'",
    });
  return { name, title, tree: new Map([...files].sort()), units: [...units].sort() };
}

interface Found {
  readonly path: string;
  readonly file: string;
  readonly isUnit: boolean;
  readonly root: string;
}

const including = /^[ \t]*#[ \t]*include[ \t]*"([^"\n]*\.\.\/[^"\n]*)"/gm;

/** Does one of the files include another by a path that leads out of the tree, as their paths are? */
const leadsOut = (found: readonly Found[], texts: ReadonlyMap<string, string>): boolean =>
  found.some(({ path, file }) =>
    [...texts.get(file)!.matchAll(including)].some(
      ([, name]) =>
        posix.join(posix.dirname(path), name!).startsWith('../') && texts.has(resolve(dirname(file), name!)),
    ),
  );

/** The same files, by their paths from the directory that all of their roots are in. */
function fromCommon(found: readonly Found[]): Found[] {
  const [first = [], ...others] = found.map(({ root }) => root.split(sep));
  const differs = first.findIndex((part, i) => others.some((one) => one[i] !== part));
  const root = (differs < 0 ? first : first.slice(0, differs)).join(sep) || sep;
  return found.map((one) => ({ ...one, root, path: relative(root, one.file).split(sep).join('/') }));
}

async function filesOf(base: string, part: SourcePart): Promise<Found[]> {
  const from = typeof part === 'string' ? part : part.from;
  const place = resolve(base, from);
  const found = await stat(place).catch(() => null);
  if (found === null)
    throw new LostbitError('E_SOURCE', `no such C source: ${printable(from)}`, {
      hint: `it is looked for at ${printable(place)}: a path is relative to the file that names it`,
    });
  if (!found.isDirectory()) {
    if (extname(place) !== '.c')
      throw new LostbitError('E_SOURCE', `${printable(from)} is not a .c file`, {
        hint: 'name .c files, or a directory of them; headers beside them are found',
      });
    const directory = dirname(place);
    const headers = (await listed(directory, readdir(directory))).filter((path) => path.endsWith('.h'));
    return [basename(place), ...headers].map((path) => ({
      path,
      file: join(directory, path),
      isUnit: path === basename(place),
      root: directory,
    }));
  }
  const above = typeof part === 'string' ? '' : `${part.as}/`;
  return (await listed(place, cFilesIn(place))).map((path) => ({
    path: above + path,
    file: join(place, path),
    isUnit: path.endsWith('.c'),
    root: place,
  }));
}

async function listed(directory: string, names: Promise<string[]>): Promise<string[]> {
  try {
    return await names;
  } catch (error) {
    throw new LostbitError(
      'E_SOURCE',
      `cannot read '${printable(directory)}': ${printable((error as Error).message)}`,
      {},
      error,
    );
  }
}

const textOf = async (file: string): Promise<string> =>
  (await readRegularFile(file, 'E_SOURCE', mostBytes)).toString('utf8');
