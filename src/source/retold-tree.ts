// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { filesIn, foldersIn } from '../toolchain/includes.js';
import type { FileTree, LikeTree } from '../toolchain/types.js';

/** The files of a tree, some of them with another text. */
export class RetoldTree implements LikeTree {
  readonly like: FileTree;
  readonly retold: ReadonlyMap<string, string>;

  /** Throws a RangeError where the tree has no such file. */
  constructor(like: FileTree, retold: ReadonlyMap<string, string>) {
    for (const path of retold.keys()) if (!like.has(path)) throw new RangeError(`no ${path} to be retold`);
    this.like = like;
    this.retold = retold;
  }

  get(path: string): string | undefined {
    return this.retold.get(path) ?? this.like.get(path);
  }

  has(path: string): boolean {
    return this.like.has(path);
  }

  keys(): MapIterator<string> {
    return this.like.keys();
  }

  get size(): number {
    return this.like.size;
  }

  *entries(): MapIterator<[string, string]> {
    for (const path of this.keys()) yield [path, this.get(path)!];
  }

  *values(): MapIterator<string> {
    for (const path of this.keys()) yield this.get(path)!;
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(visit: (text: string, path: string, tree: FileTree) => void): void {
    for (const [path, text] of this) visit(text, path, this);
  }

  inFolder(folder: string): Iterable<string> {
    return filesIn(this.like, folder);
  }

  foldersIn(folder: string): Iterable<string> {
    return foldersIn(this.like, folder);
  }
}
