// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { ownDialect } from '../toolchain/flags.js';
import { includeClosure } from '../toolchain/includes.js';
import type { Dialect, FileTree } from '../toolchain/types.js';

/**
 * The units of the stub kernel and the lab that some units need, sorted. A unit begins with the headers that it implements, or
 * has ops for: it is needed where one of them is included, by these units or by another that is needed. One that begins with
 * none is always needed.
 *
 * @param own the paths of lostbit's own C; a subject may have a folder `kernel`, too.
 */
export function kernelUnits(
  tree: FileTree,
  units: readonly string[],
  own: Iterable<string>,
  dialect: Dialect = ownDialect,
): string[] {
  const all = [...own].filter((path) => path.endsWith('.c'));
  const needed = new Set<string>();
  const reached = new Set<string>();
  let added = [...units];
  const left = new Set(all);
  while (added.length > 0) {
    for (const unit of added) {
      needed.add(unit);
      left.delete(unit);
      for (const header of includeClosure(unit, tree, dialect)) reached.add(header);
    }
    added = [...left].filter((unit) => {
      const own = implemented(tree.get(unit) ?? '');
      const isReached = (header: string) =>
        dialect.includes.some((directory) => reached.has(posix.join(directory, header)));
      return own.length === 0 || own.some(isReached);
    });
  }
  return [...needed].filter((unit) => !units.includes(unit)).sort();
}

/** The headers in the first block of a unit's includes, those of the kernel: `linux/mutex.h`. */
function implemented(text: string): string[] {
  const [block = ''] = /^#include [\s\S]*?(?=\n\n|$(?![\s\S]))/m.exec(text) ?? [];
  return [...block.matchAll(/^#include <([^>]+)>/gm)].map(([, header]) => header!);
}
