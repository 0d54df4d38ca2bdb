// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import type { FileTree } from '../toolchain/types.js';
import type { Configuration } from './configuration.js';
import { Makefile } from './makefile.js';

/** What a kernel's build gives the compiler besides a unit's text. */
export interface KbuildUnit {
  readonly path: string;
  /** What KBUILD_MODNAME names: letters, digits and `_`. */
  readonly module: string;
  /** KBUILD_MODFILE: the module's path without an ending. */
  readonly modfile: string;
  /** What KBUILD_BASENAME names. */
  readonly basename: string;
  /** Of `-I`. */
  readonly includes: readonly string[];
  /** Of `-D`. */
  readonly defines: readonly (readonly [name: string, value: string])[];
  /** Of `-include`. */
  readonly preludes: readonly string[];
}

/** A module, or what is built in under a name of its own. */
export interface KbuildModule {
  /** As KBUILD_MODNAME names it. */
  readonly name: string;
  /** Whether the configuration has it: not at all, built in, or as a module. */
  readonly state: 'off' | 'y' | 'm';
  /** Its `.c` files, in the order that they are linked in. */
  readonly units: readonly KbuildUnit[];
  /** Objects of it that are made of no `.c` file of the tree. */
  readonly absent: readonly string[];
}

/** A folder as its makefile has it. */
export interface KbuildFolder {
  readonly modules: readonly KbuildModule[];
  /** The folders that the configuration goes on in. */
  readonly folders: readonly string[];
}

/** KBUILD_MODNAME and KBUILD_BASENAME are names of C. */
export const tokenOf = (name: string): string => name.replace(/[-,]/g, '_');

/** What the makefile of a folder makes under a configuration; `null` where it has none. */
export function readKbuild(
  tree: FileTree,
  folder: string,
  configuration: Configuration,
): KbuildFolder | null {
  const makefile = makefileOf(tree, folder, configuration);
  if (makefile === null) return null;
  const built = (list: string) => [...makefile.words(`obj-${list}`), ...makefile.words(`lib-${list}`)];
  const states = new Map<string, KbuildModule['state']>();
  const folders = new Set<string>();
  for (const state of ['off', 'y', 'm'] as const)
    for (const word of state === 'off' ? [...built(''), ...built('n')] : built(state)) {
      if (word.endsWith('/')) {
        if (state !== 'off') folders.add(posix.join(folder, word).replace(/\/$/, ''));
      } else if (word.endsWith('.o')) {
        // What is built in is no module besides.
        if (states.get(word) !== 'y') states.set(word, state);
      }
    }
  const modules = [...states].map(([object, state]) => {
    const stem = object.slice(0, -2);
    const members = [...new Set(membersOf(makefile, stem, state))];
    const units: KbuildUnit[] = [];
    const absent: string[] = [];
    for (const member of members.length > 0 ? members : [object]) {
      const path = posix.join(folder, member.replace(/\.o$/, '.c'));
      if (path.endsWith('.c') && !path.startsWith('../') && tree.has(path))
        units.push(unitIn({ tree, folder, configuration, makefile }, path, stem));
      else absent.push(posix.join(folder, member));
    }
    return { name: tokenOf(posix.basename(stem)), state, units, absent };
  });
  return { modules, folders: [...folders] };
}

/** Does a folder make a module of that name, with `-` or `_`, of C that is there? */
export const hasModule = (
  tree: FileTree,
  folder: string,
  name: string,
  configuration: Configuration,
): boolean =>
  (readKbuild(tree, folder, configuration)?.modules ?? []).some(
    (one) => one.name === tokenOf(name) && one.units.length > 0,
  );

/**
 * The module of a folder by its name, with `-` or `_`. It may be one that the configuration leaves out.
 *
 * @throws LostbitError `E_TREE` where there is none, or none of its C is there.
 */
export function findModule(
  tree: FileTree,
  folder: string,
  name: string,
  configuration: Configuration,
): KbuildModule {
  const modules = readKbuild(tree, folder, configuration)?.modules ?? [];
  const found = modules.find((one) => one.name === tokenOf(name));
  if (found === undefined)
    throw new LostbitError('E_TREE', `the tree's ${printable(folder)} makes no module '${printable(name)}'`, {
      hint: offer(
        name,
        modules.map((one) => printable(one.name)),
        `there is no makefile with modules in ${printable(folder)}`,
      ),
    });
  if (found.units.length === 0)
    throw new LostbitError(
      'E_TREE',
      `the tree has no C of module '${printable(name)}': ${found.absent.map(printable).join(', ')}`,
      { hint: 'name a module that is made of .c files' },
    );
  return found;
}

/**
 * What a kernel's build gives the compiler for one file. Its module is the one that a makefile beside it, or above it, makes of it; a
 * file that none names is one of its own.
 */
export function kbuildUnit(tree: FileTree, path: string, configuration: Configuration): KbuildUnit {
  for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
    const { modules = [] } = readKbuild(tree, folder === '.' ? '' : folder, configuration) ?? {};
    const candidates = modules.flatMap(({ state, units }) =>
      units.filter((unit) => unit.path === path).map((unit) => ({ state, unit })),
    );
    const found = candidates.find(({ state }) => state !== 'off') ?? candidates[0];
    if (found !== undefined) return found.unit;
    if (folder === '.') break;
  }
  const folder = posix.dirname(path) === '.' ? '' : posix.dirname(path);
  return unitOfObject(tree, folder, posix.basename(path, '.c'), path, configuration);
}

/** The same where it is known which folder's makefile makes it, and for which object. */
export function unitOfObject(
  tree: FileTree,
  folder: string,
  stem: string,
  path: string,
  configuration: Configuration,
): KbuildUnit {
  const makefile = makefileOf(tree, folder, configuration) ?? new Makefile('', new Map());
  return unitIn({ tree, folder, configuration, makefile }, path, stem);
}

/** The objects that one is linked of; none where it is made of a file of its own name. */
function membersOf(makefile: Makefile, stem: string, state: KbuildModule['state']): string[] {
  const lists = ['objs', 'y', ...(state === 'y' ? [] : ['m'])];
  return lists.flatMap((list) => makefile.words(`${stem}-${list}`)).filter((word) => word.endsWith('.o'));
}

interface Place {
  readonly tree: FileTree;
  readonly folder: string;
  readonly configuration: Configuration;
  readonly makefile: Makefile;
}

function unitIn({ tree, folder, configuration, makefile }: Place, path: string, stem: string): KbuildUnit {
  const own = posix.relative(folder, path).replace(/\.c$/, '.o');
  const flags = [
    ...inherited(tree, folder, configuration, makefile),
    ...makefile.words('ccflags-y'),
    ...makefile.words(`CFLAGS_${own}`),
  ];
  return {
    path,
    module: tokenOf(posix.basename(stem)),
    modfile: posix.join(folder, stem),
    basename: tokenOf(posix.basename(path, '.c')),
    ...meaningOf(flags),
  };
}

/** Flags that the makefiles above a folder have for all that is below them. */
function inherited(
  tree: FileTree,
  folder: string,
  configuration: Configuration,
  makefile: Makefile,
): string[] {
  const own = makefile.words('subdir-ccflags-y');
  if (folder === '') return own;
  const above = posix.dirname(folder) === '.' ? '' : posix.dirname(folder);
  // The one at the top is about the whole build.
  if (above === '') return own;
  const next = makefileOf(tree, above, configuration);
  return [...(next === null ? [] : inherited(tree, above, configuration, next)), ...own];
}

/** Where a folder's makefile is; null where it has none. */
export const makefilePath = (tree: FileTree, folder: string): string | null =>
  ['Kbuild', 'Makefile'].map((name) => posix.join(folder, name)).find((path) => tree.has(path)) ?? null;

/** A folder's makefile under a configuration, or, without one, with symbols that stand for themselves; null where it has none. */
export function makefileOf(
  tree: FileTree,
  folder: string,
  configuration: Configuration | null,
): Makefile | null {
  const path = makefilePath(tree, folder);
  if (path === null) return null;
  const here = folder === '' ? '.' : folder;
  return new Makefile(
    tree.get(path) ?? '',
    new Map([...(configuration ?? []), ['srctree', '.'], ['objtree', '.'], ['src', here], ['obj', here]]),
    {
      symbolic: configuration === null,
      textOf: (path) => (path.startsWith('/') ? undefined : tree.get(posix.normalize(path))),
    },
  );
}

/** What is understood of compiler flags. */
function meaningOf(flags: readonly string[]): Pick<KbuildUnit, 'includes' | 'defines' | 'preludes'> {
  const includes = new Set<string>();
  const defines = new Map<string, string>();
  const preludes = new Set<string>();
  const left: string[] = flags.join(' ').match(shellWord) ?? [];
  for (let flag = left.shift(); flag !== undefined; flag = left.shift()) {
    const [, option, joined = ''] = /^(-I|-D|-U|-include)(.*)$/.exec(flag) ?? [];
    if (option === undefined) continue;
    const value = unquoted(joined === '' ? (left.shift() ?? '') : joined);
    if (option === '-I' || option === '-include') {
      const path = posix.normalize(value).replace(/\/$/, '');
      const isInside = value !== '' && !path.startsWith('/') && path !== '..' && !path.startsWith('../');
      if (isInside) (option === '-I' ? includes : preludes).add(path);
      continue;
    }
    const [, name, text = '1'] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(value) ?? [];
    if (name === undefined) continue;
    defines.delete(name);
    if (option === '-D') defines.set(name, text);
  }
  return { includes: [...includes], defines: [...defines], preludes: [...preludes] };
}

/** A word of a shell's, with its quotes. */
const shellWord = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g;

/** What a shell makes of it. */
const unquoted = (word: string): string =>
  word.replace(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  );
