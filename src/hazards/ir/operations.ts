// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { splitList } from '../../toolchain/bit-fields/ir-types.js';

/** An operand as it stands: `%name`, `@name`, a number, `null`, a constant expression. */
export type Operand = string;

/** What an instruction does, as far as values, memory and calls go. */
export type Operation =
  | { readonly kind: 'alloca'; readonly result: string }
  | { readonly kind: 'load'; readonly result: string; readonly type: string; readonly address: Operand }
  | { readonly kind: 'store'; readonly value: Operand; readonly address: Operand }
  | {
      readonly kind: 'element';
      readonly result: string;
      readonly type: string;
      readonly base: Operand;
      readonly indices: readonly Operand[];
    }
  | { readonly kind: 'same'; readonly result: string; readonly value: Operand }
  | {
      readonly kind: 'compare';
      readonly result: string;
      readonly how: string;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'not'; readonly result: string; readonly value: Operand }
  | { readonly kind: 'phi'; readonly result: string; readonly from: readonly (readonly [Operand, string])[] }
  | { readonly kind: 'select'; readonly result: string; readonly either: readonly [Operand, Operand] }
  | { readonly kind: 'extract'; readonly result: string; readonly value: Operand; readonly index: number }
  | {
      readonly kind: 'insert';
      readonly result: string;
      readonly into: Operand;
      readonly value: Operand;
      readonly index: number;
    }
  | {
      readonly kind: 'call';
      readonly result: string | null;
      readonly callee: Operand;
      readonly args: readonly Operand[];
    }
  | { readonly kind: 'other'; readonly result: string };

/** How a block ends. */
export type Ending =
  | { readonly kind: 'jump'; readonly to: readonly string[] }
  | { readonly kind: 'branch'; readonly condition: Operand; readonly yes: string; readonly no: string }
  | {
      readonly kind: 'switch';
      readonly value: Operand;
      readonly cases: readonly (readonly [number: number, to: string])[];
      readonly otherwise: string;
    }
  | { readonly kind: 'return'; readonly value: Operand | null }
  | { readonly kind: 'none' };

export interface Instruction {
  readonly operation: Operation;
  /** Of its line in the function's text. */
  readonly at: number;
  /** The node of metadata that says where it stands in the source. */
  readonly debug: number | null;
}

export interface Block {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly ending: Ending;
}

/** A function with a body. */
export interface IrFunction {
  readonly name: string;
  /** Nobody outside the unit can call it by its name. */
  readonly internal: boolean;
  readonly parameters: readonly string[];
  readonly lines: readonly string[];
  readonly subprogram: number | null;
  /** Read when they are asked for. */
  readonly blocks: readonly Block[];
}

const HEAD = /^define (.*?)@("[^"]*"|[\w.$]+)\((.*)$/;

/** The functions of a module in LLVM's textual IR, as clang's front end writes it. */
export function functionsIn(module: string): IrFunction[] {
  const found: IrFunction[] = [];
  for (let at = module.indexOf('\ndefine '); at >= 0; at = module.indexOf('\ndefine ', at)) {
    const end = module.indexOf('\n}', at);
    if (end < 0) break;
    const lines = module.slice(at + 1, end).split('\n');
    const one = functionOf(lines);
    if (one !== null) found.push(one);
    at = end;
  }
  return found;
}

const GLOBAL =
  /^@("[^"]*"|[\w.$]+) = ((?:[\w()]+ )*?)(?:global|constant) (?:\[\d+ x )*(%(?:"[^"]*"|[\w.$]+))?/gm;

export interface GlobalVariable {
  /** What the struct is called that it is, or is an array of; null: it is none. */
  readonly record: string | null;
  /** Another unit's variable of this name is another one. */
  readonly internal: boolean;
}

/** The variables of a module, by `@name`. */
export const globalsIn = (module: string): ReadonlyMap<string, GlobalVariable> =>
  new Map(
    [...module.matchAll(GLOBAL)].map(([, name, linkage = '', record = null]) => [
      `@${unquoted(name!)}`,
      { record, internal: /\b(?:internal|private)\b/.test(linkage) },
    ]),
  );

const DECLARED = /^ {4}#dbg_declare\(ptr (%(?:"[^"]*"|\S+)), !(\d+),/;

/** The nodes of debug information that say what local variables are, by the instructions that make them. */
export function declaredIn({ lines }: IrFunction): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of lines) {
    const [, name, node] = DECLARED.exec(line) ?? [];
    if (name !== undefined) found.set(name, Number(node));
  }
  return found;
}

function functionOf(lines: readonly string[]): IrFunction | null {
  const [, before = '', quoted = '', rest = ''] = HEAD.exec(lines[0]!) ?? [];
  if (quoted === '') return null;
  const list = rest.slice(0, closingOf(rest));
  const parameters = list === '' ? [] : splitList(list).filter((one) => one !== '...');
  const subprogram = /!dbg !(\d+)/.exec(rest)?.[1];
  let blocks: readonly Block[] | undefined;
  return {
    name: unquoted(quoted),
    internal: /\b(?:internal|private)\b/.test(before),
    parameters: parameters.map((one) => /%\S+$/.exec(one)?.[0] ?? ''),
    lines,
    subprogram: subprogram === undefined ? null : Number(subprogram),
    get blocks() {
      blocks ??= blocksOf(lines);
      return blocks;
    },
  };
}

/** Where the bracket that is open at the start of a text is closed. */
function closingOf(text: string): number {
  let depth = 1;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i;
  }
  return text.length;
}

export const unquoted = (name: string): string => name.replace(/^"(.*)"$/, '$1');

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let name = 'entry';
  let instructions: Instruction[] = [];
  let ending: Ending = { kind: 'none' };
  const close = () => blocks.push({ name, instructions, ending });
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at]!;
    const label = /^("[^"]*"|[-\w.$]+):/.exec(line)?.[1];
    if (label !== undefined) {
      if (instructions.length > 0 || ending.kind !== 'none') close();
      [name, instructions, ending] = [unquoted(label), [], { kind: 'none' }];
      continue;
    }
    if (!line.startsWith('  ') || line.startsWith('    #dbg')) continue;
    const statement = line.startsWith('  switch ') ? wholeSwitch(lines, at) : line;
    const end = endingOf(statement);
    if (end !== null) {
      ending = end;
      // What calls by `asm goto` has a result, and may go on elsewhere.
      continue;
    }
    const operation = operationOf(line);
    if (operation === null) continue;
    const debug = /, !dbg !(\d+)/.exec(line)?.[1];
    instructions.push({ operation, at, debug: debug === undefined ? null : Number(debug) });
  }
  close();
  return blocks;
}

function wholeSwitch(lines: readonly string[], at: number): string {
  let text = lines[at]!;
  for (let next = at + 1; !text.includes(']') && next < lines.length; next++) text += lines[next]!;
  return text;
}

const LABEL = /label %("[^"]*"|[-\w.$]+)/g;

function endingOf(line: string): Ending | null {
  const word = /^ {2}(?:%\S+ = )?(br|ret|switch|unreachable|indirectbr|callbr)\b/.exec(line)?.[1];
  if (word === undefined) return null;
  if (word === 'unreachable') return { kind: 'none' };
  if (word === 'ret') {
    const value = / ret (?:void|(.*?))(?:, !dbg .*)?$/.exec(line)?.[1];
    return { kind: 'return', value: value === undefined ? null : operandIn(value) };
  }
  const to = [...line.matchAll(LABEL)].map(([, label]) => unquoted(label!));
  const [, value, otherwise] = /^ {2}switch i\d+ (\S+), label %("[^"]*"|[-\w.$]+) \[/.exec(line) ?? [];
  if (value !== undefined && otherwise !== undefined) {
    const cases = [...line.matchAll(/i\d+ (-?\d+), label %("[^"]*"|[-\w.$]+)/g)].map(
      ([, number, label]) => [Number(number), unquoted(label!)] as const,
    );
    return { kind: 'switch', value, cases, otherwise: unquoted(otherwise) };
  }
  const condition = word === 'br' ? /^ {2}br i1 (\S+),/.exec(line)?.[1] : undefined;
  if (condition !== undefined && to.length === 2)
    return { kind: 'branch', condition, yes: to[0]!, no: to[1]! };
  return { kind: 'jump', to };
}

const RESULT = /^ {2}(%(?:"[^"]*"|\S+)) = (.*)$/;
const ATTRIBUTES = /, !\w[\w.]* !\d+/g;

function operationOf(line: string): Operation | null {
  const [, result = '', text = line.trim()] = RESULT.exec(line) ?? [];
  const body = text.replace(ATTRIBUTES, '').replace(/, align \d+/g, '');
  const word = /^(?:(?:tail|musttail|notail) )?(\w+)/.exec(body)?.[1] ?? '';
  const other = (): Operation | null => (result === '' ? null : { kind: 'other', result });
  switch (word) {
    case 'alloca':
      return { kind: 'alloca', result };
    case 'load': {
      const parts = splitList(body);
      if (parts.length < 2) return other();
      const type = parts[0]!.replace(/^load (?:atomic )?(?:volatile )?/, '');
      return { kind: 'load', result, type, address: operandIn(parts[1]!) };
    }
    case 'store': {
      const parts = splitList(body.replace(/^store (?:atomic )?(?:volatile )?/, ''));
      if (parts.length < 2) return null;
      return { kind: 'store', value: operandIn(parts[0]!), address: operandIn(parts[1]!) };
    }
    case 'getelementptr': {
      const [type = '', base = '', ...indices] = splitList(
        body.replace(/^getelementptr (?:(?:inbounds|nusw|nuw) )*/, ''),
      );
      return { kind: 'element', result, type, base: operandIn(base), indices: indices.map(operandIn) };
    }
    case 'bitcast':
    case 'inttoptr':
    case 'ptrtoint':
    case 'addrspacecast':
    case 'zext':
    case 'sext':
    case 'trunc':
    case 'freeze': {
      const value = /^\w+ (?:nneg |nuw |nsw )*(.*?)(?: to .*)?$/.exec(body)?.[1] ?? '';
      return { kind: 'same', result, value: operandIn(value) };
    }
    case 'icmp': {
      const [, how = '', rest = ''] = /^icmp (?:samesign )?(\w+) (.*)$/.exec(body) ?? [];
      const [left = '', right = ''] = splitList(rest);
      return { kind: 'compare', result, how, left: operandIn(left), right };
    }
    case 'xor': {
      const value = /^xor i1 (\S+), true$/.exec(body)?.[1];
      return value === undefined ? other() : { kind: 'not', result, value };
    }
    case 'phi': {
      const from = [...body.matchAll(/\[ (.*?), %("[^"]*"|[-\w.$]+) \]/g)].map(
        ([, value, label]) => [operandIn(value!), unquoted(label!)] as const,
      );
      return { kind: 'phi', result, from };
    }
    case 'select': {
      const [, yes = '', no = ''] = splitList(body);
      return { kind: 'select', result, either: [operandIn(yes), operandIn(no)] };
    }
    case 'extractvalue': {
      const parts = splitList(body.replace(/^extractvalue /, ''));
      const index = Number(parts[1]);
      return parts.length === 2 ? { kind: 'extract', result, value: operandIn(parts[0]!), index } : other();
    }
    case 'insertvalue': {
      const [into = '', value = '', index] = splitList(body.replace(/^insertvalue /, ''));
      return { kind: 'insert', result, into: operandIn(into), value: operandIn(value), index: Number(index) };
    }
    case 'call':
      return callOf(result === '' ? null : result, body);
    default:
      return other();
  }
}

/** The function that is called and what it is given: attributes may have brackets, which types have, too. */
function callOf(result: string | null, body: string): Operation | null {
  const other: Operation | null = result === null ? null : { kind: 'other', result };
  if (/\basm (?:sideeffect |alignstack |inteldialect |unwind )*"/.test(body)) return other;
  const [whole = '', callee = ''] =
    /(?: |\* ?)(@(?:"[^"]*"|[\w.$]+)|%(?:"[^"]*"|[\w.$]+))\(/.exec(body) ?? [];
  if (callee === '') return other;
  const list = body.slice(body.indexOf(whole) + whole.length);
  const inside = list.slice(0, closingOf(list));
  const args = inside === '' ? [] : splitList(inside).map(operandIn);
  return { kind: 'call', result, callee: unquoted(callee), args };
}

/** The operand in `ptr noundef nonnull align 8 %p`, `i32 5`, `ptr getelementptr inbounds (…)`. */
export function operandIn(text: string): Operand {
  const trimmed = text.trim();
  const expression =
    /(?:getelementptr|bitcast|inttoptr|ptrtoint|addrspacecast|blockaddress|select|sub|add|and|or|xor|shl)\b.*\(.*$/.exec(
      trimmed,
    )?.[0];
  if (expression !== undefined && !trimmed.startsWith('%')) return expression;
  const quoted = /[%@]"[^"]*"$/.exec(trimmed)?.[0];
  return quoted ?? trimmed.slice(trimmed.lastIndexOf(' ') + 1);
}
