// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Bit-fields of one memory location, by their widths, and a byte behind them. */
export const fields = { a: 1, b: 1, c: 1, d: 2, e: 3, f: 1, g: 4, h: 1, plain: 8 } as const;
export type FieldName = keyof typeof fields;
const names = Object.keys(fields) as FieldName[];
const parameters = ['p', 'q', 'r'] as const;
export type Arguments = Readonly<Record<(typeof parameters)[number], number>>;

/** What a function does to the struct that it is given. */
type Statement =
  | { readonly kind: 'set'; readonly field: FieldName; readonly value: string }
  | { readonly kind: 'if'; readonly when: Condition; readonly yes: Body; readonly no: Body }
  | { readonly kind: 'switch'; readonly on: keyof Arguments; readonly cases: readonly Body[] }
  | { readonly kind: 'loop'; readonly times: keyof Arguments; readonly body: Body };
export type Body = readonly Statement[];

interface Condition {
  readonly parameter: keyof Arguments;
  readonly bit: number;
}

/** Numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** The generator mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function randomBody(random: Random, depth = 3): Body {
  const pick = <T>(some: readonly T[]): T => some[random(some.length)]!;
  const one = (): Statement => {
    switch (depth === 0 ? 0 : random(8)) {
      case 5:
      case 6:
        return {
          kind: 'if',
          when: { parameter: pick(parameters), bit: random(3) },
          yes: randomBody(random, depth - 1),
          no: random(3) === 0 ? [] : randomBody(random, depth - 1),
        };
      case 7:
        return random(3) === 0
          ? { kind: 'loop', times: pick(parameters), body: randomBody(random, depth - 1) }
          : {
              kind: 'switch',
              on: pick(parameters),
              cases: Array.from({ length: 2 + random(3) }, () => randomBody(random, depth - 1)),
            };
      default:
        return {
          kind: 'set',
          field: pick(names),
          value: pick(['0', '1', '1', pick(parameters), `${pick(parameters)} & 1`, '3']),
        };
    }
  };
  return Array.from({ length: 1 + random(2) }, one);
}

/** The body as C. */
export const inC = (body: Body): string => body.map(statementInC).join('\n\t');

function statementInC(statement: Statement): string {
  switch (statement.kind) {
    case 'set':
      return `t->${statement.field} = ${statement.value};`;
    case 'if': {
      const { when, yes, no } = statement;
      return `if (${when.parameter} & ${1 << when.bit}) { ${inC(yes)} } else { ${inC(no)} }`;
    }
    case 'switch': {
      const cases = statement.cases.map((one, i) => `case ${i}: ${inC(one)} break;`);
      return `switch (${statement.on} & 3) { ${cases.join(' ')} }`;
    }
    case 'loop':
      return `for (int i = 0; i < (${statement.times} & 3); i++) { ${inC(statement.body)} }`;
  }
}

/** The fields that are set when it is called with these. */
export function setBy(body: Body, given: Arguments): Set<FieldName> {
  const set = new Set<FieldName>();
  const run = (some: Body): void => {
    for (const statement of some)
      switch (statement.kind) {
        case 'set':
          set.add(statement.field);
          break;
        case 'if': {
          const { when, yes, no } = statement;
          run((given[when.parameter] & (1 << when.bit)) !== 0 ? yes : no);
          break;
        }
        case 'switch':
          run(statement.cases[given[statement.on] & 3] ?? []);
          break;
        case 'loop':
          if ((given[statement.times] & 3) > 0) run(statement.body);
      }
  };
  run(body);
  return set;
}
