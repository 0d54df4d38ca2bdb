// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import type { FileTree } from '../toolchain/types.js';
import { allOf, always, type Expression, expressionOf, neededBy } from './kconfig-expression.js';

export type KconfigType = 'bool' | 'tristate' | 'int' | 'hex' | 'string';

/** A value, and the condition under which it is meant. */
export interface Conditional {
  readonly value: Expression;
  readonly condition: Expression;
}

/** What one entry says of a symbol: a symbol may have several. */
export interface KconfigDefinition {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly type: KconfigType | null;
  /** Somebody may choose it; without it, it follows from its defaults and from what selects it. */
  readonly isAsked: boolean;
  /** Its `depends on`, and what stands around it: `if`, `menu`, `choice`, and where its file is included. */
  readonly dependsOn: Expression;
  /** `select`, by the symbol. */
  readonly selects: readonly Conditional[];
  /** `imply`, by the symbol. */
  readonly implies: readonly Conditional[];
  /** The first whose condition holds. */
  readonly defaults: readonly Conditional[];
}

export interface KconfigSymbol {
  /** Without `CONFIG_`. */
  readonly name: string;
  readonly type: KconfigType | null;
  readonly definitions: readonly KconfigDefinition[];
}

/** The symbols that all definitions of a symbol need. */
export const needsOf = ({ definitions }: KconfigSymbol): string[] => {
  const [first = [], ...others] = definitions.map(({ dependsOn }) => neededBy(dependsOn));
  return first.filter((name) => others.every((names) => names.includes(name)));
};

/** Symbols by name, without `CONFIG_`. */
export interface KconfigView {
  /** One that the files of a folder or of those above it define, by these alone. */
  near(name: string): KconfigSymbol | null;
  /** The same, and, where they do not define it, what all other files say of it; null where none defines it. */
  symbol(name: string): KconfigSymbol | null;
  /** The symbols of all files that select one, whatever else is on. */
  selectors(name: string): readonly string[];
  /** Those of them that the file has which defines a symbol, in its order. */
  selectorsBeside(symbol: KconfigSymbol): readonly string[];
}

/** What is around an entry: its conditions as they are written, from the inside out. */
interface Block {
  readonly conditions: string[];
  readonly around: Block | null;
}

/** An entry as it is written. Its expressions are read when somebody asks. */
interface Entry {
  readonly file: string;
  readonly line: number;
  readonly around: Block;
  type: KconfigType | null;
  isAsked: boolean;
  readonly dependsOn: string[];
  readonly selects: string[];
  readonly implies: string[];
  readonly defaults: string[];
}

interface Source {
  readonly path: string;
  readonly around: Block;
  /** The file that includes it; null for the first one. */
  readonly by: string | null;
}

/** The file that all others are reached from. */
const root = 'Kconfig';
/** Instead of an architecture's: what all of them have, */
const ofArchitectures = 'arch/Kconfig';
/** and what one of them includes of the others' folders, as drivers/cpufreq, which nobody else does. */
const including = 'arch/x86/Kconfig';

/**
 * What a kernel's Kconfig says of symbols, as far as it is asked: for a folder, the files in it and in those above it are read, and
 * all of them for a symbol that these do not have. Files of architectures are left out, and what macros (`$(…)`) stand for is unknown.
 */
export class Kconfig {
  readonly #files: FileTree;
  readonly #entries = new Map<string, Entry[]>();
  /** What is included and was not read yet. */
  #left: Source[] = [{ path: root, around: { conditions: [], around: null }, by: null }];
  /** What was read, by which file. */
  readonly #read = new Map<string, string | null>();

  #selectors: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(files: FileTree) {
    this.#files = files;
  }

  /** How many files have been read. */
  get readCount(): number {
    return this.#read.size;
  }

  /** Symbols as they are seen from a folder, whatever was asked before. */
  from(folder: string): KconfigView {
    const above = new Set(['']);
    for (let at = folder; at !== '' && at !== '.' && at !== '/'; at = posix.dirname(at)) above.add(at);
    this.#readWhere((path) => above.has(folderOf(path)));
    const isNear = (file: string | null): boolean =>
      file === null || (above.has(folderOf(file)) && isNear(this.#read.get(file) ?? null));
    const symbols = new Map<string, KconfigSymbol>();
    const far = new Map<string, KconfigSymbol | null>();
    const near = (name: string): KconfigSymbol | null => {
      const known = symbols.get(name);
      if (known !== undefined) return known;
      const entries = this.#entries.get(name)?.filter(({ file }) => isNear(file)) ?? [];
      if (entries.length === 0) return null;
      const symbol = symbolOf(name, entries);
      symbols.set(name, symbol);
      return symbol;
    };
    const any = (name: string): KconfigSymbol | null => {
      const known = far.get(name);
      if (known !== undefined) return known;
      this.#readWhere(() => true);
      const entries = this.#entries.get(name);
      const symbol = entries === undefined ? null : symbolOf(name, entries);
      far.set(name, symbol);
      return symbol;
    };
    return {
      near,
      symbol: (name) => near(name) ?? any(name),
      selectors: (name) => this.#allSelectors().get(name) ?? [],
      selectorsBeside: (symbol) => this.#selectorsBeside(symbol),
    };
  }

  #allSelectors(): ReadonlyMap<string, readonly string[]> {
    if (this.#selectors !== undefined) return this.#selectors;
    this.#readWhere(() => true);
    const selectors = new Map<string, string[]>();
    for (const [name, entries] of this.#entries)
      for (const selected of entries.flatMap(selectedAnyway)) {
        const of = selectors.get(selected) ?? [];
        selectors.set(selected, of);
        if (!of.includes(name)) of.push(name);
      }
    this.#selectors = selectors;
    return selectors;
  }

  #selectorsBeside({ name, definitions }: KconfigSymbol): string[] {
    const files = new Set(definitions.map(({ file }) => file));
    return [...this.#entries]
      .filter(([, entries]) =>
        entries.some((entry) => files.has(entry.file) && selectedAnyway(entry).includes(name)),
      )
      .map(([selector]) => selector);
  }

  #readWhere(isWanted: (path: string) => boolean): void {
    let left = this.#left;
    this.#left = [];
    while (left.length > 0) {
      const found: Source[] = [];
      for (const source of left)
        if (!isWanted(source.path)) this.#left.push(source);
        else if (!this.#read.has(source.path)) found.push(...this.#include(source));
      left = found;
    }
  }

  #include({ path, around, by }: Source): Source[] {
    this.#read.set(path, by);
    const text = this.#files.get(path);
    if (text === undefined) return [];
    const { entries, sources } = entriesIn(text, path, around);
    if (path === including)
      return sources
        .filter((source) => !source.path.startsWith('arch/'))
        .map((source) => ({ ...source, around }));
    for (const [name, entry] of entries) {
      const known = this.#entries.get(name);
      if (known === undefined) this.#entries.set(name, [entry]);
      else known.push(entry);
    }
    if (path !== root) return [...sources];
    return [...sources, ...[ofArchitectures, including].map((path) => ({ path, around, by: root }))];
  }
}

const folderOf = (path: string): string => {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
};

const types: readonly string[] = ['bool', 'tristate', 'int', 'hex', 'string'] satisfies KconfigType[];
const isType = (word: string): word is KconfigType => types.includes(word);

/** A line that goes on in the next one. */
const continues = /\\\r?$/;

/** The entries of a file, by symbol, and the files that it includes. */
function entriesIn(
  text: string,
  file: string,
  around: Block,
): { readonly entries: readonly (readonly [string, Entry])[]; readonly sources: readonly Source[] } {
  const entries: [string, Entry][] = [];
  const sources: Source[] = [];
  let block: Block = { conditions: [], around };
  const outermost = block;
  /** What attributes are of. */
  let entry: Entry | null = null;
  /** Those of a `choice`, a `menu` or a `comment`. */
  let conditions: string[] = [];
  const opened = (first: readonly string[]) => {
    block = { conditions: [...first], around: block };
    entry = null;
    conditions = block.conditions;
  };
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const at = i + 1;
    let raw = lines[i]!;
    if (continues.test(raw)) {
      const parts = [raw];
      while (continues.test(parts.at(-1)!) && i + 1 < lines.length) parts.push(lines[++i]!);
      raw = parts.map((part) => part.replace(continues, ' ')).join('');
    }
    const [, word = '', rest = ''] = /^[ \t]*([\w-]+)[ \t]*(.*)$/.exec(raw.trimEnd()) ?? [];
    switch (word) {
      case '':
        break;
      case 'help':
      case '---help---':
        i = endOfHelp(lines, i + 1) - 1;
        break;
      case 'config':
      case 'menuconfig': {
        const [, name] = /^(\w+)/.exec(rest) ?? [];
        entry = {
          file,
          line: at,
          around: block,
          type: null,
          isAsked: false,
          dependsOn: [],
          selects: [],
          implies: [],
          defaults: [],
        };
        conditions = entry.dependsOn;
        if (name !== undefined) entries.push([name, entry]);
        break;
      }
      case 'choice':
      case 'menu':
        opened([]);
        break;
      case 'if':
        opened([rest]);
        // Its attributes would be somebody else's.
        conditions = [];
        break;
      case 'endchoice':
      case 'endmenu':
      case 'endif':
        if (block !== outermost) block = block.around!;
        entry = null;
        conditions = [];
        break;
      case 'comment':
      case 'mainmenu':
        entry = null;
        conditions = [];
        break;
      case 'source': {
        const [, path] = /^"([^"$\\]+)"/.exec(rest) ?? [];
        if (path !== undefined) sources.push({ path: posix.normalize(path), around: block, by: file });
        break;
      }
      case 'depends':
        conditions.push(withoutComment(rest.replace(/^on\b/, '')));
        break;
      case 'select':
        entry?.selects.push(withoutComment(rest));
        break;
      case 'imply':
        entry?.implies.push(withoutComment(rest));
        break;
      case 'default':
        entry?.defaults.push(withoutComment(rest));
        break;
      case 'def_bool':
      case 'def_tristate':
        if (entry === null) break;
        entry.type = word === 'def_bool' ? 'bool' : 'tristate';
        entry.defaults.push(withoutComment(rest));
        break;
      case 'prompt':
        if (entry !== null) entry.isAsked = true;
        break;
      default:
        if (!isType(word) || entry === null) break;
        entry.type = word;
        entry.isAsked ||= /^["']/.test(rest);
    }
  }
  return { entries, sources };
}

/** Where a help text ends that begins at a line: at the first one that is less indented. */
function endOfHelp(lines: readonly string[], from: number): number {
  let first: number | null = null;
  for (let i = from; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.trim() === '') continue;
    const indent = indentOf(line);
    first ??= indent;
    if (indent < first || first === 0) return i;
  }
  return lines.length;
}

/** In columns: a tab goes on to the next eighth. */
function indentOf(line: string): number {
  let column = 0;
  for (const character of line) {
    if (character === ' ') column++;
    else if (character === '\t') column += 8 - (column % 8);
    else break;
  }
  return column;
}

/** What an entry selects without a condition. */
const selectedAnyway = ({ selects }: Entry): string[] =>
  selects.filter((one) => /^\w+\s*$/.test(one)).map((one) => one.trim());

function withoutComment(text: string): string {
  if (!text.includes('#')) return text;
  const [kept = ''] = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^#])*/.exec(text) ?? [];
  return kept;
}

function symbolOf(name: string, entries: readonly Entry[]): KconfigSymbol {
  return {
    name,
    type: entries.find(({ type }) => type !== null)?.type ?? null,
    definitions: entries.map(
      ({ file, line, around, type, isAsked, dependsOn, selects, implies, defaults }) => ({
        file,
        line,
        type,
        isAsked,
        dependsOn: allOf([...conditionsAround(around), ...dependsOn].map(expressionOf)),
        selects: selects.map(conditionalOf),
        implies: implies.map(conditionalOf),
        defaults: defaults.map(conditionalOf),
      }),
    ),
  };
}

/** From the outside in. */
function conditionsAround(block: Block): string[] {
  const conditions: string[][] = [];
  for (let at: Block | null = block; at !== null; at = at.around) conditions.push(at.conditions);
  return conditions.reverse().flat();
}

/** `VALUE if CONDITION`. */
function conditionalOf(text: string): Conditional {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (/^\bif\b/.test(text.slice(at, at + 3)) && !/\w/.test(text[at - 1] ?? ''))
      return { value: expressionOf(text.slice(0, at)), condition: expressionOf(text.slice(at + 2)) };
  }
  return { value: expressionOf(text), condition: always };
}
