// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { sha256 } from './cache.js';
import { includeClosure, treeOf } from './includes.js';
import type { Dialect, FileTree } from './types.js';

const digests = new WeakMap<FileTree, Map<string, string>>();

/** All that compiling a unit may read, by path, with the digest of each file's text. */
export function closureDigests(
  unit: string,
  tree: FileTree,
  dialect?: Dialect,
): (readonly [path: string, digest: string])[] {
  return [unit, ...includeClosure(unit, tree, dialect)].map((path) => [
    path,
    digestOf(path, treeOf(path, tree)),
  ]);
}

/** That of a file's text. */
function digestOf(path: string, tree: FileTree): string {
  const ofTree = digests.get(tree) ?? new Map<string, string>();
  digests.set(tree, ofTree);
  const digest = ofTree.get(path) ?? sha256(tree.get(path) ?? '');
  ofTree.set(path, digest);
  return digest;
}
