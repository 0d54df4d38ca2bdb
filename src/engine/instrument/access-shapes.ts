// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** A value type, as the binary format writes it. */
export const ValueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
export type ValueType = (typeof ValueType)[keyof typeof ValueType];

export type AccessKind =
  | 'load'
  | 'store'
  | 'atomic.load'
  | 'atomic.store'
  | 'atomic.rmw'
  | 'atomic.cmpxchg'
  | 'atomic.wait'
  | 'atomic.notify'
  | 'memory.copy'
  | 'memory.fill'
  | 'memory.init';

/** What an instruction does to memory. */
export interface AccessShape {
  readonly kind: AccessKind;
  /** Null where it is the last operand. */
  readonly bytes: number | null;
  /** What it takes from the stack, the address (of memory.copy: the destination's) first. */
  readonly operands: readonly ValueType[];
}

const { i32, i64, f32, f64 } = ValueType;

const shapes = new Map<number, AccessShape>();
/** Consecutive opcodes of one kind: the bytes of each, and the operands behind the address. */
function define(first: number, kind: AccessKind, ...each: [bytes: number | null, ...ValueType[]][]): void {
  for (const [i, [bytes, ...operands]] of each.entries())
    shapes.set(first + i, { kind, bytes, operands: [i32, ...operands] });
}

// i32, i64, f32, f64, then the narrow ones, signed and unsigned.
define(0x28, 'load', [4], [8], [4], [8], [1], [1], [2], [2], [1], [1], [2], [2], [4], [4]);
define(
  0x36,
  'store',
  [4, i32],
  [8, i64],
  [4, f32],
  [8, f64],
  [1, i32],
  [2, i32],
  [1, i64],
  [2, i64],
  [4, i64],
);
define(0xfc08, 'memory.init', [null, i32, i32]);
define(0xfc0a, 'memory.copy', [null, i32, i32]);
define(0xfc0b, 'memory.fill', [null, i32, i32]);
define(0xfe00, 'atomic.notify', [4, i32]);
define(0xfe01, 'atomic.wait', [4, i32, i64], [8, i64, i64]);
define(0xfe10, 'atomic.load', [4], [8], [1], [2], [1], [2], [4]);
const atomics: [number, ValueType][] = [
  [4, i32],
  [8, i64],
  [1, i32],
  [2, i32],
  [1, i64],
  [2, i64],
  [4, i64],
];
define(0xfe17, 'atomic.store', ...atomics);
// add, sub, and, or, xor, xchg
for (let first = 0xfe1e; first < 0xfe48; first += atomics.length) define(first, 'atomic.rmw', ...atomics);
define(
  0xfe48,
  'atomic.cmpxchg',
  ...atomics.map(([bytes, type]): [number, ValueType, ValueType] => [bytes, type, type]),
);

/** What an instruction does to memory, by its opcode; undefined where it does nothing. */
export const accessShapes: ReadonlyMap<number, AccessShape> = shapes;
