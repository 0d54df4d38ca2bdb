// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import { filesIn, foldersIn } from '../toolchain/includes.js';
import { folderOf } from './tree-build.js';
import type { TreeUnits } from './tree-unit.js';

/** Why a `.c` file is no unit of its own. */
export type OtherKind =
  /** Another file includes it. */
  | 'included'
  /** No makefile makes it. */
  | 'unnamed'
  /** It is below `arch/`. */
  | 'architecture'
  /** Of a program that runs on the machine that builds, or of users. */
  | 'program'
  /** A build makes it. */
  | 'generated';

export interface OtherFile {
  readonly path: string;
  readonly kind: OtherKind;
  /** A sentence without its end. */
  readonly why: string;
}

/** The `.c` files below a folder. */
export interface UnitsBelow {
  /** Those that makefiles make objects of, sorted. */
  readonly units: readonly string[];
  /** All others, sorted by path. */
  readonly others: readonly OtherFile[];
}

/** At the top of a kernel's sources: what is no part of a kernel. */
const programs: Readonly<Record<string, string>> = {
  Documentation: 'it is an example of the documentation',
  samples: 'it is an example of how the kernel’s interfaces are used',
  scripts: 'it is of a program that a build runs',
  tools: 'it is of a user’s program',
  usr: 'it is of a program that a build runs',
};

/**
 * The `.c` files below a folder of a kernel's sources (`''` has all), by what the makefiles make of them, whatever is configured.
 *
 * @throws LostbitError `E_TREE` where there is no such folder.
 */
export function unitsBelow(units: TreeUnits, folder: string): UnitsBelow {
  checkFolder(units, folder);
  const made: string[] = [];
  const others: OtherFile[] = [];
  for (const path of cFilesBelow(units, folder)) {
    const other = otherThanUnit(units, path);
    if (other === null) made.push(path);
    else others.push(other);
  }
  return { units: made.sort(), others: others.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** Why a `.c` file is no unit of its own; null where it is one. */
export function otherThanUnit(units: TreeUnits, path: string): OtherFile | null {
  const [top = '', below = ''] = path.split('/');
  if (path.endsWith('.mod.c')) return { path, kind: 'generated', why: 'a build makes it' };
  const program = path.includes('/') && Object.hasOwn(programs, top) ? programs[top] : undefined;
  if (program !== undefined) return { path, kind: 'program', why: program };
  if (top === 'arch')
    return { path, kind: 'architecture', why: `it is of another architecture, ${printable(below)}` };
  if (units.rules.ofUnit(path).length > 0) return null;
  const includer = units.includerOf(path);
  if (includer !== null) return { path, kind: 'included', why: `${printable(includer)} includes it` };
  const host = units.rules.hostRule(path);
  if (host !== null)
    return { path, kind: 'program', why: `${printable(host)} makes a program of it that a build runs` };
  return { path, kind: 'unnamed', why: 'no makefile makes an object of it' };
}

function* cFilesBelow({ files }: TreeUnits, folder: string): Iterable<string> {
  const left = [folder];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const path of filesIn(files, next)) if (path.endsWith('.c')) yield path;
    left.push(...foldersIn(files, next));
  }
}

function checkFolder({ files }: TreeUnits, folder: string): void {
  if (folder === '') return;
  const above = folderOf(folder);
  const beside = [...foldersIn(files, above)];
  if (beside.includes(folder)) return;
  throw new LostbitError('E_TREE', `the tree has no folder '${printable(folder)}'`, {
    hint: offer(
      folder,
      beside.map(printable),
      `there is none in ${printable(above === '' ? posix.sep : above)}`,
    ),
  });
}
