// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import type { FileTree } from './types.js';

/** Functions of one kind that an error names. */
const most = 12;

/**
 * What the linker's complaint means for who has written the C: a function that nobody provides, with who calls it, or an op
 * that is declared twice; `null` for any other.
 *
 * @param diagnostics of wasm-ld, or how it ended.
 */
export function linkError(diagnostics: string, tree: FileTree): LostbitError | null {
  const missing = [...diagnostics.matchAll(/error: (\S+)\.o: undefined symbol: (\w+)/g)];
  if (missing.length > 0) {
    const callers = new Map<string, Set<string>>();
    for (const [, unit, name] of missing) {
      const places = callers.get(name!) ?? new Set();
      callers.set(name!, places.add(placeOf(`${unit}.c`, name!, tree)));
    }
    const lines = [...callers].map(
      ([name, places]) => `  ${name}(), called from ${[...places].join(' and ')}`,
    );
    const [name] = callers.keys();
    return new LostbitError('E_LINK', `the C uses what nobody provides:\n${shown(lines).join('\n')}`, {
      hint: `write ${name}() in a .c file of the source, doing what matters for the scenario; docs/stub.md lists what the stub kernel has`,
    });
  }
  // An assertion of LLVM's linker, where it is built with them: it knows no place for what is declared weak and defined nowhere.
  if (/Assertion failed: .*setOutputSymbolIndex/s.test(diagnostics)) {
    const where = shown(weakDeclarations(tree).map((place) => `  ${place}`));
    return new LostbitError(
      'E_LINK',
      ['the C declares a weak symbol that nobody defines, which this linker cannot link', ...where].join(
        '\n',
      ),
      { hint: 'define it, or leave it out; --toolchain clang may be able to link it' },
    );
  }
  const [, name, first, second] =
    /duplicate symbol: (\w+)\n>>> defined in (\S+)\.o\n>>> defined in (\S+)\.o/.exec(diagnostics) ?? [];
  if (name === undefined) return null;
  const op = /^(?:lab_)?op_(\w+)$/.exec(name)?.[1];
  return new LostbitError(
    'E_LINK',
    `${op === undefined ? `'${name}' is defined` : `op '${op}' is declared`} twice: in ${printable(`${first}.c`)} and in ${printable(`${second}.c`)}`,
    { hint: op === undefined ? 'make one of them static, or rename it' : anotherName },
  );
}

/** What the compiler's complaint means where an op is declared twice in a file; `null` for any other. */
export function opTwice(diagnostics: string): LostbitError | null {
  const [, second, op, first] =
    /^(\S+:\d+):\d+: error: redefinition of 'lab_op_(\w+)'[\s\S]*?^(\S+:\d+):\d+: note: previous definition/m.exec(
      diagnostics,
    ) ?? [];
  if (op === undefined) return null;
  return new LostbitError(
    'E_COMPILE',
    `op '${op}' is declared twice: in ${printable(first!)} and in ${printable(second!)}`,
    { hint: anotherName },
  );
}

/** What to do about a file that is included from outside of the source; `null` where nothing of that kind was missed. */
export function hintOfInclude(diagnostics: string): string | null {
  const [, name] = /fatal error: '([^'\n]*\.\.\/[^'\n]*)' file not found/.exec(diagnostics) ?? [];
  return name === undefined
    ? null
    : `'${printable(name)}' is not in the source: name its directory as well, as source: ['./src', './include'], or the one that both are in`;
}

const anotherName = 'give one of them another name';

/** `port.c:12`: the first line that mentions the name with a parenthesis behind it, or else at all. */
function placeOf(unit: string, name: string, tree: FileTree): string {
  const lines = (tree.get(unit) ?? '').split('\n');
  // Declarations come first, indented lines are code.
  const call = lines.findIndex((line) => new RegExp(`^\\s.*\\b${name}\\s*\\(`).test(line));
  const at = call >= 0 ? call : lines.findIndex((line) => new RegExp(`\\b${name}\\b`).test(line));
  return at < 0 ? printable(unit) : `${printable(unit)}:${at + 1}`;
}

/** `port.c:12: __weak int hook(int);`: the lines that declare something weak, and define nothing. */
function weakDeclarations(tree: FileTree): string[] {
  return [...tree].flatMap(([unit, text]) =>
    text.split('\n').flatMap((line, i) => {
      const declares = /\b_*weak_*\b/.test(line) && /\w\s*(?:\(.*\))?\s*;\s*$/.test(line);
      return declares && !/^\s*(?:\*|#)/.test(line)
        ? [`${printable(unit)}:${i + 1}: ${printable(line.trim())}`]
        : [];
    }),
  );
}

const shown = (lines: readonly string[]): readonly string[] =>
  lines.length <= most ? lines : [...lines.slice(0, most), `  … and ${lines.length - most} more`];
