// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Configuration } from './configuration.js';
import type { KconfigDefinition, KconfigSymbol, KconfigView } from './kconfig.js';
import { type Expression, holds, neededBy } from './kconfig-expression.js';

/** What brought a symbol's value about. */
export type Reason =
  /** A makefile makes the unit where it is on. */
  | 'rule'
  /** Another symbol depends on it, or selects it. */
  | 'dependency'
  | 'select'
  /** The code names it, and its default is that. */
  | 'default';

/** A symbol that is configured beyond what all units have. */
export interface Chosen {
  /** `CONFIG_…`. */
  readonly symbol: string;
  /** As in a `.config`. */
  readonly value: string;
  readonly reason: Reason;
  /** The makefile, the symbol, or the file that its reason is. */
  readonly by: string;
}

/** What Kconfig asks for and the configuration has not. */
export interface Unmet {
  /** The symbol, or the condition as far as it is understood. */
  readonly what: string;
  /** `CONFIG_…` or a makefile that asks for it. */
  readonly by: string;
  readonly why: string;
}

/** A symbol that is wanted, and who wants it. */
export interface Wanted {
  readonly symbol: string;
  readonly by: string;
}

export interface Choice {
  readonly configuration: Configuration;
  readonly chosen: readonly Chosen[];
  readonly unmet: readonly Unmet[];
}

const prefix = 'CONFIG_';
const onlyElsewhere = 'only another architecture has it';
const bare = (symbol: string) => symbol.replace(/^CONFIG_/, '');

/** How far dependencies are followed to find out whether they can be met. */
const deepest = 30;

/** Named so, and not to be asked for, a symbol says what an architecture has. */
const ofArchitecture = /^(?:ARCH|HAVE|HAS)_/;

/**
 * Switches on what is wanted, what it depends on, and what all of these select, over a configuration that stays as it is: what that
 * does not have and only an architecture can say is unmet. Of alternatives the first is taken that can be met.
 */
export class Chooser {
  readonly #kconfig: KconfigView;
  readonly #values: Map<string, string>;
  readonly #chosen: Chosen[] = [];
  readonly #unmet = new Map<string, Unmet>();
  readonly #queue: { readonly symbol: KconfigSymbol; readonly definition: KconfigDefinition }[] = [];
  readonly #taken: KconfigDefinition[] = [];
  readonly #can = new Map<string, boolean>();

  constructor(kconfig: KconfigView, base: Configuration) {
    this.#kconfig = kconfig;
    this.#values = new Map(base);
  }

  get result(): Choice {
    return { configuration: this.#values, chosen: this.#chosen, unmet: [...this.#unmet.values()] };
  }

  has(symbols: readonly string[]): boolean {
    return symbols.every((symbol) => this.#isOn(bare(symbol)));
  }

  /** Can all of these be on? */
  canHave(symbols: readonly string[]): boolean {
    return symbols.every((symbol) => this.#canBeOn(bare(symbol), 0));
  }

  /** Switches on what a unit is made for, whether or not all that it depends on can be met. */
  want(wanted: readonly Wanted[]): void {
    for (const { symbol, by } of wanted) {
      if (this.#isOn(bare(symbol))) continue;
      const found = this.#kconfig.symbol(bare(symbol));
      if (found === null) this.#lacks(symbol, by, 'no Kconfig file has it but an architecture’s');
      else {
        const offered = this.#offered(found);
        if (offered !== null && offered !== found) {
          this.#switchOn(offered, 'rule', by);
          this.#settle();
        }
        this.#switchOn(found, 'rule', by);
      }
    }
    this.#settle();
  }

  /**
   * Gives symbols that code names the value that they have by default.
   *
   * @param isValue the code uses the value, so that it needs one.
   */
  byDefault(symbol: KconfigSymbol, by: string, isValue: boolean): void {
    const name = `${prefix}${symbol.name}`;
    if (this.#values.has(name)) return;
    const isState = symbol.type === 'bool' || symbol.type === 'tristate';
    if (isState) {
      const definition = symbol.definitions.find(({ dependsOn, defaults }) => {
        const meant = defaults.find(({ condition }) => this.#holds(condition) === true);
        return meant !== undefined && this.#holds(dependsOn) === true && this.#holds(meant.value) === true;
      });
      if (definition !== undefined) this.#switchOn(symbol, 'default', by);
    } else if (isValue && symbol.type !== null) {
      const value = this.#defaultOf(symbol);
      if (value === null)
        this.#lacks(name, by, `it is ${symbol.type === 'string' ? 'text' : 'a number'} without a default`);
      else this.#set(name, value, 'default', by);
    }
    this.#settle();
  }

  #defaultOf({ type, definitions }: KconfigSymbol): string | null {
    const all = definitions.flatMap(({ defaults }) => defaults);
    const meant =
      all.find(({ condition }) => this.#holds(condition) === true) ??
      all.find(({ condition }) => this.#holds(condition) === null);
    const value =
      meant?.value.kind === 'constant'
        ? meant.value.text
        : meant?.value.kind === 'symbol'
          ? this.#value(meant.value.name)
          : null;
    if (type === 'string') return `"${(value ?? '').replace(/["\\]/g, '\\$&')}"`;
    if (value === null || !/^(?:-?\d+|0[xX][\da-fA-F]+|[\da-fA-F]+)$/.test(value)) return null;
    if (type === 'hex') return /^0[xX]/.test(value) ? value : `0x${value}`;
    return /^-?\d+$/.test(value) ? value : null;
  }

  #set(symbol: string, value: string, reason: Reason, by: string): void {
    this.#values.set(symbol, value);
    this.#chosen.push({ symbol, value, reason, by });
    // What could not be met for want of it may be now.
    this.#can.clear();
  }

  #lacks(what: string, by: string, why: string): void {
    const key = `${what} ${by}`;
    if (!this.#unmet.has(key)) this.#unmet.set(key, { what, by, why });
  }

  #switchOn(symbol: KconfigSymbol, reason: Reason, by: string): void {
    const name = `${prefix}${symbol.name}`;
    if (this.#values.has(name)) return;
    if (symbol.type !== 'bool' && symbol.type !== 'tristate') {
      const value = this.#defaultOf(symbol);
      if (value !== null) this.#set(name, value, reason, by);
      return;
    }
    this.#set(name, 'y', reason, by);
    const { definitions } = symbol;
    const definition =
      definitions.find(({ dependsOn }) => this.#holds(dependsOn) === true) ??
      definitions.find(({ dependsOn }) => this.#canHold(dependsOn, 0)) ??
      definitions[0];
    if (definition !== undefined) this.#queue.push({ symbol, definition });
  }

  /** Until nothing more follows. */
  #settle(): void {
    for (;;) {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#taken.push(next.definition);
        this.#require(next.definition.dependsOn, next.symbol.name);
        this.#select(next.definition, next.symbol.name);
      }
      // What is selected under a condition may be due by now.
      const before = this.#chosen.length;
      for (const { symbol } of [...this.#chosen]) {
        const name = bare(symbol);
        for (const definition of this.#kconfig.symbol(name)?.definitions ?? [])
          if (this.#taken.includes(definition)) this.#select(definition, name);
      }
      if (this.#chosen.length === before && this.#queue.length === 0) return;
    }
  }

  #select({ selects }: KconfigDefinition, by: string): void {
    for (const { value, condition } of selects) {
      if (value.kind !== 'symbol' || this.#isOn(value.name) || this.#holds(condition) !== true) continue;
      const selected = this.#kconfig.symbol(value.name);
      // What no file but an architecture's has is nothing to any other.
      if (selected !== null) this.#switchOn(selected, 'select', `${prefix}${by}`);
    }
  }

  #require(condition: Expression, by: string): void {
    if (this.#holds(condition) === true) return;
    const asker = `${prefix}${by}`;
    switch (condition.kind) {
      case 'and':
        for (const part of condition.parts) this.#require(part, by);
        return;
      case 'or': {
        const possible = condition.parts.filter((part) => this.#canHold(part, 0));
        const taken = possible.find((part) => !names(part).includes('COMPILE_TEST')) ?? possible[0];
        if (taken !== undefined) this.#require(taken, by);
        else this.#lacks(shown(condition), asker, 'none of them can be had');
        return;
      }
      case 'symbol':
        this.#depend(condition.name, by);
        return;
      case 'compare': {
        const wanted = wantedOn(condition);
        if (wanted === null) this.#lacks(shown(condition), asker, 'it does not hold');
        else this.#depend(wanted, by);
        return;
      }
      case 'not':
        this.#lacks(shown(condition), asker, 'that is on');
        return;
      case 'constant':
      case 'unknown':
        this.#lacks(shown(condition), asker, 'what that is, is not known');
    }
  }

  #depend(name: string, by: string): void {
    const asker = `${prefix}${by}`;
    const found = this.#kconfig.symbol(name);
    if (found === null) this.#lacks(`${prefix}${name}`, asker, onlyElsewhere);
    else if (!this.#canBeOn(name, 0)) this.#lacks(`${prefix}${name}`, asker, this.#whyNot(found));
    else this.#switchOn(this.#bringing(found), 'dependency', asker);
  }

  /** What nobody is asked for is on by what its file offers beside it, and some of its code is for that. */
  #offered(symbol: KconfigSymbol, depth = 0): KconfigSymbol | null {
    const { definitions } = symbol;
    if (definitions.some(({ isAsked }) => isAsked)) return symbol;
    if (depth > deepest || definitions.some(({ defaults }) => defaults.length > 0)) return null;
    for (const name of this.#kconfig.selectorsBeside(symbol)) {
      const selector = this.#canBeOn(name, 0) ? this.#kconfig.symbol(name) : null;
      const offered = selector === null ? null : this.#offered(selector, depth + 1);
      if (offered !== null) return offered;
    }
    return null;
  }

  /** What somebody may switch on to have a symbol: itself, or what selects it. */
  #bringing(symbol: KconfigSymbol): KconfigSymbol {
    if (!isArchitectures(symbol)) return symbol;
    const selector = this.#kconfig.selectors(symbol.name).find((name) => this.#canBeOn(name, 0));
    return (selector === undefined ? null : this.#kconfig.symbol(selector)) ?? symbol;
  }

  /** Follows what a symbol needs to what nobody can switch on. */
  #whyNot(symbol: KconfigSymbol): string {
    let at = symbol;
    for (let depth = 0; depth < deepest && !isArchitectures(at); depth++) {
      const blocking = at.definitions
        .flatMap(({ dependsOn }) => neededBy(dependsOn))
        .find((name) => !this.#canBeOn(name, 0));
      if (blocking === undefined) return 'what it depends on cannot be had';
      const next = this.#kconfig.symbol(blocking);
      // Nobody selects it who can be on.
      if (next === null || isArchitectures(next))
        return `it needs ${prefix}${blocking}, which only another architecture has`;
      at = next;
    }
    return onlyElsewhere;
  }

  #canBeOn(name: string, depth: number): boolean {
    if (this.#isOn(name)) return true;
    const known = this.#can.get(name);
    if (known !== undefined) return known;
    if (depth > deepest) return false;
    // One that depends on itself cannot be met by that. What was found meanwhile about others is true for that way alone.
    if (depth === 0) for (const [one, can] of this.#can) if (!can) this.#can.delete(one);
    this.#can.set(name, false);
    const symbol = this.#kconfig.symbol(name);
    const can =
      symbol !== null &&
      (isArchitectures(symbol) || isOnlySelected(symbol)
        ? this.#kconfig.selectors(name).some((selector) => this.#canBeOn(selector, depth + 1))
        : symbol.definitions.some(({ dependsOn }) => this.#canHold(dependsOn, depth + 1)));
    this.#can.set(name, can);
    return can;
  }

  #canHold(condition: Expression, depth: number): boolean {
    switch (condition.kind) {
      case 'symbol':
        return this.#canBeOn(condition.name, depth);
      case 'and':
        return condition.parts.every((part) => this.#canHold(part, depth));
      case 'or':
        return condition.parts.some((part) => this.#canHold(part, depth));
      case 'compare': {
        const wanted = wantedOn(condition);
        return wanted === null ? this.#holds(condition) !== false : this.#canBeOn(wanted, depth);
      }
      default:
        return this.#holds(condition) !== false;
    }
  }

  #holds(condition: Expression): boolean | null {
    return holds(condition, (name) => this.#value(name));
  }

  #value(name: string): string {
    const value = this.#values.get(`${prefix}${name}`);
    return value === undefined ? 'n' : value.replace(/^"(.*)"$/s, '$1');
  }

  #isOn(name: string): boolean {
    return this.#values.has(`${prefix}${name}`);
  }
}

/** Nobody may choose it, and nothing is its default. */
const isOnlySelected = ({ definitions }: KconfigSymbol): boolean =>
  definitions.every(({ isAsked, defaults }) => !isAsked && defaults.length === 0);

const isArchitectures = ({ name, definitions }: KconfigSymbol): boolean => {
  const isAsked = definitions.some((one) => one.isAsked || one.defaults.length > 0);
  return !isAsked && (ofArchitecture.test(name) || definitions.every(({ file }) => file.startsWith('arch/')));
};

/** `A=y`, `A=m` or `A!=n`: the symbol that has to be on. */
function wantedOn({ operator, left, right }: Extract<Expression, { kind: 'compare' }>): string | null {
  if (left.kind !== 'symbol' || right.kind !== 'constant') return null;
  const isOn = operator === '=' ? /^[ym]$/.test(right.text) : operator === '!=' && right.text === 'n';
  return isOn ? left.name : null;
}

function names(expression: Expression): string[] {
  switch (expression.kind) {
    case 'symbol':
      return [expression.name];
    case 'not':
      return names(expression.of);
    case 'and':
    case 'or':
      return expression.parts.flatMap(names);
    case 'compare':
      return [...names(expression.left), ...names(expression.right)];
    default:
      return [];
  }
}

/** As Kconfig has it, `CONFIG_` in front of symbols. */
function shown(expression: Expression): string {
  switch (expression.kind) {
    case 'symbol':
      return `${prefix}${expression.name}`;
    case 'not':
      return `!${shown(expression.of)}`;
    case 'and':
    case 'or':
      return expression.parts
        .map((part) => (part.kind === 'or' || part.kind === 'and' ? `(${shown(part)})` : shown(part)))
        .join(expression.kind === 'or' ? ' || ' : ' && ');
    case 'compare':
      return `${shown(expression.left)}${expression.operator}${shown(expression.right)}`;
    default:
      return expression.text;
  }
}
