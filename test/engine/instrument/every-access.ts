// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { F32, F64, I32, I64, type TestFunction, uleb } from './assemble.js';

/** An instruction that accesses memory, as the specification has it; written down apart from what is tested. */
export interface AccessSpec {
  readonly name: string;
  readonly opcode: readonly number[];
  readonly bytes: number;
  readonly kind: 'load' | 'store' | 'atomic';
  readonly operands: readonly number[];
  readonly result: number | null;
}

const names = new Map([
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
]);
const width = (type: number) => (type === I32 || type === F32 ? 4 : 8);

function plain(): AccessSpec[] {
  const specs: AccessSpec[] = [];
  const load = (opcode: number, type: number, bytes: number, suffix: string) =>
    specs.push({
      name: `${names.get(type)}.load${suffix}`,
      opcode: [opcode],
      bytes,
      kind: 'load',
      operands: [],
      result: type,
    });
  const store = (opcode: number, type: number, bytes: number, suffix: string) =>
    specs.push({
      name: `${names.get(type)}.store${suffix}`,
      opcode: [opcode],
      bytes,
      kind: 'store',
      operands: [type],
      result: null,
    });
  for (const [i, type] of [I32, I64, F32, F64].entries()) {
    load(0x28 + i, type, width(type), '');
    store(0x36 + i, type, width(type), '');
  }
  const narrow: [number, number][] = [
    [I32, 1],
    [I32, 2],
    [I64, 1],
    [I64, 2],
    [I64, 4],
  ];
  for (const [i, [type, bytes]] of narrow.entries()) {
    load(0x2c + 2 * i, type, bytes, `${bytes * 8}_s`);
    load(0x2d + 2 * i, type, bytes, `${bytes * 8}_u`);
    store(0x3a + i, type, bytes, `${bytes * 8}`);
  }
  return specs;
}

function atomic(): AccessSpec[] {
  const shapes: [number, number][] = [
    [I32, 4],
    [I64, 8],
    [I32, 1],
    [I32, 2],
    [I64, 1],
    [I64, 2],
    [I64, 4],
  ];
  const family = (first: number, name: string, values: number, hasResult: boolean) =>
    shapes.map(
      ([type, bytes], i): AccessSpec => ({
        name: `${names.get(type)}.atomic.${name}${bytes === width(type) ? '' : bytes * 8}`,
        opcode: [0xfe, first + i],
        bytes,
        kind: 'atomic',
        operands: new Array<number>(values).fill(type),
        result: hasResult ? type : null,
      }),
    );
  return [
    { name: 'notify', opcode: [0xfe, 0], bytes: 4, kind: 'atomic', operands: [I32], result: I32 },
    { name: 'wait32', opcode: [0xfe, 1], bytes: 4, kind: 'atomic', operands: [I32, I64], result: I32 },
    { name: 'wait64', opcode: [0xfe, 2], bytes: 8, kind: 'atomic', operands: [I64, I64], result: I32 },
    ...family(0x10, 'load', 0, true),
    ...family(0x17, 'store', 1, false),
    ...['add', 'sub', 'and', 'or', 'xor', 'xchg'].flatMap((op, i) =>
      family(0x1e + 7 * i, `rmw.${op}`, 1, true),
    ),
    ...family(0x48, 'rmw.cmpxchg', 2, true),
  ];
}

/** Every instruction that has a memory argument. */
export const accessSpecs: readonly AccessSpec[] = [...plain(), ...atomic()];

/** A function that takes the operands, the address first, and does the access; some locals are in the way. */
export function accessFunction(spec: AccessSpec, immediate: number, padded = false): TestFunction {
  const parameters = [I32, ...spec.operands];
  return {
    name: spec.name,
    parameters,
    results: spec.result === null ? [] : [spec.result],
    locals: [
      [2, I64],
      [1, F32],
    ],
    code: [
      ...parameters.flatMap((_, i) => [0x20, i]),
      ...spec.opcode,
      Math.log2(spec.bytes), // atomic ones must name their natural alignment
      ...uleb(immediate, padded),
    ],
  };
}

/** memory.copy, memory.fill and memory.init of the segment 0: three operands each. */
export const bulkFunctions: readonly TestFunction[] = (
  [
    ['copy', [0xfc, 10, 0, 0]],
    ['fill', [0xfc, 11, 0]],
    ['init', [0xfc, 8, 0, 0]],
  ] as const
).map(([name, opcode]) => ({
  name,
  parameters: [I32, I32, I32],
  results: [],
  code: [0x20, 0, 0x20, 1, 0x20, 2, ...opcode],
}));
