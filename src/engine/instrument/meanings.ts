// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { memoized } from '../../memoized.js';
import { type Edit, type Edited, growth } from '../../wasm/edits.js';
import { sleb32, sleb64, uleb } from '../../wasm/leb.js';
import { ValueType } from './access-shapes.js';
import { knownOfRead, maskOf } from './bits.js';
import { type Change, changeOf } from './changes.js';
import { type HookOptions, rewritten } from './hook-accesses.js';
import { functionTypes } from './module-types.js';
import { type EvaluatedFunction, evaluatedFunctions, sitesOf } from './sites.js';
import { isSelect, type Value, type Write } from './values.js';

const Opcode = {
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  i32Const: 0x41,
  i64Const: 0x42,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i32Add: 0x6a,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i64Clz: 0x79,
  i64Ctz: 0x7a,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64Shl: 0x86,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i32WrapI64: 0xa7,
  i64ExtendI32S: 0xac,
  i64ExtendI32U: 0xad,
} as const;

const LOW_HALF = (1n << 32n) - 1n;
/** The bits of its operand that an instruction leaves where they are. */
const leaves = new Map<number, bigint>([
  [Opcode.i32WrapI64, LOW_HALF],
  [Opcode.i64ExtendI32U, LOW_HALF],
  [Opcode.i64ExtendI32S, LOW_HALF],
  [0xc0, maskOf(1)], // i32.extend8_s
  [0xc1, maskOf(2)], // i32.extend16_s
  [0xc2, maskOf(1)], // i64.extend8_s
  [0xc3, maskOf(2)], // i64.extend16_s
  [0xc4, maskOf(4)], // i64.extend32_s
]);
const combining: readonly number[] = [
  Opcode.i32Add,
  Opcode.i32And,
  Opcode.i32Or,
  Opcode.i32Xor,
  Opcode.i64Add,
  Opcode.i64And,
  Opcode.i64Or,
  Opcode.i64Xor,
];

/** A module that finds out at run time, at each store that may mean one field or another, which one it means. */
export interface Knowing extends Edited {
  /**
   * By number of such an access, the local of its function that holds, right before it, which of its variants it is,
   * counted from 1; 0: unknown.
   */
  readonly locals: ReadonlyMap<number, number>;
}

/**
 * Instruments a module to find out which field a store means. A store that writes most of its bits back as they were read
 * means the others; which those are may depend on the path through the function, where a compiler has merged several stores
 * into one. For each value on the way from what was read to such a store, a shadow value is computed that says which of
 * its bits are still those that were read: the analysis of bits.ts, done at run time on the actual operands.
 *
 * Indices, exports, names, data and the numbers of accesses stay as they are; debug information is no longer valid.
 * Throws what {@link sitesOf} does.
 */
export const knowingMeanings = memoized((module: Uint8Array): Knowing => {
  const sites = sitesOf(module);
  const functions = new Set(
    sites.filter(({ variants }) => variants.length > 0).map(({ functionIndex }) => functionIndex),
  );
  const locals = new Map<number, number>();
  const types = functionTypes(module);
  const bodies: Edit[] = [];
  for (const one of evaluatedFunctions(module, ({ body }) => functions.has(body.index))) {
    const parameters = types[one.decoded.body.index]!.parameters.length;
    const shadows = new Shadows(parameters + one.decoded.locals.count);
    const inside = one.evaluated.writes.flatMap((write): Edit[] => {
      const { site } = write.access;
      if (sites[site]!.variants.length === 0) return [];
      const { edits, local } = followed(one, write, shadows);
      locals.set(site, local);
      return edits;
    });
    bodies.push(...withShadows(one, shadows, inside));
  }
  return { ...rewritten(module, bodies), locals };
});

/** Locals that are added to a function. */
class Shadows {
  readonly #first: number;
  readonly #types: ValueType[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  add(type: ValueType): number {
    this.#types.push(type);
    return this.#first + this.#types.length - 1;
  }

  get count(): number {
    return this.#types.length;
  }

  get declarations(): number[] {
    return this.#types.flatMap((type) => [1, type]);
  }
}

const get = (local: number) => [Opcode.localGet, ...uleb(local)];
const set = (local: number) => [Opcode.localSet, ...uleb(local)];
const constant32 = (value: number) => [Opcode.i32Const, ...sleb32(value)];
const constant64 = (value: bigint) => [Opcode.i64Const, ...sleb64(value)];
const and = (one: readonly number[], other: readonly number[]) => [...one, ...other, Opcode.i64And];
const or = (one: readonly number[], other: readonly number[]) => [...one, ...other, Opcode.i64Or];
const not = (one: readonly number[]) => [...one, ...constant64(-1n), Opcode.i64Xor];

/** The code beside the values that lead to a store, and the local that holds in the end which variant it is. */
function followed(
  { evaluated }: EvaluatedFunction,
  write: Write,
  shadows: Shadows,
): { readonly edits: Edit[]; readonly local: number } {
  const { access, operands } = write;
  const stored = operands[1]!;
  const change = changeOf(write)!;
  const of = new Set(change.of);
  const keeping = keepingValues(stored, of);
  const edits: Edit[] = [];
  const before = (at: number, bytes: readonly number[]) => edits.push({ at, remove: 0, bytes: [...bytes] });

  // What was read keeps all its bits from the start, and what has none of them needs no local.
  const kept = new Map<Value, number>();
  for (const value of keeping) if (value.made !== 'read') kept.set(value, shadows.add(ValueType.i64));
  const keptIn = (value: Value): number[] => {
    if (of.has(value)) return constant64(knownOfRead(value, of).kept);
    const local = kept.get(value);
    return local === undefined ? constant64(0n) : get(local);
  };

  for (const [value, local] of kept)
    if (value.made === 'computed') before(value.offset, besides(value, local, keptIn, shadows));

  // A local of the function takes along what is kept of what it has, for where it is one of several values.
  const holding = new Map<number, number>();
  for (const { kind, index, value } of evaluated.moves)
    if (kind === 'get' && value.made === 'merged' && kept.has(value) && !holding.has(index))
      holding.set(index, shadows.add(ValueType.i64));
  for (const { kind, index, value, offset } of evaluated.moves) {
    const holds = holding.get(index);
    if (holds === undefined) continue;
    if (kind === 'set') before(offset, [...keptIn(value), ...set(holds)]);
    else if (value.made === 'merged' && kept.has(value))
      before(offset, [...get(holds), ...set(kept.get(value)!)]);
  }

  const local = shadows.add(ValueType.i32);
  const scratch = shadows.add(ValueType.i64);
  before(access.offset, whichOf(change, access.bytes!, keptIn(stored), local, scratch));
  return { edits, local };
}

/** The values on the way from what was read to a store, as far as its bits may be kept on it. */
function keepingValues(stored: Value, of: ReadonlySet<Value>): Set<Value> {
  const way = new Set([stored]);
  for (const value of way) for (const from of passedOn(value)) way.add(from);
  // Of these, the ones that something of what was read comes to.
  const keeping = new Set([...way].filter((value) => of.has(value)));
  for (let before = -1; before !== keeping.size; ) {
    before = keeping.size;
    for (const value of way) if (passedOn(value).some((from) => keeping.has(from))) keeping.add(value);
  }
  return keeping;
}

/** The operands whose bits may be those of the result, in the same places. */
function passedOn(value: Value): readonly Value[] {
  if (value.made === 'merged') return value.from;
  if (value.made !== 'computed') return [];
  if (isSelect(value)) return value.from.slice(0, 2);
  return combining.includes(value.opcode) || leaves.has(value.opcode) ? value.from : [];
}

/** In front of an instruction: what of its result is kept, to a local; its operands stay where they are. */
function besides(
  value: Value,
  local: number,
  keptIn: (value: Value) => number[],
  shadows: Shadows,
): number[] {
  const { opcode, from } = value;
  const [first, second] = from as [Value, Value];
  const left = leaves.get(opcode);
  if (left !== undefined) return [...and(keptIn(first), constant64(left)), ...set(local)];
  if (isSelect(value)) {
    const condition = shadows.add(ValueType.i32);
    return [
      ...set(condition),
      ...[...keptIn(first), ...keptIn(second), ...get(condition), Opcode.select, ...set(local)],
      ...get(condition),
    ];
  }
  const narrow = opcode < Opcode.i64Add;
  const type = narrow ? ValueType.i32 : ValueType.i64;
  const [a, b] = [shadows.add(type), shadows.add(type)];
  const wide = (operand: number) => [...get(operand), ...(narrow ? [Opcode.i64ExtendI32U] : [])];
  // Ones and zeroes of each operand, other than those that were read.
  const [keptA, keptB] = [keptIn(first), keptIn(second)];
  const [onesA, onesB] = [and(wide(a), not(keptA)), and(wide(b), not(keptB))];
  const [zeroesA, zeroesB] = [and(not(wide(a)), not(keptA)), and(not(wide(b)), not(keptB))];
  const apart = or(and(keptA, zeroesB), and(zeroesA, keptB));
  let code: number[];
  switch (opcode) {
    case Opcode.i32And:
    case Opcode.i64And:
      code = or(or(and(keptA, onesB), and(onesA, keptB)), and(keptA, keptB));
      break;
    case Opcode.i32Or:
    case Opcode.i64Or:
      code = or(apart, and(keptA, keptB));
      break;
    case Opcode.i32Xor:
    case Opcode.i64Xor:
      code = apart;
      break;
    default: {
      // Where nothing can be carried, whatever was read.
      const carries = and(or(wide(a), keptA), or(wide(b), keptB));
      code = [...apart, ...constant64(0n), ...carries, Opcode.i64Eqz, Opcode.select];
    }
  }
  return [...set(b), ...set(a), ...code, ...set(local), ...get(a), ...get(b)];
}

/**
 * Which of the masks of a change is meant, counted from 1, where these bits are kept: of those that the code says, the one
 * whose other bits are kept, and of several such, one that is within all the others; or else what is not kept, as
 * sites.ts lists it. 0 where there is none.
 */
function whichOf(
  { variants, isOpen }: Change,
  bytes: number,
  kept: readonly number[],
  local: number,
  scratch: number,
): number[] {
  const all = maskOf(bytes);
  const keeps = variants.map((mask) => constant64(all & ~mask));
  const found = [
    // All that one of them keeps.
    ...[...constant64(0n), ...set(scratch)],
    ...keeps.flatMap((keep) => [
      ...[...keep, ...constant64(0n)],
      ...[...and(kept, keep), ...keep, Opcode.i64Eq, Opcode.select],
      ...[...get(scratch), Opcode.i64Or, ...set(scratch)],
    ]),
    ...[...constant32(0), ...set(local)],
    ...keeps.flatMap((keep, i) => [
      ...[...constant32(i + 1), ...get(local)],
      ...[...get(scratch), ...keep, Opcode.i64Eq, Opcode.select, ...set(local)],
    ]),
  ];
  if (!isOpen) return found;
  const first = variants.length + 1;
  const meant = get(scratch);
  const width = bytes * 8;
  const low = [...meant, Opcode.i64Ctz];
  const high = [...constant64(63n), ...meant, Opcode.i64Clz, Opcode.i64Sub];
  // Of a run, the bit above it alone is left when its lowest one is added.
  const isRun = [...meant, ...meant, ...[...constant64(1n), ...low, Opcode.i64Shl], Opcode.i64Add];
  const index =
    bytes === 1
      ? [...meant, Opcode.i32WrapI64]
      : [...low, ...constant64(BigInt(width)), Opcode.i64Mul, ...high, Opcode.i64Add, Opcode.i32WrapI64];
  const isKnown =
    bytes === 1
      ? [...meant, ...constant64(0n), Opcode.i64Ne]
      : [
          ...[...isRun, Opcode.i64And, Opcode.i64Eqz],
          ...[...meant, ...constant64(0n), Opcode.i64Ne, Opcode.i32And],
        ];
  return [
    ...found,
    ...[...and(not(kept), constant64(all)), ...set(scratch)],
    ...[...get(local)],
    ...[...index, ...constant32(first), Opcode.i32Add, ...constant32(0), ...isKnown, Opcode.select],
    ...[...get(local), Opcode.select, ...set(local)],
  ];
}

function withShadows(
  { decoded: { body, locals } }: EvaluatedFunction,
  shadows: Shadows,
  edits: readonly Edit[],
): Edit[] {
  const inside: Edit[] = [
    { at: body.start, remove: locals.start - body.start, bytes: uleb(locals.groups + shadows.count) },
    { at: locals.end, remove: 0, bytes: shadows.declarations },
    ...edits,
  ];
  const size = uleb(body.end - body.start + growth(inside));
  return [{ at: body.size, remove: body.start - body.size, bytes: size }, ...inside];
}

/** For {@link hookAccesses}: how such a module's accesses are reported as the variants that they are. */
export function variantsIn(module: Uint8Array): NonNullable<HookOptions['variants']> {
  const { locals } = knowingMeanings(module);
  const sites = sitesOf(module);
  return (site) => {
    const local = locals.get(site);
    return local === undefined ? undefined : { local, first: sites[site]!.variants[0]! };
  };
}
