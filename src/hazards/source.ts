// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { type KernelTree, versionText } from '../source/kernel-tree.js';
import { programOf } from '../source/program.js';
import { openSource } from '../source/source.js';
import { TreeUnits } from '../source/tree-unit.js';
import { unitError } from '../source/unit-error.js';
import { unitsBelow } from '../source/units-below.js';
import type { Dialect, FileTree } from '../toolchain/types.js';

/** A unit as it is given to a compiler. */
export interface SurveyedUnit {
  readonly path: string;
  readonly tree: FileTree;
  readonly dialect?: Dialect;
  /** What makes it that of its kind: which options were switched on, one a line; for people. */
  readonly notes: readonly string[];
  /** What an error of the compiler means. */
  explain(error: LostbitError): LostbitError;
}

/** A file that is not looked at, and why. */
export interface LeftOut {
  readonly path: string;
  readonly why: string;
}

/** Where the C comes from whose bit-fields are looked at. */
export interface HazardSource {
  /** For people: `Linux 6.12.95`, or the path of a file. */
  readonly title: string;
  readonly units: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** All units are there that call what is not exported. */
  readonly whole: boolean;
  /** The text of a file as it stands. */
  text(path: string): string;
  /** Throws `E_TREE`, `E_PATH`. */
  unit(path: string): SurveyedUnit;
}

/**
 * Units of a kernel's sources.
 *
 * @param paths of files and folders, from the root of the sources.
 * @param files the sources', at a stage.
 * @throws LostbitError `E_TREE`.
 */
export async function unitsOfTree(
  tree: KernelTree,
  paths: readonly string[],
  files: FileTree = tree.files,
): Promise<HazardSource> {
  const units = await TreeUnits.open(tree, files);
  const found = new Set<string>();
  const leftOut: LeftOut[] = [];
  for (const path of paths) {
    if (files.has(path)) {
      if (!path.endsWith('.c'))
        throw new LostbitError('E_TREE', `${printable(path)} is not a C file`, {
          hint: 'name files that are compiled, or folders: what a header has is seen in those that use it',
        });
      found.add(path);
      continue;
    }
    const below = unitsBelow(units, path === '.' ? '' : path.replace(/\/+$/, ''));
    for (const one of below.units) found.add(one);
    leftOut.push(...below.others.map(({ path, why }) => ({ path, why })));
  }
  if (found.size === 0)
    throw new LostbitError(
      'E_TREE',
      `no file of a kernel is compiled below ${paths.map(printable).join(', ')}`,
      {
        hint:
          leftOut[0] === undefined
            ? 'name folders that have C'
            : `${printable(leftOut[0].path)}: ${leftOut[0].why}`,
      },
    );
  return {
    title: `Linux ${versionText(tree.version)}`,
    units: [...found].sort(),
    leftOut,
    // A file beside a folder has callers that were not read.
    whole: paths.every((path) => !files.has(path)),
    text: (path) => files.get(path) ?? '',
    unit(path) {
      const unit = units.unit(path);
      return {
        path,
        tree: unit.tree,
        dialect: unit.dialect,
        notes: unit.chosen.map(({ symbol, value, reason, by }) => `${symbol}=${value} (${reason}, ${by})`),
        explain: (error) => unitError(error, unit, units),
      };
    },
  };
}

/**
 * Somebody's own C, over lostbit's headers.
 *
 * @param paths of files and folders, from `base`.
 * @throws LostbitError `E_SOURCE`.
 */
export async function unitsOfFiles(paths: readonly string[], base: string): Promise<HazardSource> {
  const title = paths.join(', ');
  const source = await openSource(title, title, base, paths);
  const program = await programOf({
    tree: source.tree,
    units: source.units,
    defines: {},
    modules: {},
    calls: [],
  });
  return {
    title,
    units: source.units,
    leftOut: [],
    whole: paths.length > 1 || source.units.length > 1,
    text: (path) => source.tree.get(path) ?? '',
    unit: (path) => ({
      path,
      tree: program.tree,
      ...(program.dialect === undefined ? {} : { dialect: program.dialect }),
      notes: [],
      explain: (error) => error,
    }),
  };
}
