// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** A condition of Kconfig's. */
export type Expression =
  | { readonly kind: 'symbol'; readonly name: string }
  /** In quotes, or a number; `y`, `m` and `n` besides. */
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: Expression;
      readonly right: Expression;
    }
  /** A macro's value, or what is no expression. */
  | { readonly kind: 'unknown'; readonly text: string };

/** What holds always. */
export const always: Expression = { kind: 'and', parts: [] };

const token =
  /\s*(?:(\|\||&&|!=|<=|>=|[!=<>()])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\$\((?:[^()]|\([^()]*\))*\))|([\w./-]+))/y;

interface Token {
  readonly operator?: string;
  readonly value?: Expression;
}

/** How deep parentheses and negations may be in each other. */
const deepest = 100;

/** Reads an expression; what is none is unknown as a whole. */
export function expressionOf(text: string): Expression {
  const tokens = tokensOf(text);
  const unknown: Expression = { kind: 'unknown', text };
  if (tokens === null) return unknown;
  if (tokens.length === 0) return always;
  let at = 0;
  const next = (operator: string): boolean => {
    if (tokens[at]?.operator !== operator) return false;
    at++;
    return true;
  };
  const either = (depth: number): Expression | null => listOf('or', '||', depth, both);
  const both = (depth: number): Expression | null => listOf('and', '&&', depth, one);

  function listOf(
    kind: 'and' | 'or',
    operator: string,
    depth: number,
    part: (depth: number) => Expression | null,
  ): Expression | null {
    const parts: Expression[] = [];
    do {
      const read = part(depth);
      if (read === null) return null;
      parts.push(read);
    } while (next(operator));
    return parts.length === 1 ? parts[0]! : { kind, parts };
  }

  function one(depth: number): Expression | null {
    if (depth > deepest) return null;
    if (next('!')) {
      const of = one(depth + 1);
      return of === null ? null : { kind: 'not', of };
    }
    if (next('(')) {
      const inner = either(depth + 1);
      return inner !== null && next(')') ? inner : null;
    }
    const left = tokens![at++]?.value;
    if (left === undefined) return null;
    const operator = tokens![at]?.operator;
    if (operator === undefined || !isComparison(operator)) return left;
    const right = tokens![at + 1]?.value;
    at += 2;
    return right === undefined ? null : { kind: 'compare', operator, left, right };
  }

  const read = either(0);
  return read !== null && at === tokens.length ? read : unknown;
}

const isComparison = (operator: string): operator is '=' | '!=' | '<' | '<=' | '>' | '>=' =>
  ['=', '!=', '<', '<=', '>', '>='].includes(operator);

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  for (let at = 0; at < trimmed.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(trimmed);
    if (found === null) return null;
    const [, operator, double, single, macro, word] = found;
    if (operator !== undefined) tokens.push({ operator });
    else if (macro !== undefined) tokens.push({ value: { kind: 'unknown', text: macro } });
    else if (word !== undefined) tokens.push({ value: wordOf(word) });
    else {
      const constant = (double ?? single ?? '').replace(/\\(.)/g, '$1');
      const kind = constant.includes('$(') ? 'unknown' : 'constant';
      tokens.push({ value: { kind, text: constant } });
    }
  }
  return tokens;
}

const wordOf = (word: string): Expression =>
  /^(?:[ymn]|-?\d+|0[xX][\da-fA-F]+)$/.test(word) || !/^\w+$/.test(word)
    ? { kind: 'constant', text: word }
    : { kind: 'symbol', name: word };

/** All of several conditions. */
export function allOf(conditions: readonly Expression[]): Expression {
  const parts = conditions.flatMap((one) => (one.kind === 'and' ? one.parts : [one]));
  return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
}

/** The symbols without which an expression cannot hold: those that it names on all ways, and not to be off. */
export function neededBy(expression: Expression): string[] {
  if (expression.kind === 'symbol') return [expression.name];
  if (expression.kind === 'and') return [...new Set(expression.parts.flatMap(neededBy))];
  if (expression.kind === 'compare') {
    const { operator, left, right } = expression;
    const isOn =
      right.kind === 'constant' &&
      ((operator === '=' && (right.text === 'y' || right.text === 'm')) ||
        (operator === '!=' && right.text === 'n'));
    return isOn && left.kind === 'symbol' ? [left.name] : [];
  }
  return [];
}

/**
 * Whether an expression holds: null where that follows from what is not known.
 *
 * @param value of a symbol, `n` where it is off; null where it is not known.
 */
export function holds(expression: Expression, value: (symbol: string) => string | null): boolean | null {
  switch (expression.kind) {
    case 'symbol': {
      const state = value(expression.name);
      return state === null ? null : state === 'y' || state === 'm';
    }
    case 'constant':
      return expression.text === 'y' || expression.text === 'm';
    case 'unknown':
      return null;
    case 'not': {
      const inner = holds(expression.of, value);
      return inner === null ? null : !inner;
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      const each = expression.parts.map((part) => holds(part, value));
      if (each.includes(decisive)) return decisive;
      return each.includes(null) ? null : !decisive;
    }
    case 'compare': {
      const [left, right] = [expression.left, expression.right].map((side) => textOf(side, value));
      if (left === null || left === undefined || right === null || right === undefined) return null;
      return compared(expression.operator, left, right);
    }
  }
}

function textOf(side: Expression, value: (symbol: string) => string | null): string | null {
  if (side.kind === 'symbol') return value(side.name);
  return side.kind === 'constant' ? side.text : null;
}

function compared(operator: string, left: string, right: string): boolean {
  const order = ['n', 'm', 'y'];
  const areStates = order.includes(left) && order.includes(right);
  const [a, b] = areStates
    ? [order.indexOf(left), order.indexOf(right)]
    : [Number(left || Number.NaN), Number(right || Number.NaN)];
  const difference = Number.isNaN(a) || Number.isNaN(b) ? (left < right ? -1 : left > right ? 1 : 0) : a - b;
  if (operator === '=') return difference === 0;
  if (operator === '!=') return difference !== 0;
  if (operator === '<') return difference < 0;
  if (operator === '<=') return difference <= 0;
  return operator === '>' ? difference > 0 : difference >= 0;
}
