// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { LostbitError } from '../errors.js';
import { includeClosure } from '../toolchain/includes.js';
import type { Dialect, FileTree } from '../toolchain/types.js';
import type { Call } from './calls.js';
import { type Configuration, readConfiguration } from './configuration.js';
import { joinedUnits } from './joined-units.js';
import { findModule, hasModule, type KbuildModule, type KbuildUnit, kbuildUnit } from './kbuild.js';
import { adviceOnAge, type KernelTree } from './kernel-tree.js';
import { kernelUnits } from './kernel-units.js';
import { readTreeC, readTreeConfig } from './own-c.js';
import { ownRoot } from './own-path.js';
import { PatchedTree } from './patched-tree.js';
import { type CallingProgram, withCalls } from './program.js';
import {
  builtIn,
  configured,
  dialectOf,
  frontsIn,
  generatedFor,
  generatedRoot,
  moduleSymbols,
  noFile,
} from './tree-build.js';

/** A module of a kernel's sources: the folder whose makefile makes it, and its name, with `-` or `_`. */
export interface TreeModule {
  readonly folder: string;
  readonly name: string;
  /** In some versions there is none: what it has is then another one's, or nobody's. */
  readonly optional?: boolean;
}

/** C of a subject's own. */
export interface MountedC {
  readonly name: string;
  /** The folder among the sources in which its files stand; empty where they stand as they do by themselves. */
  readonly root: string;
  readonly tree: FileTree;
  /** Its `.c` files to compile. */
  readonly units: readonly string[];
}

/** What of a kernel's sources is compiled, and with what. */
export interface TreeParts {
  readonly tree: KernelTree;
  /** The tree's files at a stage, where patches are over it. */
  readonly files?: FileTree;
  readonly modules: readonly TreeModule[];
  /** Further `.c` files of the tree, which are built in: those that there are. */
  readonly units: readonly string[];
  readonly subject?: MountedC;
  /**
   * `CONFIG_…` goes over the configuration that the architecture has: `false` switches off, `true` or 1 on. All others are macros of
   * the units.
   */
  readonly defines: Readonly<Record<string, string | number | boolean>>;
  /** Functions that scenarios call. */
  readonly calls: readonly Call[];
}

/** What says what the modules are, as the last step of a kernel's build does. */
const modulesUnit = `${generatedRoot}/modules.c`;

/** Files of a kernel's library that stand where they are, and not in the stub kernel. */
const library = ['bitmap', 'ctype', 'find_bit', 'hexdump', 'hweight', 'idr', 'xarray'].map(
  (name) => `lib/${name}.c`,
);

/**
 * Units of a kernel's sources, over the headers that are there, with a subject's C and the parts of lostbit's own that both need. Its
 * tree has those files alone that compiling them may read.
 *
 * @throws LostbitError `E_TREE` where the sources lack what is asked for; `E_UNKNOWN_FUNCTION`; `E_BROKEN_INSTALL`.
 */
export async function treeProgram(parts: TreeParts): Promise<CallingProgram> {
  const { tree, files = tree.files, subject, calls, defines } = parts;
  const [own, config] = await Promise.all([readTreeC(), readTreeConfig()]);
  const configuration = configured(readConfiguration(config), defines);
  const isThere = ({ folder, name, optional = false }: TreeModule) =>
    !optional || hasModule(files, folder, name, configuration);
  const modules = parts.modules.filter(isThere).map(({ folder, name }) => {
    try {
      return findModule(files, folder, name, configuration);
    } catch (error) {
      const advice = adviceOnAge(tree.version);
      throw error instanceof LostbitError && advice !== null
        ? new LostbitError(error.code, error.message, advice, error)
        : error;
    }
  });
  const taken = takenUnits(
    files,
    modules,
    [...library.filter((path) => files.has(path)), ...parts.units],
    configuration,
  );
  const mounted = mountedC(subject);
  const ownUnits = [...taken.keys(), ...mounted.units, ...(modules.length > 0 ? [modulesUnit] : [])];

  const ours = new Map([...own].map(([path, text]) => [`${ownRoot}/${path}`, text]));
  const stubUnits = [...ours.keys()].filter((path) => path.endsWith('.c') && !isReplaced(path, taken));
  for (const [path, text] of generatedFor(tree, files, ours, configuration))
    ours.set(`${generatedRoot}/${path}`, text);
  ours.set(modulesUnit, codeOfModules(modules, files));
  for (const [path, text] of mounted.tree) ours.set(path, text);
  const plain = new PatchedTree(files, ours);

  const front = frontsIn(files, defines);
  const { texts, calling } = withCalls(plain, ownUnits, calls, (unit) => {
    const { kbuild, isModule } = taken.get(unit) ?? {
      kbuild: builtIn(unit, subject?.name ?? ownRoot),
      isModule: false,
    };
    return front(kbuild, isModule);
  });
  const fronted = new PatchedTree(plain, texts);

  const madeUp = front(builtIn('lostbit-made-up.c', ownRoot), false);
  const dialect = {
    ...dialectOf(files, subject === undefined ? null : subject.root || '.'),
    front: madeUp,
  };
  const dialects: Record<string, Dialect> = {};
  for (const [path, { kbuild }] of taken)
    if (kbuild.includes.length > 0)
      dialects[path] = { ...dialect, includes: [...dialect.includes, ...kbuild.includes] };
  const stubs = kernelUnits(fronted, ownUnits, stubUnits, dialect);
  const joined = joinedUnits(stubs, fronted, dialect);
  const isJoined = new Set(joined.flatMap(({ units }) => units));
  const alone = stubs.filter((unit) => !isJoined.has(unit));
  const units = [...ownUnits, ...alone, ...joined.map(({ path }) => path)].sort();
  const all = new PatchedTree(fronted, new Map(joined.map(({ path, text }) => [path, text])));
  const read = filesRead(all, units, (unit) => dialects[unit] ?? dialect);
  // What stands in front of these is what the others have there, so that they read no more with it.
  const begin = (unit: string, text: string) =>
    read.set(unit, `${front(builtIn(unit, ownRoot), false)}#line 1 "${unit}"\n${text}`);
  for (const unit of alone) begin(unit, read.get(unit)!);
  for (const { path, text } of joined) begin(path, text);
  return {
    tree: read,
    units,
    own: ownUnits,
    modules: Object.fromEntries(modules.map(({ name, units }) => [name, units.map(({ path }) => path)])),
    dialect,
    dialects,
    fillMissing: true,
    calling,
  };
}

/** Has the tree the same of its own? Of `lib/xarray.c` there is no other one. */
const isReplaced = (path: string, taken: ReadonlyMap<string, Taken>): boolean =>
  posix.dirname(path) === `${ownRoot}/kernel` && taken.has(`lib/${posix.basename(path)}`);

interface Taken {
  readonly kbuild: KbuildUnit;
  /** Or else it is built in. */
  readonly isModule: boolean;
}

function takenUnits(
  files: FileTree,
  modules: readonly KbuildModule[],
  units: readonly string[],
  configuration: Configuration,
): Map<string, Taken> {
  const taken = new Map<string, Taken>();
  for (const kbuild of modules.flatMap((module) => module.units))
    if (!taken.has(kbuild.path)) taken.set(kbuild.path, { kbuild, isModule: true });
  for (const path of units) {
    if (!files.has(path)) throw noFile(path, files);
    if (!taken.has(path))
      taken.set(path, { kbuild: kbuildUnit(files, path, configuration), isModule: false });
  }
  return taken;
}

/** A subject's own C, where it stands. */
function mountedC(subject: MountedC | undefined): {
  readonly tree: FileTree;
  readonly units: readonly string[];
} {
  if (subject === undefined) return { tree: new Map(), units: [] };
  const at = (path: string) => posix.join(subject.root, path);
  return {
    tree: new Map(Array.from(subject.tree, ([path, text]) => [at(path), text])),
    units: subject.units.map(at),
  };
}

/** C that defines each module's struct, as a kernel's build does last of all. */
function codeOfModules(modules: readonly KbuildModule[], files: FileTree): string {
  const each = modules.map(({ name, units }) => {
    const { init, exit, self } = moduleSymbols(name);
    const text = units.map(({ path }) => files.get(path) ?? '').join('\n');
    // A macro that registers a driver defines both.
    const registers = /^module_(?!init\b|exit\b|param)\w+\s*\(/m.test(text);
    const starts = registers || /^module_init\s*\(|\binit_module\s*\(/m.test(text);
    const ends = registers || /^module_exit\s*\(|\bcleanup_module\s*\(/m.test(text);
    return [
      starts ? `int ${init}(void);\n` : '',
      ends ? `void ${exit}(void);\n` : '',
      `struct module ${self} = {\n\t.state = MODULE_STATE_UNFORMED,\n\t.name = "${name}",\n`,
      starts ? `\t.init = ${init},\n` : '',
      ends ? `#ifdef CONFIG_MODULE_UNLOAD\n\t.exit = ${exit},\n#endif\n` : '',
      '};\n',
    ].join('');
  });
  const all = modules.map(({ name }) => `\t&${moduleSymbols(name).self},\n`).join('');
  // In the order in which they were asked for.
  const list = `\nextern struct module *const stub_modules[];\nstruct module *const stub_modules[] = {\n${all}\t0,\n};\n`;
  return `/* SPDX-License-Identifier: GPL-2.0-only */\n#include <linux/module.h>\n\n${each.join('\n')}${list}`;
}

/** The files that compiling units may read, sorted. */
function filesRead(
  tree: FileTree,
  units: readonly string[],
  dialectOf: (unit: string) => Dialect,
): Map<string, string> {
  const paths = new Set(units.flatMap((unit) => [unit, ...includeClosure(unit, tree, dialectOf(unit))]));
  return new Map([...paths].sort().map((path) => [path, tree.get(path)!]));
}
