// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';

/** A struct full of bit-fields, and how C names each of them. */
export interface BitFieldShape {
  readonly definition: string;
  readonly tag: string;
  /** `a`, `in.b`, `row[1].c`. */
  readonly fields: readonly string[];
}

/** What the definitions need in front of them; the types are as wide on every machine. */
export const BIT_FIELD_PRELUDE = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
typedef signed char s8; typedef short s16; typedef int s32; typedef long long s64; typedef _Bool bool;
enum plain { PLAIN_A, PLAIN_B = 1000 };
enum minus { MINUS_A = -1, MINUS_B = 5 };
`;

const TYPES = {
  bool: 1,
  u8: 8,
  s8: 8,
  u16: 16,
  s16: 16,
  u32: 32,
  s32: 32,
  u64: 64,
  s64: 64,
  'enum plain': 32,
  'enum minus': 32,
} as const;
type Type = keyof typeof TYPES;

const type = fc.constantFrom(...(Object.keys(TYPES) as Type[]));

type Member =
  | { readonly is: 'plain'; readonly type: Type; readonly count: number }
  | { readonly is: 'bits'; readonly type: Type; readonly width: number; readonly attribute: string }
  | { readonly is: 'unnamed'; readonly type: Type; readonly width: number }
  | { readonly is: 'record'; readonly anonymous: boolean; readonly count: number; readonly record: Shape };

interface Shape {
  readonly union: boolean;
  readonly attribute: string;
  readonly members: readonly Member[];
}

const bits: fc.Arbitrary<Member> = type.chain((one) =>
  fc.record({
    is: fc.constant('bits' as const),
    type: fc.constant(one),
    // Flags and narrow fields are what drivers have; full widths are where plain integers begin.
    width: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: Math.min(4, TYPES[one]) }) },
      { weight: 5, arbitrary: fc.integer({ min: 1, max: TYPES[one] }) },
      { weight: 1, arbitrary: fc.constant(TYPES[one]) },
    ),
    attribute: often('', 'packed', 'aligned(4)'),
  }),
);

const unnamed: fc.Arbitrary<Member> = type.chain((one) =>
  fc.record({
    is: fc.constant('unnamed' as const),
    type: fc.constant(one),
    width: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: TYPES[one] })),
  }),
);

const plain: fc.Arbitrary<Member> = fc.record({
  is: fc.constant('plain' as const),
  type,
  count: fc.constantFrom(1, 1, 1, 3),
});

/** Mostly the first. */
function often(...[usual, ...others]: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(usual!) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

function member(depth: number): fc.Arbitrary<Member> {
  const flat = [
    { weight: 12, arbitrary: bits },
    { weight: 2, arbitrary: unnamed },
    { weight: 3, arbitrary: plain },
  ];
  if (depth === 0) return fc.oneof(...flat);
  const nested = fc.record({
    is: fc.constant('record' as const),
    anonymous: fc.boolean(),
    count: fc.constantFrom(1, 1, 1, 2),
    record: shape(depth - 1),
  });
  return fc.oneof(...flat, { weight: 2, arbitrary: nested });
}

const shape = (depth: number): fc.Arbitrary<Shape> =>
  fc.record({
    union: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    attribute: often('', 'packed', 'packed', 'packed, aligned(2)', 'packed, aligned(4)', 'aligned(8)'),
    members: fc.array(member(depth), { minLength: 1, maxLength: 7 }),
  });

/** Shapes with at least one bit-field each, tagged `b0`, `b1`, …. */
export function randomBitFields(count: number): fc.Arbitrary<BitFieldShape[]> {
  return fc
    .array(shape(2), { minLength: count, maxLength: count })
    .map((all) => all.map((one, i) => render(`b${i}`, one)));
}

function render(tag: string, top: Shape): BitFieldShape {
  const fields: string[] = [];
  let names = 0;

  function body({ members, attribute }: Shape, prefix: string): string {
    // A record of unnamed members alone would have none at all.
    fields.push(`${prefix}f${names}`);
    const first = `u32 f${names++} : 3;`;
    const all = [...members.map((one) => declare(one, prefix)), first].join(' ');
    return `{ ${all} }${attribute === '' ? '' : ` __attribute__((${attribute}))`}`;
  }

  function declare(one: Member, prefix: string): string {
    const name = `m${names++}`;
    const attribute = one.is === 'bits' && one.attribute !== '' ? ` __attribute__((${one.attribute}))` : '';
    switch (one.is) {
      case 'plain':
        return `${one.type} ${name}${one.count > 1 ? `[${one.count}]` : ''};`;
      case 'unnamed':
        return `${one.type} : ${one.width};`;
      case 'bits':
        fields.push(prefix + name);
        return `${one.type} ${name} : ${one.width}${attribute};`;
      case 'record': {
        const keyword = one.record.union ? 'union' : 'struct';
        if (one.anonymous) return `${keyword} ${body(one.record, prefix)};`;
        if (one.count === 1) return `${keyword} ${body(one.record, `${prefix}${name}.`)} ${name};`;
        return `${keyword} ${body(one.record, `${prefix}${name}[1].`)} ${name}[${one.count}];`;
      }
    }
  }

  const keyword = top.union ? 'union' : 'struct';
  return { tag: `${keyword} ${tag}`, definition: `${keyword} ${tag} ${body(top, '')};`, fields };
}
