// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FileTree } from '../toolchain/types.js';

/** Words that look like a function's name in front of a parenthesis. */
const keywords = new Set(['if', 'for', 'while', 'switch', 'return', 'sizeof', 'defined', 'do', 'else']);

/** As much of what a function returns, and of its parameters, is looked at: what is no definition shall not take long either. */
const definition =
  /(?:^|(?<=[;}])[ \t]*)[A-Za-z_][\w\s*]{0,200}?\b([A-Za-z_]\w*)\s*\(([^;{}]{0,2000})\)\s*(?:__\w+\b\s*(?:\([^)]{0,200}\)\s*)?){0,8}\{/gm;

/** Comments, strings and characters. What is not closed ends with the file or the line, so that it is looked through but once. */
const noCode = /'(?:\\.|[^'\\\n])'|\/\*[\s\S]*?(?:\*\/|$)|\/\/.*|"(?:\\.|[^"\\\n])*"?/g;

/**
 * The functions that a C file defines, by how they are written: at the beginning of a line or behind what ends a definition, what
 * it returns, its name, and parameters before a brace. What macros define is not found.
 */
export function functionsIn(text: string): string[] {
  const bare = text.replace(noCode, (found) => found.replace(/[^\n]/g, ' '));
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
