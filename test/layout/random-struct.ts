// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';

/** A scalar in a random struct, and what is known of it without any debug information. */
export interface Leaf {
  /** As lostbit writes it: pointers are followed by a dot. */
  readonly path: string;
  /** As C writes it. */
  readonly lvalue: string;
  readonly kind: 'bool' | 'signed' | 'unsigned' | 'pointer';
  readonly width: number;
  readonly type: string;
  /** The pointer that leads to it, null where it lies in the struct itself. */
  readonly through: string | null;
}

export interface RandomStruct {
  readonly tag: string;
  readonly definition: string;
  readonly leaves: readonly Leaf[];
}

interface Scalar {
  readonly type: string;
  readonly kind: Leaf['kind'];
  readonly width: number;
}

type MemberSpec =
  | { readonly is: 'scalar'; readonly scalar: Scalar; readonly counts: readonly number[] }
  | { readonly is: 'bits'; readonly scalar: Scalar; readonly width: number; readonly named: boolean }
  | { readonly is: 'pointer' }
  | { readonly is: 'record'; readonly anonymous: boolean; readonly record: RecordSpec };

interface RecordSpec {
  readonly union: boolean;
  readonly packed: boolean;
  readonly members: readonly MemberSpec[];
}

/** What the definitions need in front of them. */
export const PRELUDE = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
typedef _Bool bool;
enum plain { PLAIN_A, PLAIN_B = 1000 };
enum minus { MINUS_A = -1, MINUS_B = 5 };
struct target { u8 lead; int value : 11; bool flag : 1; u16 last; };
`;

const scalars: readonly Scalar[] = [
  { type: 'bool', kind: 'bool', width: 8 },
  { type: 'signed char', kind: 'signed', width: 8 },
  { type: 'u8', kind: 'unsigned', width: 8 },
  { type: 'short', kind: 'signed', width: 16 },
  { type: 'u16', kind: 'unsigned', width: 16 },
  { type: 'int', kind: 'signed', width: 32 },
  { type: 'u32', kind: 'unsigned', width: 32 },
  { type: 'long long', kind: 'signed', width: 64 },
  { type: 'u64', kind: 'unsigned', width: 64 },
  { type: 'enum plain', kind: 'unsigned', width: 32 },
  { type: 'enum minus', kind: 'signed', width: 32 },
];

const plain: fc.Arbitrary<MemberSpec> = fc.record({
  is: fc.constant('scalar' as const),
  scalar: fc.constantFrom(...scalars),
  counts: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }) },
  ),
});

/** Up to 57 bits: a wider packed bit-field may take nine bytes, which no load covers. */
const bitField = (fullWidth: boolean): fc.Arbitrary<MemberSpec> =>
  fc.constantFrom(...scalars).chain((scalar) => {
    const widest = scalar.kind === 'bool' ? 1 : Math.min(scalar.width - Number(!fullWidth), 57);
    return fc.record({
      is: fc.constant('bits' as const),
      scalar: fc.constant(scalar),
      width: fc.integer({ min: 1, max: widest }),
      named: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
    });
  });

function member(depth: number, fullWidth: boolean): fc.Arbitrary<MemberSpec> {
  const flat = [
    { weight: 4, arbitrary: plain },
    { weight: 8, arbitrary: bitField(fullWidth) },
    { weight: 1, arbitrary: fc.constant<MemberSpec>({ is: 'pointer' }) },
  ];
  if (depth === 0) return fc.oneof(...flat);
  const nested = fc.record({
    is: fc.constant('record' as const),
    anonymous: fc.boolean(),
    record: record(depth - 1, fullWidth),
  });
  return fc.oneof(...flat, { weight: 2, arbitrary: nested });
}

function record(depth: number, fullWidth: boolean): fc.Arbitrary<RecordSpec> {
  return fc.record({
    union: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    packed: fc.integer({ min: 0, max: 2 }).map((n) => n === 0),
    members: fc.array(member(depth, fullWidth), { minLength: 1, maxLength: 7 }),
  });
}

/** Structs of all C offers, tagged `s0`, `s1`, …; `fullWidth`: bit-fields may be as wide as their type. */
export function randomStructs(count: number, fullWidth: boolean): fc.Arbitrary<RandomStruct[]> {
  return fc
    .array(record(2, fullWidth), { minLength: count, maxLength: count })
    .map((specs) => specs.map((spec, i) => render(`s${i}`, spec)));
}

function render(tag: string, spec: RecordSpec): RandomStruct {
  const leaves: Leaf[] = [];
  let names = 0;

  function body(record: RecordSpec, prefix: string): string {
    const members = record.members.map((member) => declare(member, prefix)).join(' ');
    // A record of unnamed bit-fields alone would have no member at all.
    const first = declare({ is: 'scalar', scalar: scalars[2]!, counts: [] }, prefix);
    return `{ ${record.union ? `${members} ${first}` : `${first} ${members}`} }${record.packed ? ' __attribute__((packed))' : ''}`;
  }

  function leaf(path: string, scalar: Scalar, width = scalar.width) {
    leaves.push({ path, lvalue: path, kind: scalar.kind, width, type: scalar.type, through: null });
  }

  function declare(member: MemberSpec, prefix: string): string {
    const name = `m${names++}`;
    const path = `${prefix}${name}`;
    switch (member.is) {
      case 'scalar':
        for (const indices of allIndices(member.counts)) leaf(`${path}${indices}`, member.scalar);
        return `${member.scalar.type} ${name}${member.counts.map((count) => `[${count}]`).join('')};`;
      case 'bits':
        if (member.named) leaf(path, member.scalar, member.width);
        return `${member.scalar.type} ${member.named ? name : ''} : ${member.width};`;
      case 'pointer': {
        const type = 'struct target *';
        leaves.push({ path, lvalue: path, kind: 'pointer', width: 32, type, through: null });
        const inside = (field: string, kind: Leaf['kind'], width: number, type: string): Leaf => ({
          path: `${path}.${field}`,
          lvalue: `${path}->${field}`,
          kind,
          width,
          type,
          through: path,
        });
        leaves.push(inside('value', 'signed', 11, 'int'), inside('flag', 'bool', 1, 'bool'));
        leaves.push(inside('last', 'unsigned', 16, 'u16'));
        return `struct target *${name};`;
      }
      case 'record': {
        const keyword = member.record.union ? 'union' : 'struct';
        return member.anonymous
          ? `${keyword} ${body(member.record, prefix)};`
          : `${keyword} ${body(member.record, `${path}.`)} ${name};`;
      }
    }
  }

  const text = body({ ...spec, union: false }, '');
  return { tag, definition: `struct ${tag} ${text};`, leaves };
}

function allIndices(counts: readonly number[]): string[] {
  return counts.reduce(
    (paths, count) => paths.flatMap((path) => Array.from({ length: count }, (_, i) => `${path}[${i}]`)),
    [''],
  );
}
