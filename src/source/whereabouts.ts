// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { nearest } from '../nearest.js';
import type { FileTree } from '../toolchain/types.js';

/** What a patch has before the part of a path that it shares with the tree, and what the tree has there. */
interface Root {
  readonly ofPatch: string;
  readonly ofTree: string;
}

/**
 * Where the files of one patch are in a tree. A patch may be made at the root of a kernel's sources or in a driver's folder;
 * a tree may be all of a kernel, or one file. So a file that is not where the patch has it is the one that shares the most
 * folders at the end of its path. In a whole kernel's sources, where many files have one name, it is all of them: such a patch is
 * made in a driver's folder, or it is not for these sources.
 */
export class Whereabouts {
  readonly #roots: Root[] = [];
  /** By what the patch calls them: a tree is not listed again for each. */
  readonly #known = new Map<string, string>();

  /** The files of a tree that a patch may mean by these names of one file: none, one, or several that share as much. */
  find(tree: FileTree, names: readonly string[]): readonly string[] {
    const exact = names.find((name) => tree.has(name));
    if (exact !== undefined) return this.#found(exact, exact);
    const known = names
      .map((name) => this.#known.get(name))
      .find((path) => path !== undefined && tree.has(path));
    if (known !== undefined) return [known];
    for (const name of names) {
      const candidates = sharing(tree, name);
      if (candidates.length === 1) return this.#found(name, candidates[0]!);
      if (candidates.length > 1) return candidates;
    }
    return [];
  }

  /** Where a new file comes to be: in the folder that the files found so far say is the patch's. */
  place(name: string): string {
    const [root] = this.#roots
      .filter(({ ofPatch }) => name.startsWith(ofPatch))
      .sort((a, b) => b.ofPatch.length - a.ofPatch.length);
    return root === undefined ? name : root.ofTree + name.slice(root.ofPatch.length);
  }

  #found(name: string, path: string): readonly string[] {
    const shared = name === path ? fileOf(name) : name.split('/').slice(-sharedParts(name, path)).join('/');
    this.#known.set(name, path);
    this.#roots.push({ ofPatch: name.slice(0, -shared.length), ofTree: path.slice(0, -shared.length) });
    return [path];
  }
}

/** The most similar path of a tree, or one whose file has the most similar name. */
export function nearestPath(tree: FileTree, name: string): string | undefined {
  const paths = [...tree.keys()];
  const [path] = nearest(name, paths);
  if (path !== undefined) return path;
  const [similar] = nearest(fileOf(name), new Set(paths.map(fileOf)));
  return paths.find((path) => fileOf(path) === similar);
}

function sharing(tree: FileTree, name: string): readonly string[] {
  const file = fileOf(name);
  const isWhole = tree.has('Makefile') && tree.has('Kbuild');
  let most = 0;
  let found: string[] = [];
  for (const path of tree.keys()) {
    if (fileOf(path) !== file) continue;
    const shared = sharedParts(name, path);
    if (isWhole && shared < partsOf(name)) continue;
    if (shared > most) found = [];
    if (shared >= most) found.push(path);
    most = Math.max(most, shared);
  }
  return found;
}

const partsOf = (path: string): number => path.split('/').length;

const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** How many parts at their ends two paths have in common. */
function sharedParts(a: string, b: string): number {
  const [as, bs] = [a.split('/').reverse(), b.split('/').reverse()];
  const differing = as.findIndex((part, i) => part !== bs[i]);
  return differing < 0 ? as.length : differing;
}
