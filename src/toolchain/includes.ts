// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import type { FileTree } from './types.js';

/** What a file names in its #include lines; `computed` where one cannot be read without the preprocessor. */
interface Mentions {
  readonly quoted: readonly string[];
  readonly angled: readonly string[];
  readonly computed: boolean;
}

const INCLUDE =
  /(?:#[ \t]*include(?:_next)?\b|\b__has_include(?:_next)?[ \t]*\()[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|)/g;

// A tree is scanned once, however many of its units ask.
const scanned = new WeakMap<FileTree, Map<string, Mentions>>();

/**
 * The files of `tree` that compiling `unit` may read, without `unit` itself, sorted. Textual and conservative:
 * conditions are ignored, every place the flags would look in counts, and an #include that only the preprocessor
 * can resolve brings in every header.
 */
export function includeClosure(unit: string, tree: FileTree): string[] {
  const seen = new Set([unit]);
  for (const path of seen) {
    for (const next of includedBy(path, tree)) seen.add(next);
  }
  seen.delete(unit);
  return [...seen].sort();
}

function includedBy(path: string, tree: FileTree): string[] {
  const { quoted, angled, computed } = mentionsIn(path, tree);
  if (computed) return [...tree.keys()].filter((file) => file.endsWith('.h'));
  return [
    ...quoted.flatMap((name) => [
      posix.join(posix.dirname(path), name),
      posix.join('include', name),
      posix.normalize(name),
    ]),
    ...angled.flatMap((name) => [posix.join('include', name), posix.normalize(name)]),
  ].filter((file) => tree.has(file));
}

function mentionsIn(path: string, tree: FileTree): Mentions {
  const ofTree = scanned.get(tree) ?? new Map<string, Mentions>();
  scanned.set(tree, ofTree);
  const known = ofTree.get(path);
  if (known) return known;
  const hits = [...(tree.get(path) ?? '').matchAll(INCLUDE)];
  const mentions = {
    quoted: hits.flatMap((hit) => hit[1] ?? []),
    angled: hits.flatMap((hit) => hit[2] ?? []),
    computed: hits.some((hit) => hit[1] === undefined && hit[2] === undefined),
  };
  ofTree.set(path, mentions);
  return mentions;
}
