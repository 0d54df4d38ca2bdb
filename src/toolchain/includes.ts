// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { ownDialect } from './flags.js';
import type { Dialect, FileTree, FolderTree, LikeTree } from './types.js';

/** What a file names in its #include lines; `computed` where one cannot be read without the preprocessor. */
interface Mentions {
  readonly quoted: readonly string[];
  readonly angled: readonly string[];
  readonly computed: boolean;
}

/** The files that one includes itself. */
interface Included {
  readonly paths: readonly string[];
  readonly computed: boolean;
}

const INCLUDE =
  /(?:#[ \t]*include(?:_next)?\b|\b__has_include(?:_next)?[ \t]*\()[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|)/g;

// A tree is scanned once, however many of its units ask, and looked through once for each dialect.
const scanned = new WeakMap<FileTree, Map<string, Mentions>>();
const resolved = new WeakMap<FileTree, WeakMap<Dialect, Map<string, Included>>>();

/**
 * The files of `tree` that compiling `unit` may read, without `unit` itself, sorted. Textual and conservative:
 * conditions are ignored, every place the flags would look in counts, and an #include that only the preprocessor
 * can resolve brings in every header, or those beside the unit where the dialect says so.
 */
export function includeClosure(unit: string, tree: FileTree, dialect: Dialect = ownDialect): string[] {
  const seen = new Set([unit]);
  let computed = false;
  for (const path of seen) {
    const included = includedBy(path, tree, dialect);
    for (const next of included.paths) seen.add(next);
    if (!included.computed || computed) continue;
    computed = true;
    for (const header of headersFor(unit, tree, dialect)) seen.add(header);
  }
  seen.delete(unit);
  return [...seen].sort();
}

/** Whether a file's text is its tree's alone, and not that of the tree which it is like. */
export const isRetold = (path: string, tree: FileTree): boolean =>
  'like' in tree && (tree as LikeTree).retold.has(path);

/** The tree that a file's text is of: what many trees have in common is looked through once. */
export const treeOf = (path: string, tree: FileTree): FileTree =>
  'like' in tree && !isRetold(path, tree) ? (tree as LikeTree).like : tree;

function includedBy(path: string, of: FileTree, dialect: Dialect): Included {
  const tree = treeOf(path, of);
  const ofTree = resolved.get(tree) ?? new WeakMap<Dialect, Map<string, Included>>();
  resolved.set(tree, ofTree);
  const ofDialect = ofTree.get(dialect) ?? new Map<string, Included>();
  ofTree.set(dialect, ofDialect);
  const known = ofDialect.get(path);
  if (known) return known;
  const { quoted, angled, computed } = mentionsIn(path, tree);
  const inDirectories = (name: string) => dialect.includes.map((directory) => posix.join(directory, name));
  const candidates = [
    ...quoted.flatMap((name) => [posix.join(posix.dirname(path), name), ...inDirectories(name)]),
    ...angled.flatMap(inDirectories),
  ];
  const included = { paths: candidates.filter((file) => tree.has(file)), computed };
  ofDialect.set(path, included);
  return included;
}

/** What an #include of the unit's may be of that nobody can read. */
function headersFor(unit: string, tree: FileTree, { computed = 'any' }: Dialect): string[] {
  const folder = posix.dirname(unit);
  const files = computed === 'any' ? tree.keys() : filesIn(tree, folder === '.' ? '' : folder);
  return [...files].filter((file) => file.endsWith('.h'));
}

/** The paths of the files in a folder of a tree, without those in folders of it. */
export function filesIn(tree: FileTree, folder: string): Iterable<string> {
  if ('inFolder' in tree) return (tree as FolderTree).inFolder(folder);
  const above = folder === '' ? '.' : folder;
  return [...tree.keys()].filter((path) => posix.dirname(path) === above);
}

/** The paths of the folders in a folder of a tree, sorted. */
export function foldersIn(tree: FileTree, folder: string): Iterable<string> {
  if ('foldersIn' in tree) return (tree as FolderTree).foldersIn(folder);
  const prefix = folder === '' ? '' : `${folder}/`;
  const below = [...tree.keys()].filter(
    (path) => path.startsWith(prefix) && path.includes('/', prefix.length),
  );
  return [...new Set(below.map((path) => path.slice(0, path.indexOf('/', prefix.length))))].sort();
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
