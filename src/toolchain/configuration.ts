// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FileTree } from './types.js';

/** The symbols that a file names; `composed` where it puts names of symbols together of parts. */
interface Named {
  readonly symbols: ReadonlySet<string>;
  readonly composed: boolean;
}

// As with what files include: a tree is looked through once, however many of its units ask.
const named = new WeakMap<FileTree, Map<string, Named>>();

/**
 * What of the header at `configuration` compiling files that name it can depend on: the definitions of symbols that one of them
 * names, and all that is no definition of a symbol. So another configuration is another object for those units alone that
 * ask for what differs.
 */
export function configurationSeen(configuration: string, files: readonly string[], tree: FileTree): string {
  const text = tree.get(configuration) ?? '';
  const symbols = new Set<string>();
  for (const path of files) {
    if (path === configuration) continue;
    const found = namedIn(path, tree);
    if (found.composed) return text;
    for (const symbol of found.symbols) symbols.add(symbol);
  }
  const isSeen = (line: string): boolean => {
    const name = /^#define (CONFIG_\w+)/.exec(line)?.[1];
    // linux/kconfig.h appends `_MODULE` to the name that it is given.
    return name === undefined || symbols.has(name) || symbols.has(name.replace(/_MODULE$/, ''));
  };
  return text.split('\n').filter(isSeen).join('\n');
}

function namedIn(path: string, tree: FileTree): Named {
  const ofTree = named.get(tree) ?? new Map<string, Named>();
  named.set(tree, ofTree);
  const known = ofTree.get(path);
  if (known) return known;
  const text = tree.get(path) ?? '';
  const found = {
    symbols: new Set(text.match(/\bCONFIG_\w+/g) ?? []),
    composed: /\bCONFIG_\w*\s*##|##\s*CONFIG_/.test(text),
  };
  ofTree.set(path, found);
  return found;
}
