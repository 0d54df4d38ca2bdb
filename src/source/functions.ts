// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FileTree } from '../toolchain/types.js';

/** Words that look like a function's name in front of a parenthesis. */
const keywords = new Set(['if', 'for', 'while', 'switch', 'return', 'sizeof', 'defined', 'do', 'else']);

/**
 * The functions that a C file defines, by how they are written: a line that begins with the name, or with what it returns, and
 * parameters before a brace. What macros define is not found.
 */
export function functionsIn(text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"/g, (found) =>
    found.replace(/[^\n]/g, ' '),
  );
  const definition =
    /^[A-Za-z_][\w\s*]*?\b([A-Za-z_]\w*)\s*\(([^;{}]*)\)\s*(?:__\w+\s*(?:\([^)]*\)\s*)?)*\{/gm;
  return [...bare.matchAll(definition)].flatMap(([, name]) => (keywords.has(name!) ? [] : [name!]));
}

/** The units that define each function, by its name. */
export function functionsOf(tree: FileTree, units: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const unit of units)
    for (const name of functionsIn(tree.get(unit) ?? '')) {
      const there = found.get(name);
      if (there === undefined) found.set(name, [unit]);
      else if (!there.includes(unit)) there.push(unit);
    }
  return found;
}
