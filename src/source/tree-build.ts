// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import { filesIn } from '../toolchain/includes.js';
import type { Dialect, FileTree } from '../toolchain/types.js';
import { type Configuration, configurationText } from './configuration.js';
import { type KbuildUnit, tokenOf } from './kbuild.js';
import type { KernelTree } from './kernel-tree.js';
import { ownRoot } from './own-path.js';
import { autoconfHeader, generatedHeaders } from './tree-headers.js';

/** Where what a kernel's build generates is, in what is compiled. */
export const generatedRoot = `${ownRoot}/generated`;
const architecture = `${ownRoot}/arch/wasm/include`;

/** What every unit of a kernel begins with: the build names them on the command line. */
const preludes = ['linux/compiler-version.h', 'linux/kconfig.h', 'linux/compiler_types.h'];

/** What a module's functions and its own struct are called, so that several can be linked into one. */
export const moduleSymbols = (name: string) => ({
  init: `stub_init_${name}`,
  exit: `stub_exit_${name}`,
  self: `module_${name}`,
});

/** The folder of a path in a tree: '' is the tree's own. */
export const folderOf = (path: string): string => {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
};

/** That the tree lacks a `.c` file, with the nearest that it has. */
export function noFile(path: string, files: FileTree): LostbitError {
  const beside = [...filesIn(files, folderOf(path))].filter((one) => one.endsWith('.c'));
  return new LostbitError('E_TREE', `the tree has no '${printable(path)}'`, {
    hint: offer(path, beside.map(printable), `there is no C in ${printable(folderOf(path) || '.')}`),
  });
}

/** What the whole program is configured with, as a build has it that switches something on or off. */
export function configured(
  configuration: Configuration,
  defines: Readonly<Record<string, string | number | boolean>>,
): Configuration {
  const changed = new Map(configuration);
  for (const [name, value] of Object.entries(defines)) {
    if (!isSymbol(name)) continue;
    if (value === false) changed.delete(name);
    else changed.set(name, value === true || value === 1 ? 'y' : String(value));
  }
  return changed;
}

const isSymbol = (name: string): boolean => name.startsWith('CONFIG_');

/** The headers that the tree's own build would make under a configuration, by path below {@link generatedRoot}. */
export function generatedFor(
  { version }: KernelTree,
  files: FileTree,
  ours: FileTree,
  configuration: Configuration,
): ReadonlyMap<string, string> {
  const headersIn = (tree: FileTree, folder: string) =>
    [...filesIn(tree, folder)].map((path) => posix.basename(path)).filter((name) => name.endsWith('.h'));
  return generatedHeaders({
    version,
    asmGeneric: headersIn(files, 'include/asm-generic'),
    uapiAsmGeneric: headersIn(files, 'include/uapi/asm-generic'),
    ownAsm: headersIn(ours, `${architecture}/asm`),
    ownUapiAsm: headersIn(ours, `${architecture}/uapi/asm`),
    config: configurationText(configuration),
  });
}

/** The one of them that says what is configured. */
export const autoconfPath = `${generatedRoot}/generated/autoconf.h`;
export const autoconfFor = (configuration: Configuration): string =>
  autoconfHeader(configurationText(configuration));

/**
 * Where a kernel's build looks for headers, with the architecture's place taken by ours, and in which C it is written.
 *
 * @param own a folder of headers besides.
 */
export function dialectOf(files: FileTree, own: string | null): Dialect {
  const says = (path: string, what: string) => files.get(path)?.includes(what) === true;
  const unnamed = says('Makefile', '-fms-extensions') || says('init/Kconfig', '-fms-extensions');
  return {
    includes: [
      architecture,
      generatedRoot,
      'include',
      `${architecture}/uapi`,
      `${generatedRoot}/uapi`,
      'include/uapi',
      ownRoot,
      ...(own === null ? [] : [own]),
    ],
    flags: ['-fshort-wchar', ...(unnamed ? ['-fms-extensions'] : [])],
    // What a kernel's own build has switched off.
    warnings: [
      '-Wno-default-const-init-var-unsafe',
      '-Wno-gnu-variable-sized-type-not-at-end',
      '-Wno-microsoft-anon-tag',
      '-Wno-unused-but-set-parameter',
    ],
    computed: 'beside',
    configuration: autoconfPath,
    rewritten: true,
  };
}

/** What stands in front of a unit: what a kernel's build says on the command line. */
export function frontsIn(
  files: FileTree,
  defines: Readonly<Record<string, string | number | boolean>>,
): (unit: KbuildUnit, isModule: boolean) => string {
  // How __KBUILD_MODNAME begins differs between releases.
  const prefix = /-D__KBUILD_MODNAME=(kmod_)?/.exec(files.get('scripts/Makefile.lib') ?? '')?.[1] ?? '';
  const included = preludes.filter((header) => files.has(`include/${header}`));
  const own = Object.entries(defines).flatMap(([name, value]) =>
    isSymbol(name) || value === false ? [] : [[name, value === true ? '1' : String(value)] as const],
  );
  return ({ path, module, modfile, basename, defines, preludes }, isModule) => {
    const { init, exit, self } = moduleSymbols(module);
    const macros: (readonly [string, string])[] = [
      ['__KERNEL__', '1'],
      ['KBUILD_MODFILE', `"${modfile}"`],
      ['KBUILD_BASENAME', `"${basename}"`],
      ['KBUILD_MODNAME', `"${module}"`],
      ['__KBUILD_MODNAME', `${prefix}${module}`],
      ['STUB_MODNAME', module],
      ...(isModule
        ? ([
            ['MODULE', '1'],
            ['init_module', init],
            ['cleanup_module', exit],
            ['__this_module', self],
          ] as const)
        : []),
      ...own,
      ...defines,
    ];
    return [
      ...macros.map(([name, value]) => `#define ${name} ${value}\n`),
      ...included.map((header) => `#include <${header}>\n`),
      ...preludes.map((header) => `#include "${posix.relative(folderOf(path), header)}"\n`),
    ].join('');
  };
}

/** What is no file of the kernel's, as if it were. */
export function builtIn(path: string, module: string): KbuildUnit {
  const stem = path.replace(/\.c$/, '');
  return {
    path,
    module: tokenOf(module).replace(/\W/g, '_'),
    modfile: stem,
    basename: tokenOf(posix.basename(stem)).replace(/\W/g, '_'),
    includes: [],
    defines: [],
    preludes: [],
  };
}
