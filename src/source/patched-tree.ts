// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { filesIn, foldersIn } from '../toolchain/includes.js';
import type { FileTree, FolderTree } from '../toolchain/types.js';

/** A file's new text by path; null where there is no such file any more. */
export type Changes = ReadonlyMap<string, string | null>;

/**
 * A tree with some files changed. What is not changed is asked of the tree below when it is asked for: that one may read
 * its files late.
 */
export class PatchedTree implements FolderTree {
  readonly #below: FileTree;
  readonly #changes: Changes;
  #paths: readonly string[] | undefined;

  /** Below the new tree is never another patched one, however many patches there are. */
  constructor(below: FileTree, changes: Changes) {
    const flat = below instanceof PatchedTree;
    this.#below = flat ? below.#below : below;
    this.#changes = flat ? new Map([...below.#changes, ...changes]) : changes;
  }

  get(path: string): string | undefined {
    const changed = this.#changes.get(path);
    return changed === undefined ? this.#below.get(path) : (changed ?? undefined);
  }

  has(path: string): boolean {
    const changed = this.#changes.get(path);
    return changed === undefined ? this.#below.has(path) : changed !== null;
  }

  /** Sorted. */
  keys(): MapIterator<string> {
    return this.#all().values() as MapIterator<string>;
  }

  get size(): number {
    return this.#all().length;
  }

  *entries(): MapIterator<[string, string]> {
    for (const path of this.#all()) yield [path, this.get(path)!];
  }

  *values(): MapIterator<string> {
    for (const path of this.#all()) yield this.get(path)!;
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(visit: (text: string, path: string, tree: FileTree) => void): void {
    for (const [path, text] of this) visit(text, path, this);
  }

  inFolder(folder: string): Iterable<string> {
    const above = folder === '' ? '.' : folder;
    const paths = new Set(filesIn(this.#below, folder));
    for (const [path, text] of this.#changes) {
      if (posix.dirname(path) !== above) continue;
      if (text === null) paths.delete(path);
      else paths.add(path);
    }
    return [...paths].sort();
  }

  /** Folders of files that are gone are still there. */
  foldersIn(folder: string): Iterable<string> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const folders = new Set(foldersIn(this.#below, folder));
    for (const [path, text] of this.#changes) {
      const end = text !== null && path.startsWith(prefix) ? path.indexOf('/', prefix.length) : -1;
      if (end >= 0) folders.add(path.slice(0, end));
    }
    return [...folders].sort();
  }

  #all(): readonly string[] {
    if (this.#paths === undefined) {
      const paths = new Set(this.#below.keys());
      for (const [path, text] of this.#changes) {
        if (text === null) paths.delete(path);
        else paths.add(path);
      }
      this.#paths = [...paths].sort();
    }
    return this.#paths;
  }
}
