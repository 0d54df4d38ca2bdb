// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FileTree } from '../toolchain/types.js';

/** Comments, strings and characters. What is not closed ends with the file or the line, so that it is looked through but once. */
const noCode = /'(?:\\.|[^'\\\n])'|\/\*[\s\S]*?(?:\*\/|$)|\/\/.*|"(?:\\[\s\S]|[^"\\\n])*"?/g;

/** A directive with the lines that continue it, a word, or one of the marks that matter. */
const token = /^[ \t\ufeff]*#[ \t]*(\w*)((?:\\\r?\n|.)*)|\w+|[(){};=*]/gm;

/** Words of which a definition has no more between its beginning and its body: what is none shall not take long either. */
const mostParts = 1000;

const records = new Set(['struct', 'union', 'enum']);
/** What stands before a definition and says nothing of a type. */
const specifiers = new Set(
  'static extern inline __inline __inline__ __always_inline noinline const volatile register'.split(' '),
);
/** Behind them is more of a type, so that what is in front was none. */
const typeWords = new Set(
  'void char short int long signed unsigned float double bool _Bool const volatile static extern inline'.split(
    ' ',
  ),
);
/** Words whose parentheses are no parameters. */
const operators = new Set(
  '__attribute__ __attribute __asm__ __asm asm _Alignas typeof __typeof__ __typeof _Static_assert'.split(' '),
);
/** What a struct may have in front of its tag. */
const ofRecords = /^__(?:packed|aligned|randomize|no_randomize|designated|cacheline|attribute)|_aligned/;

/** A part of a declaration: a word, a mark, `()` with what is in it, or `{}`, the members of a type. */
interface Part {
  readonly text: string;
  readonly inner: Part[];
}

/**
 * The functions that a C file defines, by how they are written: outside of all braces, something of a type, a name, and
 * parameters, before a brace. Of branches of the preprocessor all are looked at, but for `#if 0`. What macros define is not found.
 */
export function functionsIn(text: string): string[] {
  const bare = text.replace(noCode, (found) => found.replace(/[^\n]/g, ' '));
  const found: string[] = [];
  let parts: Part[] = [];
  let count = 0;
  /** The parentheses that are open, the innermost last. */
  let open: Part[] = [];
  let braces = 0;
  /** The braces that were open before each #if around this: every branch begins with them. */
  const branches: number[] = [];
  /** How many #if are open in a branch that is left out. */
  let leftOut = 0;
  const forget = () => {
    [parts, open, count] = [[], [], 0];
  };
  const add = (part: Part) => {
    if (++count > mostParts) forget();
    (open.at(-1)?.inner ?? parts).push(part);
    return part;
  };

  for (const [word, directive, rest = ''] of bare.matchAll(token)) {
    if (directive !== undefined) {
      if (leftOut > 0) {
        if (directive.startsWith('if')) leftOut++;
        else if (directive === 'endif') leftOut--;
        else if (leftOut === 1 && /^el/.test(directive)) leftOut = 0;
        if (leftOut === 0 && directive !== 'endif') branches.push(braces);
      } else if (directive === 'if' && /^\s*0\s*$/.test(rest)) leftOut = 1;
      else if (directive.startsWith('if')) branches.push(braces);
      else if (directive === 'endif') branches.pop();
      else if (directive.startsWith('el') && branches.length > 0) {
        if (braces !== branches.at(-1)) forget();
        braces = branches.at(-1)!;
      }
    } else if (leftOut > 0) {
      // As if it were not there.
    } else if (word === '}') {
      if (braces > 0) braces--;
      else forget();
    } else if (word === '{') {
      if (braces++ > 0 || open.length > 0) continue;
      if (parts.some((part) => part.text === '=') || isRecord(parts)) add({ text: '{}', inner: [] });
      else {
        const name = nameIn(parts);
        if (name !== null) found.push(name);
        forget();
      }
    } else if (braces > 0) {
      // What a function does, or what a struct has.
    } else if (word === ';') forget();
    else if (word === '(') open.push(add({ text: '()', inner: [] }));
    else if (word === ')') open.pop();
    else add({ text: word, inner: [] });
  }
  return found;
}

const isName = (part: Part | undefined): boolean => part !== undefined && /^[A-Za-z_]/.test(part.text);
const isGroup = (part: Part | undefined): boolean => part?.text === '()';

/** Do members follow, or enumerators, and no body? `struct port`, `enum`; not `struct port *find(int n)`. */
function isRecord(parts: readonly Part[]): boolean {
  const at = parts.findLastIndex(({ text }) => records.has(text));
  if (at < 0) return false;
  const behind = withoutAttributes(parts.slice(at + 1));
  if (behind.some(({ text }) => text === '*' || text === '{}')) return false;
  const group = behind.findIndex(isGroup);
  const [tag] = behind;
  return group < 2 || tag === undefined || ofRecords.test(tag.text);
}

/** The name of the function that the parts declare; `null` where they declare none. */
function nameIn(declaration: readonly Part[]): string | null {
  const parts = withoutAttributes(declaration);
  for (const [i, part] of parts.entries()) {
    if (!isGroup(part)) continue;
    const before = parts[i - 1];
    // Since the parentheses before: macros may stand there, which no semicolon ends.
    const begin = parts.slice(0, i).findLastIndex(isGroup) + 1;
    const hasType = (end: number) =>
      parts.slice(begin, end).some((one) => one.text === '{}' || (isName(one) && !specifiers.has(one.text)));
    // A macro with arguments that stands before a type: __printf(1, 2) int …
    const next = parts[i + 1];
    if (next !== undefined && (next.text === '*' || typeWords.has(next.text) || records.has(next.text)))
      continue;
    if (isName(before) && hasType(i - 1)) return before!.text;
    // int (*f(void))(int), int (f)(void)
    if (isGroup(next) && hasType(i)) return nameOf(part);
  }
  return null;
}

/** The name in parentheses of a declarator. */
function nameOf({ inner }: Part): string | null {
  const parts = withoutAttributes(inner);
  const first = parts.findIndex((part) => isGroup(part));
  if (first < 0) return isName(parts.at(-1)) ? parts.at(-1)!.text : null;
  return isName(parts[first - 1]) ? parts[first - 1]!.text : nameOf(parts[first]!);
}

function withoutAttributes(parts: readonly Part[]): Part[] {
  const isOperator = (part: Part | undefined) => part !== undefined && operators.has(part.text);
  return parts.filter(
    (part, i) =>
      !(isOperator(part) && !part.text.includes('typeof')) && !(isGroup(part) && isOperator(parts[i - 1])),
  );
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
