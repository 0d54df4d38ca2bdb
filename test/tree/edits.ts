// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Changes, PatchedTree } from '../../src/source/patched-tree.js';
import type { FileTree } from '../../src/toolchain/types.js';

/** A file's new text by its old one. Throws where it does not find what it changes. */
export type Edit = (text: string) => string;
/** By the path of the file. */
export type Edits = Readonly<Record<string, readonly Edit[]>>;

/** Sources with some of their files changed. */
export function edited(files: FileTree, edits: Edits): PatchedTree {
  const changes: Changes = new Map(
    Object.entries(edits).map(([path, steps]) => {
      const text = files.get(path);
      if (text === undefined) throw new Error(`there is no ${path}`);
      return [path, steps.reduce((before, edit) => edit(before), text)];
    }),
  );
  return new PatchedTree(files, changes);
}

/** Replaces all places; there has to be one. */
export const each =
  (pattern: RegExp, by: string): Edit =>
  (text) => {
    const all = new RegExp(pattern.source, `${pattern.flags}g`);
    if (!all.test(text)) throw new Error(`nothing matches ${pattern}`);
    return text.replace(all, by);
  };

/** Members of a struct in place of another one's declaration. */
export const member = (declared: string, by: string): Edit =>
  each(new RegExp(`^[ \\t]*${declared.replaceAll(' ', '\\s+')};.*$`, 'm'), by);

export const noMember = (declared: string): Edit => member(declared, '');

/** Bits of a word that is changed atomically become bit-fields, as before the fix. */
export const fieldsAgain =
  (word: string, fields: Readonly<Record<string, string>>): Edit =>
  (text) => {
    let count = 0;
    const bit = Object.keys(fields).join('|');
    const operation = new RegExp(
      `\\b(test|set|clear|change|assign|test_and_set|test_and_clear)_bit\\(\\s*(${bit}),\\s*&([\\w>-]+?)->${word}(?:,\\s*([\\w!]+))?\\)`,
      'g',
    );
    const result = text.replace(operation, (...found: string[]) => {
      const [, does, name, object, value] = found;
      const field = `${object}->${fields[name!]}`;
      count++;
      switch (does) {
        case 'test':
          return `(${field})`;
        case 'set':
          return `(${field} = 1)`;
        case 'clear':
          return `(${field} = 0)`;
        case 'change':
          return `(${field} ^= 1)`;
        case 'assign':
          return `(${field} = ${value})`;
        default:
          return `({ bool was_ = ${field}; ${field} = ${does === 'test_and_set' ? 1 : 0}; was_; })`;
      }
    });
    if (count === 0) throw new Error(`no bit of ${word} is changed here`);
    return result;
  };

/** A lock is not taken around some statements any more. */
export const unlocked = (take: string, inside: string, release: string): Edit =>
  each(new RegExp(`^[ \\t]*${take};\\n((?:.*\\n){0,3}?.*\\b${inside}.*\\n)[ \\t]*${release};\\n`, 'm'), '$1');
