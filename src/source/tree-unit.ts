// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { filesIn, foldersIn, includeClosure } from '../toolchain/includes.js';
import { treePath } from '../toolchain/tree-path.js';
import type { Dialect, FileTree } from '../toolchain/types.js';
import { type BuildRule, BuildRules, foldersAbove } from './build-rules.js';
import { type Configuration, readConfiguration } from './configuration.js';
import { type KbuildUnit, kbuildUnit, makefilePath, unitOfObject } from './kbuild.js';
import { Kconfig, type KconfigView } from './kconfig.js';
import { type Choice, Chooser, type Chosen, type Unmet } from './kconfig-choice.js';
import type { KernelTree } from './kernel-tree.js';
import { readTreeC, readTreeConfig } from './own-c.js';
import { ownRoot } from './own-path.js';
import { PatchedTree } from './patched-tree.js';
import { RetoldTree } from './retold-tree.js';
import {
  autoconfFor,
  autoconfPath,
  configured,
  dialectOf,
  folderOf,
  frontsIn,
  generatedFor,
  generatedRoot,
  noFile,
} from './tree-build.js';

/** One `.c` file of a kernel's sources, and all that a compiler's front end needs for it. */
export interface TreeUnit {
  readonly path: string;
  /** The sources with what their build would generate for the unit, and with what its command line says at the unit's beginning. */
  readonly tree: FileTree;
  readonly dialect: Dialect;
  /** What it is compiled with, as a `.config` has it. */
  readonly configuration: Configuration;
  /** What of that goes beyond the configuration of all units, and why. */
  readonly chosen: readonly Chosen[];
  /** What its makefiles and Kconfig ask for and it is compiled without: such code belongs to another architecture, mostly. */
  readonly unmet: readonly Unmet[];
  /** What KBUILD_MODNAME names. */
  readonly module: string;
  /** It is compiled as a module, not as what is built in: its makefile makes it in no other way. */
  readonly isModule: boolean;
  /** The makefiles that lead to it, its own first; none where no makefile names it. */
  readonly makefiles: readonly string[];
}

/** Of an x86-64, whatever the architecture says for WebAssembly. */
const of64Bits = {
  CONFIG_32BIT: false,
  CONFIG_64BIT: true,
  CONFIG_PHYS_ADDR_T_64BIT: true,
  CONFIG_ARCH_DMA_ADDR_T_64BIT: true,
};

/** Units of a folder have the same one, mostly. */
const mostDialects = 32;

/** The units of a kernel's sources, each by itself. What they have in common is made once. */
export class TreeUnits {
  readonly files: FileTree;
  readonly rules: BuildRules;
  readonly #base: Configuration;
  readonly #kconfig: Kconfig;
  /** The sources, our architecture, and what is generated for all. */
  readonly #common: FileTree;
  readonly #dialect: Dialect;
  /** By the folders that are looked in besides. */
  readonly #dialects = new Map<string, Dialect>();
  readonly #front: ReturnType<typeof frontsIn>;
  readonly #named = new Map<string, Named>();
  readonly #included = new Map<string, ReadonlyMap<string, string>>();
  #ofAll: ReadonlySet<string> | undefined;

  private constructor(tree: KernelTree, files: FileTree, own: FileTree, base: Configuration) {
    this.files = files;
    this.rules = new BuildRules(files);
    this.#base = base;
    this.#kconfig = new Kconfig(files);
    const ours = new Map(
      [...own]
        .filter(([path]) => path.startsWith('arch/'))
        .map(([path, text]) => [`${ownRoot}/${path}`, text]),
    );
    for (const [path, text] of generatedFor(tree, files, ours, base))
      ours.set(`${generatedRoot}/${path}`, text);
    this.#common = new PatchedTree(files, ours);
    this.#dialect = dialectOf(files, null);
    this.#front = frontsIn(files, {});
  }

  /**
   * @param files the tree's at a stage, where patches are over it.
   * @throws LostbitError `E_BROKEN_INSTALL`.
   */
  static async open(tree: KernelTree, files: FileTree = tree.files): Promise<TreeUnits> {
    const [own, config] = await Promise.all([readTreeC(), readTreeConfig()]);
    return new TreeUnits(tree, files, own, configured(readConfiguration(config), of64Bits));
  }

  /**
   * A unit by its path from the tree's root.
   *
   * @throws LostbitError `E_TREE` where there is no such file, `E_PATH`.
   */
  unit(path: string): TreeUnit {
    const unit = treePath(path, 'the tree');
    if (!this.files.has(unit)) throw noFile(unit, this.files);
    const kconfig = this.#kconfig.from(folderOf(unit));
    const chooser = new Chooser(kconfig, this.#base);
    const chain = this.#chainTo(unit, chooser);
    chooser.want(
      chain.flatMap(({ symbols, makefile }) => symbols.map((symbol) => ({ symbol, by: makefile }))),
    );
    const [rule] = chain;
    // Flags may hang on what is configured; what the unit's code names may be looked for where they say.
    const kbuildWith = ({ configuration }: Choice): KbuildUnit =>
      rule === undefined
        ? kbuildUnit(this.files, unit, configuration)
        : unitOfObject(this.files, rule.folder, rule.stem, unit, configuration);
    const dialect = this.#dialectWith(kbuildWith(chooser.result).includes);
    this.#chooseNamed(unit, dialect, kconfig, chooser);
    const choice = chooser.result;
    const kbuild = kbuildWith(choice);
    const isModule = rule?.isModule ?? false;
    const text = `${this.#front(kbuild, isModule)}#line 1 "${unit}"\n${this.files.get(unit)}`;
    const tree = new RetoldTree(
      this.#common,
      new Map([
        [unit, text],
        [autoconfPath, autoconfFor(choice.configuration)],
      ]),
    );
    return {
      path: unit,
      tree,
      dialect: this.#dialectWith(kbuild.includes),
      ...choice,
      module: kbuild.module,
      isModule,
      makefiles: chain.map(({ makefile }) => makefile),
    };
  }

  /** A file that includes a `.c` file: one beside it, above it or below. Null where none does. */
  includerOf(path: string): string | null {
    const folder = folderOf(path);
    const near = [folder, ...(folder === '' ? [] : [folderOf(folder)]), ...foldersIn(this.files, folder)];
    for (const one of near) {
      const includer = this.#includedIn(one).get(path);
      if (includer !== undefined) return includer;
    }
    return null;
  }

  /** The makefiles of a file's folder and of those above it. */
  makefilesAbove(path: string): string[] {
    return foldersAbove(path).flatMap((folder) => makefilePath(this.files, folder) ?? []);
  }

  /** What the files of a folder include that is no header, and which of them does. */
  #includedIn(folder: string): ReadonlyMap<string, string> {
    const known = this.#included.get(folder);
    if (known !== undefined) return known;
    const included = new Map<string, string>();
    for (const path of filesIn(this.files, folder)) {
      if (!/\.[ch]$/.test(path)) continue;
      for (const [, name] of (this.files.get(path) ?? '').matchAll(
        /^[ \t]*#[ \t]*include[ \t]*"([^"\n]+\.c)"/gm,
      ))
        included.set(posix.join(folder, name!), path);
    }
    this.#included.set(folder, included);
    return included;
  }

  /** The rules that lead to a unit, its own first. Of several that one is taken whose symbols are on, or can be. */
  #chainTo(unit: string, chooser: Chooser): BuildRule[] {
    const chain: BuildRule[] = [];
    const oneOf = (rules: readonly BuildRule[]) =>
      rules.find(({ symbols }) => chooser.has(symbols)) ??
      rules.find(({ symbols }) => chooser.canHave(symbols)) ??
      rules[0];
    let next = oneOf(this.rules.ofUnit(unit));
    while (next !== undefined) {
      chain.push(next);
      next = next.folder === '' ? undefined : oneOf(this.rules.ofFolder(next.folder));
    }
    return chain;
  }

  #dialectWith(includes: readonly string[]): Dialect {
    if (includes.length === 0) return this.#dialect;
    const key = includes.join('\0');
    const known = this.#dialects.get(key);
    if (known !== undefined) return known;
    // What was found with each is kept as long as it is.
    if (this.#dialects.size >= mostDialects) this.#dialects.clear();
    const made = { ...this.#dialect, includes: [...this.#dialect.includes, ...includes] };
    this.#dialects.set(key, made);
    return made;
  }

  /**
   * What the code names has its default: a number or a text wherever a header has a use for it, all else where the unit or its own
   * headers ask for it.
   */
  #chooseNamed(unit: string, dialect: Dialect, kconfig: KconfigView, chooser: Chooser): void {
    const folder = folderOf(unit);
    const common = this.#commonHeaders();
    for (const path of [unit, ...includeClosure(unit, this.#common, dialect)]) {
      if (common.has(path)) continue;
      const { states, values } = this.#namedIn(path);
      const asked = folderOf(path) === folder ? new Set([...values, ...states]) : values;
      for (const name of asked) {
        if (chooser.has([`CONFIG_${name}`])) continue;
        // What code asks for before it uses it need not be there.
        const isValue = values.has(name) && !states.has(name);
        const symbol = isValue ? kconfig.symbol(name) : kconfig.near(name);
        if (symbol !== null) chooser.byDefault(symbol, path, isValue);
      }
    }
  }

  /** Those that every unit may include: the configuration of all units is enough for them. */
  #commonHeaders(): ReadonlySet<string> {
    this.#ofAll ??= new Set(includeClosure('include/linux/module.h', this.#common, this.#dialect));
    return this.#ofAll;
  }

  #namedIn(path: string): Named {
    let known = this.#named.get(path);
    if (known === undefined) {
      known = namedIn(this.#common.get(path) ?? '');
      this.#named.set(path, known);
    }
    return known;
  }
}

/** The symbols that a file names, without `CONFIG_`. */
interface Named {
  /** In conditions. */
  readonly states: ReadonlySet<string>;
  /** As a number or a text. */
  readonly values: ReadonlySet<string>;
}

function namedIn(text: string): Named {
  const states = new Set<string>();
  const values = new Set<string>();
  for (const [, condition, name] of text.matchAll(
    /(^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b(?:\\\r?\n|.)*|\b(?:IS_ENABLED|IS_BUILTIN|IS_MODULE|IS_REACHABLE)\([ \t]*CONFIG_\w+)|\/\*[\s\S]*?\*\/|\/\/.*|\bCONFIG_(\w+)/gm,
  )) {
    if (name !== undefined) values.add(name);
    for (const [, one] of condition?.matchAll(/\bCONFIG_(\w+)/g) ?? []) states.add(one!);
  }
  return { states, values };
}

/** One unit of a kernel's sources: {@link TreeUnits} where there are several. */
export const treeUnit = async (
  tree: KernelTree,
  path: string,
  files: FileTree = tree.files,
): Promise<TreeUnit> => (await TreeUnits.open(tree, files)).unit(path);
