// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Evaluated, Value } from './values.js';

/** All bits of a value; one of 32 bits is held as if the upper half were zero. */
export const ALL = (1n << 64n) - 1n;
const LOW_HALF = (1n << 32n) - 1n;

const Opcode = {
  select: 0x1b,
  i32Eqz: 0x45,
  lastComparison: 0x66,
  i32LtS: 0x48,
  i32GtS: 0x4a,
  i32LeS: 0x4c,
  i32GeS: 0x4e,
  i64LtS: 0x53,
  i64GtS: 0x55,
  i64LeS: 0x57,
  i64GeS: 0x59,
  i32Add: 0x6a,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i64Add: 0x7c,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrS: 0x87,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
  i64ExtendI32S: 0xac,
  i64ExtendI32U: 0xad,
  i32Extend8S: 0xc0,
  i32Extend16S: 0xc1,
  i64Extend8S: 0xc2,
  i64Extend16S: 0xc3,
  i64Extend32S: 0xc4,
} as const;

/** Narrow loads that repeat the sign above the bits they read. */
const signedLoads = new Set([0x2c, 0x2e, 0x30, 0x32, 0x34]);

/** Bits that extending the sign keeps. */
const extended = new Map<number, bigint>([
  [Opcode.i64ExtendI32S, 32n],
  [Opcode.i32Extend8S, 8n],
  [Opcode.i32Extend16S, 16n],
  [Opcode.i64Extend8S, 8n],
  [Opcode.i64Extend16S, 16n],
  [Opcode.i64Extend32S, 32n],
]);

/** What is known of a value's bits; each bit is in at most one of `kept`, `zero` and `one`. */
export interface Known {
  /** They are those of a value that is asked about, in the same places. */
  readonly kept: bigint;
  /** They may be those: all that are kept, and some of which that is not known. */
  readonly may: bigint;
  readonly zero: bigint;
  readonly one: bigint;
}

export const nothing: Known = { kept: 0n, may: 0n, zero: 0n, one: 0n };

/** What is known of a value that has nothing of those that are asked about. */
export const ofBits = (zero: bigint, one = 0n): Known => ({ kept: 0n, may: 0n, zero, one });

export function maskOf(bytes: number): bigint {
  return (1n << BigInt(bytes * 8)) - 1n;
}

/** What is known of values by what they are made of. */
class Knowledge {
  readonly #of: ReadonlySet<Value>;
  readonly #known = new Map<Value, Known>();

  /** @param of whose bits may be kept in others. */
  constructor(of: ReadonlySet<Value>) {
    this.#of = of;
  }

  readonly look = (value: Value): Known => {
    const before = this.#known.get(value);
    if (before !== undefined) return before;
    this.#known.set(value, nothing); // where a loop leads back here
    const known = this.#look(value);
    this.#known.set(value, known);
    return known;
  };

  #look(value: Value): Known {
    switch (value.made) {
      case 'constant':
        return ofBits(ALL & ~value.constant, value.constant);
      case 'read':
        return knownOfRead(value, this.#of);
      case 'computed':
        return knownOf(value.opcode, value.from, this.look);
      case 'merged':
        return value.from.map(this.look).reduce(common, value.from.length === 0 ? nothing : everything);
      case 'bool':
        return ofBits(ALL & ~1n);
      case 'global':
      case 'otherwise':
        return nothing;
    }
  }
}

/** What is known of a value read, which is kept where it is one of `of`. */
export function knownOfRead(value: Value, of: ReadonlySet<Value>): Known {
  const { bytes, opcode } = value.access!;
  const low = maskOf(bytes!);
  const zero = signedLoads.has(opcode) ? 0n : ALL & ~low;
  const kept = of.has(value) ? low : 0n;
  return { kept, may: kept, zero, one: 0n };
}

const everything: Known = { kept: ALL, may: 0n, zero: ALL, one: ALL };

export function common(a: Known, b: Known): Known {
  return { kept: a.kept & b.kept, may: a.may | b.may, zero: a.zero & b.zero, one: a.one & b.one };
}

/** What is known of a value that an instruction computes from others. */
export function knownOf(opcode: number, from: readonly Value[], look: (value: Value) => Known): Known {
  const [first, second] = from as [Value, Value];
  switch (opcode) {
    case Opcode.i32And:
    case Opcode.i64And: {
      const [a, b] = [look(first), look(second)];
      const kept = (a.kept & b.one) | (a.one & b.kept) | (a.kept & b.kept);
      const may = (a.may & ~b.zero) | (b.may & ~a.zero);
      return { kept, may, zero: a.zero | b.zero, one: a.one & b.one };
    }
    case Opcode.i32Add:
    case Opcode.i64Add: // where nothing can be carried
    case Opcode.i32Or:
    case Opcode.i64Or: {
      const [a, b] = [look(first), look(second)];
      const carries = ALL & ~(a.zero | b.zero);
      if (opcode === Opcode.i32Add && (carries & LOW_HALF) !== 0n) return nothing;
      if (opcode === Opcode.i64Add && carries !== 0n) return nothing;
      const kept = (a.kept & b.zero) | (a.zero & b.kept) | (a.kept & b.kept);
      const may = (a.may & ~b.one) | (b.may & ~a.one);
      return { kept, may, zero: a.zero & b.zero, one: a.one | b.one };
    }
    case Opcode.i32Xor:
    case Opcode.i64Xor: {
      const [a, b] = [look(first), look(second)];
      const equal = (a.zero & b.zero) | (a.one & b.one) | (a.kept & b.kept);
      return {
        kept: (a.kept & b.zero) | (a.zero & b.kept),
        may: (a.may & ~b.one) | (b.may & ~a.one),
        zero: equal,
        one: (a.zero & b.one) | (a.one & b.zero),
      };
    }
    case Opcode.i32Shl:
    case Opcode.i64Shl: {
      const by = shiftOf(opcode, second);
      if (by === null) return nothing;
      const width = opcode === Opcode.i32Shl ? LOW_HALF : ALL;
      const { zero, one } = look(first);
      return ofBits(((zero << by) & width) | ((1n << by) - 1n) | (ALL & ~width), (one << by) & width);
    }
    case Opcode.i32ShrU:
    case Opcode.i64ShrU: {
      const by = shiftOf(opcode, second);
      if (by === null) return nothing;
      const width = opcode === Opcode.i32ShrU ? LOW_HALF : ALL;
      const { zero, one } = look(first);
      return ofBits(((zero & width) >> by) | (ALL & ~(width >> by)), (one & width) >> by);
    }
    case Opcode.select:
      return common(look(first), look(second));
    case Opcode.i32WrapI64: {
      const { kept, may, zero, one } = look(first);
      return {
        kept: kept & LOW_HALF,
        may: may & LOW_HALF,
        zero: zero | (ALL & ~LOW_HALF),
        one: one & LOW_HALF,
      };
    }
    case Opcode.i64ExtendI32U:
      return look(first);
    default: {
      const bits = extended.get(opcode);
      if (bits !== undefined) {
        const { kept, may, zero, one } = look(first);
        const low = (1n << bits) - 1n;
        return { kept: kept & low, may: may & low, zero: zero & low, one: one & low };
      }
      const compares = opcode >= Opcode.i32Eqz && opcode <= Opcode.lastComparison;
      return compares ? ofBits(ALL & ~1n) : nothing;
    }
  }
}

/** How far a shift by a constant goes; null where it is none. */
function shiftOf(opcode: number, by: Value): bigint | null {
  if (by.made !== 'constant') return null;
  return by.constant & (opcode < Opcode.i64Add ? 31n : 63n);
}

/**
 * What is asked of the bits of a value: all that `may` make a difference; those that the code looks at `whatever` comes, since
 * of a choice, and of what two conditions say together, a compiler may have read what does not count; or those of one field
 * for `sure`: where a choice, or a mask that is computed, says which bits of a value are looked at, it is none of them.
 */
export type Asked = 'may' | 'whatever' | 'sure';

/** Which bits of each value make a difference to what becomes of it. */
export class Demand {
  readonly #bits = new Map<Value, bigint>();
  readonly #knowledge = new Knowledge(new Set());
  readonly #asked: Asked;

  constructor({ used }: Evaluated, asked: Asked = 'may') {
    this.#asked = asked;
    for (const value of used) this.add(value);
  }

  /** Of a value read, those bits of what was read. */
  of(value: Value): bigint {
    const bits = this.#bits.get(value) ?? 0n;
    if (value.made !== 'read') return bits;
    const { bytes, opcode } = value.access!;
    const low = maskOf(bytes!);
    const sign = signedLoads.has(opcode) && (bits & ~low) !== 0n ? (low >> 1n) + 1n : 0n;
    return (bits & low) | sign;
  }

  /** Some of a value's bits make a difference, and so do those that they are made of. */
  add(value: Value, bits = ALL): void {
    const left: (readonly [Value, bigint])[] = [[value, bits]];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [one, more] = next;
      const before = this.#bits.get(one) ?? 0n;
      if ((more & ~before) === 0n) continue;
      this.#bits.set(one, before | more);
      left.push(...this.#needed(one, more));
    }
  }

  #needed(value: Value, bits: bigint): readonly (readonly [Value, bigint])[] {
    const { made, from } = value;
    if (made === 'merged') {
      const chosen = this.#asked === 'sure' ? withoutChoices(from) : from;
      return chosen.map((one) => [one, bits] as const);
    }
    if (made !== 'computed' || (this.#asked === 'whatever' && mayNotCount(value))) return [];
    const { look } = this.#knowledge;
    return (this.#asked === 'sure' ? neededForSure(value, bits, look) : null) ?? neededFor(value, bits, look);
  }
}

/** Of values one of which is taken, those that are not made of what another one is made of, too. */
function withoutChoices(from: readonly Value[]): Value[] {
  const reads = from.map(readsIn);
  return from.filter(
    (_, i) => !reads.some((other, j) => j !== i && [...other].some((one) => reads[i]!.has(one))),
  );
}

/** What {@link neededFor} says too much of: bits that only one of several operands asks for. Null where it says it right. */
function neededForSure(
  value: Value,
  bits: bigint,
  look: (value: Value) => Known,
): (readonly [Value, bigint])[] | null {
  const { opcode, from } = value;
  const [first, second] = from as [Value, Value];
  const isComputed = (mask: Value) => mask.made !== 'constant' && readsIn(mask).size === 0;
  switch (opcode) {
    case Opcode.select:
      return withoutChoices([first, second]).map((one) => [one, bits]);
    case Opcode.i32And:
    case Opcode.i64And:
      return [
        [first, bits & (isComputed(second) ? look(second).one : ~look(second).zero)],
        [second, bits & (isComputed(first) ? look(first).one : ~look(first).zero)],
      ];
    case Opcode.i32Shl:
    case Opcode.i64Shl:
    case Opcode.i32ShrU:
    case Opcode.i64ShrU:
    case Opcode.i32ShrS:
    case Opcode.i64ShrS:
      return shiftOf(opcode, second) === null ? [[second, ALL]] : null;
    default:
      return null;
  }
}

/** Is it made of several values of which some may be of no account? */
function mayNotCount({ opcode, from }: Value): boolean {
  switch (opcode) {
    case Opcode.select:
      return true;
    case Opcode.i32And:
    case Opcode.i64And:
    case Opcode.i32Or:
    case Opcode.i64Or:
      return new Set(from.flatMap((value) => [...readsIn(value)])).size > 1;
    default:
      return false;
  }
}

/** The values read that a value is made of. */
export function readsIn(value: Value): Set<Value> {
  const seen = new Set([value]);
  for (const one of seen) if (one.made !== 'read') for (const from of one.from) seen.add(from);
  return new Set([...seen].filter(({ made }) => made === 'read'));
}

/** Does it do arithmetic, and not only move bits about? */
export function calculates({ made, opcode }: Value): boolean {
  if (made !== 'computed' || opcode === Opcode.select) return false;
  const moves = extended.has(opcode) || opcode === Opcode.i32WrapI64 || opcode === Opcode.i64ExtendI32U;
  const combines =
    (opcode >= Opcode.i32And && opcode <= Opcode.i32ShrU) ||
    (opcode >= Opcode.i64And && opcode <= Opcode.i64ShrU);
  return !moves && !combines;
}

/** Which bits of its operands these bits of a value depend on. */
function neededFor(
  { opcode, from }: Value,
  bits: bigint,
  look: (value: Value) => Known,
): (readonly [Value, bigint])[] {
  const [first, second] = from as [Value, Value];
  switch (opcode) {
    case Opcode.i32And:
    case Opcode.i64And:
      return [
        [first, bits & ~look(second).zero],
        [second, bits & ~look(first).zero],
      ];
    case Opcode.i32Or:
    case Opcode.i64Or:
      return [
        [first, bits & ~look(second).one],
        [second, bits & ~look(first).one],
      ];
    case Opcode.i32Xor:
    case Opcode.i64Xor:
      return from.map((value) => [value, bits]);
    case Opcode.i32Shl:
    case Opcode.i64Shl: {
      const by = shiftOf(opcode, second);
      if (by !== null) return [[first, bits >> by]];
      break;
    }
    case Opcode.i32ShrU:
    case Opcode.i64ShrU:
    case Opcode.i32ShrS:
    case Opcode.i64ShrS: {
      const by = shiftOf(opcode, second);
      const narrow = opcode < Opcode.i64Add;
      const width = narrow ? LOW_HALF : ALL;
      const signed = opcode === Opcode.i32ShrS || opcode === Opcode.i64ShrS;
      const sign = signed ? 1n << (narrow ? 31n : 63n) : 0n;
      if (by !== null) return [[first, (((bits & width) << by) & width) | sign]];
      break;
    }
    case Opcode.select:
      return [
        [first, bits],
        [second, bits],
      ];
    case Opcode.i32WrapI64:
    case Opcode.i64ExtendI32U:
      return [[first, bits & LOW_HALF]];
    case Opcode.i32LtS:
    case Opcode.i32GeS:
      if (isConstant(second, 0n)) return [[first, 1n << 31n]];
      break;
    case Opcode.i32GtS:
    case Opcode.i32LeS:
      if (isConstant(second, LOW_HALF)) return [[first, 1n << 31n]];
      break;
    case Opcode.i64LtS:
    case Opcode.i64GeS:
      if (isConstant(second, 0n)) return [[first, 1n << 63n]];
      break;
    case Opcode.i64GtS:
    case Opcode.i64LeS:
      if (isConstant(second, ALL)) return [[first, 1n << 63n]];
      break;
    default: {
      const kept = extended.get(opcode);
      if (kept === undefined) break;
      const low = (1n << kept) - 1n;
      const sign = (bits & ~low) === 0n ? 0n : (low >> 1n) + 1n;
      return [[first, (bits & low) | sign]];
    }
  }
  return from.map((value) => [value, ALL]);
}

function isConstant({ made, constant }: Value, expected: bigint): boolean {
  return made === 'constant' && constant === expected;
}
