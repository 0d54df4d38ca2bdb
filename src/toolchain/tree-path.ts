// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { isPrintable, printable } from '../printable.js';

declare const checked: unique symbol;

/** Where a file of a tree is: folders and a name below the tree's root, as in `drivers/tty/port.c`. */
export type TreePath = string & { readonly [checked]: true };

/**
 * A path out of a patch, or of a tree that is to be written. It can name nothing outside of its tree, is the only one
 * that names its file, and can be shown.
 *
 * @param of whose path it is, for the error.
 * @throws LostbitError `code`, saying what is wrong with it.
 */
export function treePath(text: string, of: string, code = 'E_PATH'): TreePath {
  const wrong = wrongWith(text);
  if (wrong === null) return text as TreePath;
  throw new LostbitError(code, `${of}: '${printable(text)}' is not a path in a tree: ${wrong}`, {
    hint: 'a path leads from the root of the C sources down to a file: drivers/tty/port.c',
  });
}

function wrongWith(text: string): string | null {
  if (text === '') return 'it is empty';
  if (text.startsWith('/')) return 'it is absolute';
  if (text.includes('\\')) return 'it has a backslash';
  if (!isPrintable(text)) return 'it has a control character';
  for (const part of text.split('/')) {
    if (part === '') return 'a part of it is empty';
    if (part === '.' || part === '..') return `it has a part '${part}'`;
    if (part === '__proto__') return "'__proto__' is not a name";
  }
  return null;
}
