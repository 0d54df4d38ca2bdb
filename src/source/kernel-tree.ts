// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type ErrorAdvice, LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { readIfRegular } from '../regular-file.js';
import type { FolderTree } from '../toolchain/types.js';
import { commitOf } from './commit.js';
import { type Stamps, TreeFiles } from './tree-files.js';
import type { TreeVersion } from './tree-headers.js';

/** The sources of a kernel, as somebody has them. */
export interface KernelTree {
  /** As it was named. */
  readonly dir: string;
  readonly version: TreeVersion;
  /** What git has checked out there, in hexadecimal; null where it is no work tree of git's. */
  readonly commit: string | null;
  /** Read as they are asked for. */
  readonly files: FolderTree;
  /** To be called when all is built. Throws `E_TREE_CHANGED` where what was read is not what is there now. */
  checkUnchanged(): void;
  /** What all that was read was known by, so that it can be said later whether it is the same. */
  stamps(): Stamps;
}

/** The oldest release whose headers the architecture is written for. */
const oldest = { major: 5, minor: 10 };
/** The oldest one that all of this has been tried with. */
const oldestTried = { major: 6, minor: 1 };

const isOlder = ({ major, minor }: TreeVersion, than: typeof oldest): boolean =>
  major < than.major || (major === than.major && minor < than.minor);

/** What an error has to say of sources that are older than what has been tried; nothing for others. */
export const adviceOnAge = (version: TreeVersion): ErrorAdvice | null =>
  isOlder(version, oldestTried)
    ? {
        hint: `these are the sources of Linux ${versionText(version)}; those of ${oldestTried.major}.${oldestTried.minor} and later are supported`,
      }
    : null;

/** What all sources of a kernel have, the best known first. */
const landmarks = [
  'Makefile',
  'include/linux/kconfig.h',
  'include/linux/compiler_types.h',
  'include/uapi/linux/types.h',
  'include/asm-generic/bug.h',
  'init/Kconfig',
  'lib/string.c',
];

const mostOfMakefile = 1024 * 1024;

/** `6.12.95`, `7.0.0-rc3`. */
export const versionText = ({ major, minor, patch, extra }: TreeVersion): string =>
  `${major}.${minor}.${patch}${extra}`;

/**
 * Opens the sources of a kernel. They may be read-only; nothing is written there.
 *
 * @throws LostbitError `E_TREE` where there are none, or those of a version that is too old.
 */
export async function openKernelTree(dir: string): Promise<KernelTree> {
  const found = await stat(dir).catch(() => null);
  if (found === null || !found.isDirectory())
    throw new LostbitError(
      'E_TREE',
      `${dir === '' ? "''" : printable(dir)} is ${found === null ? 'not there' : 'not a directory'}`,
      found === null ? howToGet : await adviceOn(dirname(resolve(dir)), ''),
    );
  const files = new TreeFiles(dir);
  const missing = landmarks.filter((path) => !files.has(path));
  if (missing.length > 0)
    throw new LostbitError(
      'E_TREE',
      `${printable(dir)} has no sources of a kernel: there is no ${missing.slice(0, 3).join(', no ')}`,
      await adviceOn(dir, missing[0]!),
    );
  const version = versionIn(files.get('Makefile')!);
  if (version === null)
    throw new LostbitError(
      'E_TREE',
      `${printable(dir)} has no sources of a kernel: its Makefile names no VERSION and PATCHLEVEL`,
      howToGet,
    );
  if (isOlder(version, oldest))
    throw new LostbitError(
      'E_TREE',
      `${printable(dir)} has Linux ${versionText(version)}, and what is older than ${oldest.major}.${oldest.minor} cannot be read`,
      { hint: 'newer sources that are patched back to what the old ones had may show the same' },
    );
  return {
    dir,
    version,
    commit: await commitOf(dir),
    files,
    checkUnchanged: () => files.checkUnchanged(),
    stamps: () => files.stamps(),
  };
}

/** What a kernel's Makefile says; null where it says nothing of the kind. */
export function versionIn(makefile: string): TreeVersion | null {
  const value = (name: string) =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*(.*?)[ \\t\\r]*$`, 'm').exec(makefile)?.[1];
  const [major, minor, patch = '0', extra = ''] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL', 'EXTRAVERSION'].map(
    value,
  );
  const numbers = [major, minor, patch || '0'].map((text) =>
    /^\d{1,4}$/.test(text ?? '') ? Number(text) : null,
  );
  if (numbers.includes(null) || !/^[\w.+-]{0,64}$/.test(extra)) return null;
  return { major: numbers[0]!, minor: numbers[1]!, patch: numbers[2]!, extra };
}

const howToGet: ErrorAdvice = {
  hint: 'name the directory of a kernel’s sources, as git or an archive has them; on Debian: apt-get install linux-source',
};

const archive = /^linux-.*\.tar(?:\.\w+)?$/;

/** What to do about a directory that is none of a kernel's sources: they may be near. */
async function adviceOn(dir: string, missing: string): Promise<ErrorAdvice> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries)
    if (entry.isDirectory() && (await isTree(join(dir, entry.name))))
      return { hint: `name the directory in it: ${printable(join(dir, entry.name))}` };
  const packed = entries
    .filter(({ name }) => archive.test(name))
    .map(({ name }) => name)
    .sort()
    .at(-1);
  if (packed !== undefined)
    return { hint: `unpack ${printable(packed)} first (tar -xf), and name the directory that comes out` };
  for (let above = dirname(resolve(dir)); above !== dirname(above); above = dirname(above))
    if (await isTree(above)) return { hint: `name the directory above it: ${printable(above)}` };
  if (missing.startsWith('lib/'))
    return {
      hint: 'these are the headers that modules are built with, without the sources; on Debian: apt-get install linux-source',
    };
  return howToGet;
}

async function isTree(dir: string): Promise<boolean> {
  const makefile = await readIfRegular(join(dir, 'Makefile'), mostOfMakefile);
  if (makefile === null || versionIn(makefile.toString('utf8')) === null) return false;
  return (await stat(join(dir, landmarks.at(-1)!)).catch(() => null)) !== null;
}
