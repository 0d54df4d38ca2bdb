// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** How deep variables may refer to others, and how long a value may become. */
const deepest = 20;
const longest = 1024 * 1024;
/** How many files may be included: one may include itself. */
const mostIncluded = 500;

interface Variable {
  readonly text: string;
  /** Its text is looked through where it is used (`=`), and not where it stands (`:=`). */
  readonly late: boolean;
}

/** What a piece of text comes to, and whether all of it was understood. */
interface Expanded {
  readonly text: string;
  readonly known: boolean;
}

export interface MakefileOptions {
  /** The text of a file that is included, by its path as it is written. */
  readonly textOf?: (path: string) => string | undefined;
  /**
   * A symbol that is not given stands for itself: `obj-$(CONFIG_A)` is a list `obj-CONFIG_A`. Of conditions on symbols both branches
   * are read; in the first, `obj-y` is that list, too.
   */
  readonly symbolic?: boolean;
}

/**
 * The variables that a makefile sets, as far as lists go: assignments, conditions on what is known, and the few functions that lists
 * are made with. Rules are passed over, and so are both branches of a condition that cannot be known.
 */
export class Makefile {
  readonly #variables = new Map<string, Variable>();
  /** The variables that are being looked through: one that refers to itself has no value. */
  readonly #open = new Set<string>();

  readonly #options: MakefileOptions;
  #included = 0;

  /** @param given variables that are set before. */
  constructor(text: string, given: ReadonlyMap<string, string>, options: MakefileOptions = {}) {
    this.#options = options;
    for (const [name, value] of given) this.#variables.set(name, { text: value, late: false });
    this.#read(text);
  }

  /** The words of a variable's value; none where it is not set. */
  words(name: string): string[] {
    return wordsOf(this.#ownValueOf(name, 0).text);
  }

  get names(): Iterable<string> {
    return this.#variables.keys();
  }

  #read(text: string): void {
    /** The conditions around a line; null is one that cannot be known. */
    const around: {
      holds: boolean | null;
      taken: boolean;
      /** What has to be on in this branch, and in the other one. */
      symbols: readonly string[];
      otherwise: readonly string[];
    }[] = [];
    let inRule = false;
    let inDefinition = false;
    for (const raw of text.replace(/[ \t]*\\\r?\n[ \t]*/g, ' ').split(/\r?\n/)) {
      if (inRule && raw.startsWith('\t')) continue;
      const line = withoutComment(raw).trim();
      if (line === '') continue;
      const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
      if (inDefinition || word === 'define') {
        inDefinition = word !== 'endef';
        continue;
      }
      const condition = this.#condition(word, rest);
      const symbols = condition === undefined ? [] : this.#symbolsIn(rest);
      if (symbols.length > 0) around.push({ holds: true, taken: false, ...branches(word, rest, symbols) });
      else if (condition !== undefined)
        around.push({ holds: condition, taken: condition !== false, symbols: [], otherwise: [] });
      else if (word === 'endif') around.pop();
      else if (word === 'else') {
        const current = around.at(-1);
        if (current === undefined) continue;
        const [, next = '', of = ''] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
        const other = rest === '' ? true : this.#condition(next, of);
        const symbols = rest === '' ? [] : this.#symbolsIn(of);
        const branch = branches(next, of, symbols);
        const isSymbolic = rest === '' ? current.otherwise.length > 0 : symbols.length > 0;
        // Behind `else if` both what the first one was not, and this one.
        current.symbols = rest === '' ? current.otherwise : branch.symbols;
        current.otherwise = rest === '' ? [] : branch.otherwise;
        if (isSymbolic) {
          current.holds = true;
          continue;
        }
        // What comes after a branch that may be the one is never known to be it.
        current.holds = current.taken ? false : (other ?? null);
        if (current.holds !== false) current.taken = true;
      } else if (around.some(({ holds }) => holds !== true)) continue;
      else if (/^[-s]?include$/.test(word)) this.#include(rest);
      else
        inRule = !this.#assign(
          line,
          around.flatMap(({ symbols }) => symbols),
        );
    }
  }

  /** The symbols that a condition asks for, where they stand for themselves. */
  #symbolsIn(condition: string): readonly string[] {
    return this.#options.symbolic === true ? (condition.match(/\bCONFIG_\w+/g) ?? []) : [];
  }

  #include(paths: string): void {
    for (const path of wordsOf(this.#expand(paths, 0).text)) {
      if (++this.#included > mostIncluded) return;
      const text = this.#options.textOf?.(path);
      if (text !== undefined) this.#read(text);
    }
  }

  /** Whether what a directive asks holds: null where that cannot be known, undefined where it is no condition. */
  #condition(word: string, rest: string): boolean | null | undefined {
    if (word === 'ifdef' || word === 'ifndef') {
      const name = this.#expand(rest, 0);
      if (!name.known) return null;
      return (this.#valueOf(name.text.trim(), 0).text !== '') === (word === 'ifdef');
    }
    if (word !== 'ifeq' && word !== 'ifneq') return undefined;
    const sides = sidesOf(rest);
    if (sides === null) return null;
    const [a, b] = sides.map((side) => this.#expand(side, 0));
    if (!a!.known || !b!.known) return null;
    return (a!.text.trim() === b!.text.trim()) === (word === 'ifeq');
  }

  /** Whether the line is an assignment, which is then made. */
  #assign(line: string, symbols: readonly string[]): boolean {
    const found = assignmentIn(line.replace(/^(?:(?:export|override|private)\s+)+/, ''));
    if (found === null) return false;
    const { operator, value } = found;
    const name = listUnder(symbols, this.#expand(found.name, 0).text.trim());
    const before = this.#variables.get(name);
    if (operator === '!=' || (operator === '?=' && before !== undefined)) return true;
    const late = operator === '+=' ? (before?.late ?? true) : !operator.startsWith(':');
    const text = late ? value : this.#expand(value, 0).text;
    const joined = operator === '+=' && before !== undefined ? `${before.text} ${text}` : text;
    this.#variables.set(name, { text: joined, late });
    return true;
  }

  #valueOf(name: string, depth: number): Expanded {
    if (this.#options.symbolic !== true || !name.endsWith('-y')) return this.#ownValueOf(name, depth);
    // What is on where a symbol is on belongs to it as well.
    const lists = [...this.#variables.keys()].filter((list) =>
      list.startsWith(`${name.slice(0, -1)}CONFIG_`),
    );
    const values = [name, ...lists].map((list) => this.#ownValueOf(list, depth));
    return {
      text: values.map(({ text }) => text).join(' '),
      known: values.every(({ known }) => known),
    };
  }

  #ownValueOf(name: string, depth: number): Expanded {
    const variable = this.#variables.get(name);
    if (variable === undefined)
      return { text: this.#options.symbolic === true && isSymbol(name) ? name : '', known: true };
    if (!variable.late) return { text: variable.text, known: true };
    if (this.#open.has(name)) return { text: '', known: false };
    this.#open.add(name);
    const value = this.#expand(variable.text, depth + 1);
    this.#open.delete(name);
    return value;
  }

  #expand(text: string, depth: number): Expanded {
    if (!text.includes('$')) return { text, known: true };
    if (depth > deepest) return { text: '', known: false };
    let expanded = '';
    let known = true;
    for (let at = 0; at < text.length; ) {
      const dollar = text.indexOf('$', at);
      if (dollar < 0) {
        expanded += text.slice(at);
        break;
      }
      expanded += text.slice(at, dollar);
      const opening = text[dollar + 1] ?? '';
      const end = opening === '(' || opening === '{' ? closing(text, dollar + 1) : -1;
      if (end < 0) {
        // `$$`, or a variable of one letter, which rules have.
        if (opening === '$') expanded += '$';
        at = dollar + 2;
        continue;
      }
      const value = this.#reference(text.slice(dollar + 2, end), depth);
      expanded += value.text;
      if (expanded.length > longest) return { text: '', known: false };
      known &&= value.known;
      at = end + 1;
    }
    return { text: expanded, known };
  }

  /** What stands for `$(…)`. */
  #reference(inner: string, depth: number): Expanded {
    const [, name, rest] = /^([a-z][a-z-]*)\s+(.*)$/s.exec(inner) ?? [];
    if (name !== undefined) {
      const args = splitAtCommas(rest!).map((arg) => this.#expand(arg, depth + 1));
      const make = Object.hasOwn(functions, name) ? functions[name] : undefined;
      if (make === undefined || args.some((arg) => !arg.known)) return { text: '', known: false };
      return { text: make(args.map((arg) => arg.text)), known: true };
    }
    const [, of, from, to] = /^([^:]+):([^=]*)=(.*)$/s.exec(inner) ?? [];
    const wanted = this.#expand(of ?? inner, depth + 1);
    const value = this.#valueOf(wanted.text.trim(), depth);
    const known = wanted.known && value.known;
    if (of === undefined) return { text: value.text, known };
    const replaced = wordsOf(value.text).map((word) =>
      from!.includes('%') ? byPattern(from!, to!, word) : endingIn(word, from!, to!),
    );
    return { text: replaced.join(' '), known };
  }
}

const isSymbol = (name: string): boolean => /^CONFIG_\w+$/.test(name);

/** The list that one under conditions is part of. */
const listUnder = (symbols: readonly string[], name: string): string =>
  symbols.length === 0
    ? name
    : name.replace(/-(?:y|m|objs|((?:CONFIG_\w+)+))$/, (_, own: string = '') => `-${own}${symbols.join('')}`);

const functions: Readonly<Record<string, (args: readonly string[]) => string>> = {
  addprefix: ([prefix = '', words = '']) => each(words, (word) => prefix.trim() + word),
  addsuffix: ([suffix = '', words = '']) => each(words, (word) => word + suffix.trim()),
  filter: ([patterns = '', words = '']) =>
    chosen(words, (word) => wordsOf(patterns).some((pattern) => fits(pattern, word))),
  'filter-out': ([patterns = '', words = '']) =>
    chosen(words, (word) => !wordsOf(patterns).some((pattern) => fits(pattern, word))),
  patsubst: ([from = '', to = '', words = '']) =>
    each(words, (word) => byPattern(from.trim(), to.trim(), word)),
  subst: ([from = '', to = '', text = '']) => (from === '' ? text : text.replaceAll(from, () => to)),
  strip: ([text = '']) => wordsOf(text).join(' '),
  sort: ([words = '']) => [...new Set(wordsOf(words))].sort().join(' '),
  notdir: ([words = '']) => each(words, (word) => word.slice(word.lastIndexOf('/') + 1)),
  or: (args) => args.find((arg) => arg.trim() !== '')?.trim() ?? '',
  and: (args) => (args.every((arg) => arg.trim() !== '') ? args.at(-1)!.trim() : ''),
  if: ([condition = '', then = '', other = '']) => (condition.trim() === '' ? other : then),
};

/** What has to be on where a condition about symbols holds, and where it does not: `ifneq ($(CONFIG_A),y)` is about it being off. */
function branches(
  word: string,
  condition: string,
  symbols: readonly string[],
): { readonly symbols: readonly string[]; readonly otherwise: readonly string[] } {
  const sides = /^ifn?eq$/.test(word) ? (sidesOf(condition) ?? []) : [];
  const [other] = sides.filter((side) => !side.includes('CONFIG_'));
  const isOff = other !== undefined && /^(?:n?)$/.test(other.trim());
  const isOn =
    word === 'ifdef' || (word === 'ifeq' && other !== undefined && !isOff) || (word === 'ifneq' && isOff);
  return isOn ? { symbols, otherwise: [] } : { symbols: [], otherwise: symbols };
}

export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

const each = (words: string, change: (word: string) => string) => wordsOf(words).map(change).join(' ');
const chosen = (words: string, holds: (word: string) => boolean) => wordsOf(words).filter(holds).join(' ');

const endingIn = (word: string, from: string, to: string) =>
  word.endsWith(from) ? word.slice(0, word.length - from.length) + to : word;

/** What `%` stands for in a word; null where the word is not of the pattern. */
function stemIn(pattern: string, word: string): string | null {
  const at = pattern.indexOf('%');
  if (at < 0) return pattern === word ? '' : null;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const holds =
    word.length >= before.length + after.length && word.startsWith(before) && word.endsWith(after);
  return holds ? word.slice(before.length, word.length - after.length) : null;
}

const fits = (pattern: string, word: string): boolean => stemIn(pattern, word) !== null;

function byPattern(from: string, to: string, word: string): string {
  const stem = stemIn(from, word);
  return stem === null ? word : to.replace('%', () => stem);
}

/** Where the parenthesis or brace that opens at a place is closed; -1 where it is not. */
function closing(text: string, at: number): number {
  const open = text[at]!;
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === open) depth++;
    else if (text[i] === close && --depth === 0) return i;
  }
  return -1;
}

function splitAtCommas(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('({'.includes(character)) depth++;
    if (')}'.includes(character)) depth--;
    if (character === ',' && depth <= 0) parts.push('');
    else parts.push(parts.pop()! + character);
  }
  return parts;
}

/** The two sides of `(a,b)`, `"a" "b"` or `'a' 'b'`; null where there are none. */
function sidesOf(text: string): [string, string] | null {
  if (text.startsWith('(')) {
    const end = closing(text, 0);
    const [a, ...rest] = end < 0 ? [] : splitAtCommas(text.slice(1, end));
    return a === undefined || rest.length === 0 ? null : [a, rest.join(',')];
  }
  const [, , a, , b] = /^(["'])(.*?)\1\s+(["'])(.*?)\3\s*$/.exec(text) ?? [];
  return a === undefined || b === undefined ? null : [a, b];
}

function withoutComment(line: string): string {
  const at = line.search(/(?<!\\)#/);
  return at < 0 ? line : line.slice(0, at);
}

interface Assignment {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

/** The first `=` outside of all parentheses makes an assignment, unless a `:` before it makes a rule. */
function assignmentIn(line: string): Assignment | null {
  let depth = 0;
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if ('({'.includes(character)) depth++;
    else if (')}'.includes(character)) depth--;
    if (depth > 0) continue;
    if (character !== ':' && character !== '=') continue;
    const [operator] = (character === ':' ? /^:{1,3}=/ : /^=/).exec(line.slice(i)) ?? [];
    if (operator === undefined) return null;
    const before = line[i - 1] ?? '';
    const isMarked = character === '=' && '+?!'.includes(before) && before !== '';
    return {
      name: line.slice(0, isMarked ? i - 1 : i).trim(),
      operator: isMarked ? `${before}=` : operator,
      value: line.slice(i + operator.length).trim(),
    };
  }
  return null;
}
