// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { foldersIn } from '../toolchain/includes.js';
import type { FileTree } from '../toolchain/types.js';
import { makefileOf, makefilePath } from './kbuild.js';
import { folderOf } from './tree-build.js';

/** That a makefile makes something, and when. */
export interface BuildRule {
  readonly makefile: string;
  /** The folder that the makefile is of. */
  readonly folder: string;
  /** What it is linked into, without an ending: `usbcore`. For a folder, its own name. */
  readonly stem: string;
  /** The symbols that are to be on, `CONFIG_…`. */
  readonly symbols: readonly string[];
  /** It is made as a module, whatever is on. */
  readonly isModule: boolean;
}

/** What the makefile of a folder may make, whatever is configured. */
interface FolderRules {
  /** By the path of a `.c` file. */
  readonly units: ReadonlyMap<string, readonly BuildRule[]>;
  /** By the path of a folder. */
  readonly folders: ReadonlyMap<string, readonly BuildRule[]>;
  /** Files for programs of the machine that builds. */
  readonly host: ReadonlySet<string>;
}

/** How many parts a folder's path has where one driver is in several folders of it: `drivers/gpu/drm/amd`. */
const leastShared = 4;

/** Above these there is nothing that a makefile has to say of them. */
const noRules: FolderRules = { units: new Map(), folders: new Map(), host: new Set() };

/** Lists of what is made for the kernel, and for programs of the machine that builds it. */
const builtList = /^(?:obj|lib)-(?:(y|m)$|(?=.*CONFIG_))/;
const hostList = /^(?:hostprogs(?:-always)?|always|extra|userprogs(?:-always)?)(?:-y)?$/;

/** Rules of a tree's makefiles: each is read once, with every symbol standing for itself. */
export class BuildRules {
  readonly #files: FileTree;
  readonly #folders = new Map<string, FolderRules>();

  constructor(files: FileTree) {
    this.#files = files;
  }

  /**
   * The rules that make a `.c` file into an object: those of a makefile in its folder, in one above, or beside one of these, as drivers
   * in several folders have it. None where there are none.
   */
  ofUnit(path: string): readonly BuildRule[] {
    const above = foldersAbove(path);
    const rulesIn = (folder: string) => this.in(folder).units.get(path);
    for (const folder of above) {
      const rules = rulesIn(folder);
      if (rules !== undefined) return rules;
    }
    for (const folder of above.filter((one) => one.split('/').length >= leastShared))
      for (const beside of foldersIn(this.#files, folder)) {
        const rules = above.includes(beside) ? undefined : rulesIn(beside);
        if (rules !== undefined) return rules;
      }
    return [];
  }

  /** The rules that lead into a folder; none where no makefile above it names it. */
  ofFolder(folder: string): readonly BuildRule[] {
    for (const above of foldersAbove(folder)) {
      const rules = this.in(above).folders.get(folder);
      if (rules !== undefined) return rules;
    }
    return [];
  }

  /** The makefile that makes a program of a file, one that the build runs; null where none does. */
  hostRule(path: string): string | null {
    const folder = foldersAbove(path).find((one) => this.in(one).host.has(path));
    return folder === undefined ? null : makefilePath(this.#files, folder);
  }

  /** All that the makefile of a folder makes. */
  in(folder: string): FolderRules {
    let known = this.#folders.get(folder);
    if (known === undefined) {
      known = this.#read(folder);
      this.#folders.set(folder, known);
    }
    return known;
  }

  #read(folder: string): FolderRules {
    const path = makefilePath(this.#files, folder);
    if (path === null) return noRules;
    const makefile = makefileOf(this.#files, folder, null)!;
    const units = new Map<string, BuildRule[]>();
    const folders = new Map<string, BuildRule[]>();
    const add = (map: Map<string, BuildRule[]>, made: string, rule: BuildRule) => {
      const rules = map.get(made) ?? [];
      map.set(made, rules);
      if (!rules.some((one) => one.symbols.join() === rule.symbols.join())) rules.push(rule);
    };
    const lists = [...makefile.names];
    const needed = neededFor(lists, (name) => makefile.words(name));
    for (const list of lists) {
      const [built, state] = builtList.exec(list) ?? [];
      if (built === undefined) continue;
      const of = { makefile: path, folder, symbols: symbolsIn(list), isModule: state === 'm' };
      for (const word of makefile.words(list)) {
        const target = posix.join(folder, word);
        if (word.endsWith('/')) add(folders, target.slice(0, -1), { ...of, stem: posix.basename(target) });
        else if (word.endsWith('.o')) {
          const stem = word.slice(0, -2);
          const unit = `${target.slice(0, -2)}.c`;
          if (this.#files.has(unit)) add(units, unit, { ...of, stem });
          for (const { member, needs } of membersOf(stem, lists, (name) => makefile.words(name)))
            add(units, posix.join(folder, member.replace(/\.o$/, '.c')), {
              ...of,
              stem,
              symbols: [
                ...new Set([...of.symbols, ...(needs.length > 0 ? needs : (needed.get(member) ?? []))]),
              ],
            });
        }
      }
    }
    return { units, folders, host: hostFiles(folder, lists, (name) => makefile.words(name)) };
  }
}

/** The objects that one is linked of, each with what is to be on for it. */
function membersOf(
  stem: string,
  lists: readonly string[],
  words: (list: string) => string[],
): { readonly member: string; readonly needs: readonly string[] }[] {
  const own = lists.filter(
    (list) =>
      list.startsWith(`${stem}-`) && /^(?:objs|y|m|(?:objs-)?CONFIG_.*)$/.test(list.slice(stem.length + 1)),
  );
  return own.flatMap((list) =>
    words(list)
      .filter((word) => word.endsWith('.o'))
      .map((member) => ({ member, needs: symbolsIn(list.slice(stem.length + 1)) })),
  );
}

/** What is to be on for an object that stands in a list of some symbol's, wherever that list is put. */
function neededFor(
  lists: readonly string[],
  words: (list: string) => string[],
): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, readonly string[]>();
  for (const list of lists) {
    const symbols = /-CONFIG_/.test(list) ? symbolsIn(list) : [];
    if (symbols.length === 0 || builtList.test(list)) continue;
    for (const word of words(list)) if (!needed.has(word)) needed.set(word, symbols);
  }
  return needed;
}

function hostFiles(
  folder: string,
  lists: readonly string[],
  words: (list: string) => string[],
): ReadonlySet<string> {
  const programs = lists.filter((list) => hostList.test(list)).flatMap(words);
  const objects = programs.flatMap((program) => [`${program}.o`, ...words(`${program}-objs`)]);
  return new Set(objects.map((object) => posix.join(folder, object.replace(/\.o$/, '.c'))));
}

/** Several may stand side by side, where each is the value of its own. */
const symbolsIn = (list: string): string[] => list.match(/CONFIG_\w+?(?=CONFIG_|$|\W)/g) ?? [];

/** The folders that a path is in, the nearest first; '' is the tree's own. */
export function foldersAbove(path: string): string[] {
  const above: string[] = [];
  for (let at = path; at !== ''; ) {
    at = folderOf(at);
    above.push(at);
  }
  return above;
}
