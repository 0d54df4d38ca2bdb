// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { areaBytes, tlsBytes } from '../../machine/machine.js';
import { type Edit, type Edited, growth } from '../../wasm/edits.js';
import { sleb32, uleb } from '../../wasm/leb.js';
import { ValueType } from './access-shapes.js';
import { framesOf, type StackMove } from './frames.js';
import { hookOf, rewritten } from './hook-accesses.js';
import { type DecodedFunction, decodeFunctions } from './memory-accesses.js';
import { exportedFunction, exportedGlobal, functionTypes } from './module-types.js';
import { ScratchLocals } from './scratch-locals.js';

export interface WatchOptions {
  /**
   * Reports frames whose address may have escaped to other threads, right after they are made and right before they go.
   */
  readonly frames?: {
    /** Name of the exported function to call: (address i32, bytes i32, what i32) without a result. */
    readonly hook: string;
    /** Functions whose frames are not reported. */
    skip(functionIndex: number): boolean;
    what(move: StackMove): number;
  };
}

/** Called, where a module exports it, when a stack is about to outgrow its area. */
const OVERFLOW = 'stub_stack_overflow';

const Opcode = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32GtU: 0x4b,
  i32Add: 0x6a,
  i32Sub: 0x6b,
} as const;
const NO_RESULT = 0x40;

/**
 * Makes a module trap before its stack outgrows the thread's area and runs into another thread's, which lies below:
 * right before each instruction that moves the stack pointer down, the new value is checked against the area, which
 * begins where the thread-local storage does. `stub_stack_overflow` is called first, with the stack empty, to report it.
 *
 * Indices, exports, names, data and the numbers of accesses stay as they are; debug information is dropped, as by
 * hookAccesses.
 *
 * @throws LostbitError `E_BAD_MODULE` where the module does not export the stack pointer or the storage's base, and
 * whatever `memoryAccesses` throws.
 */
export function watchStack(module: Uint8Array, { frames }: WatchOptions = {}): Edited {
  const pointer = exportedGlobal(module, '__stack_pointer');
  const storage = exportedGlobal(module, '__tls_base');
  if (pointer === undefined || storage === undefined)
    throw new LostbitError('E_BAD_MODULE', 'the wasm module does not export its stack pointer and storage');
  const types = functionTypes(module);
  const { i32 } = ValueType;
  const hook = frames === undefined ? null : hookOf(module, types, frames.hook, [i32, i32, i32]);
  const overflow = exportedFunction(module, OVERFLOW);
  const get = (local: number) => [Opcode.localGet, ...uleb(local)];
  const set = (local: number) => [Opcode.localSet, ...uleb(local)];
  const stackPointer = [Opcode.globalGet, ...uleb(pointer)];
  const constant = (value: number) => [Opcode.i32Const, ...sleb32(value)];

  // What reports it may need a stack, and nothing of this one is needed any more.
  const atTheTop = [
    ...[Opcode.globalGet, ...uleb(storage), ...constant(areaBytes), Opcode.i32Add],
    ...[Opcode.globalSet, ...uleb(pointer)],
  ];

  function guard(local: number): number[] {
    // Below the area's stack, or above it: unsigned, both are far away.
    return [
      ...get(local),
      ...[Opcode.globalGet, ...uleb(storage!), Opcode.i32Sub],
      ...[...constant(tlsBytes), Opcode.i32Sub],
      ...[...constant(areaBytes - tlsBytes), Opcode.i32GtU],
      ...[Opcode.if, NO_RESULT],
      ...(overflow === undefined ? [] : [...atTheTop, Opcode.call, ...uleb(overflow)]),
      ...[Opcode.unreachable, Opcode.end],
    ];
  }

  /** In front of, and behind, an instruction that takes the new stack pointer from the operand stack. */
  function around(move: StackMove, [next, last]: readonly [number, number]): Edit[] {
    const isReported = hook !== null && move.escaping && !frames!.skip(move.functionIndex);
    const report = (address: readonly number[], above: readonly number[]) =>
      isReported
        ? [
            ...address,
            ...[...above, ...address, Opcode.i32Sub],
            ...constant(frames!.what(move)),
            ...[Opcode.call, ...uleb(hook)],
          ]
        : [];
    const before = (bytes: number[]) => ({ at: move.offset, remove: 0, bytes });
    if (move.move === 'leave')
      return isReported ? [before([...set(next), ...report(stackPointer, get(next)), ...get(next)])] : [];
    const keep = isReported ? [...stackPointer, ...set(last)] : [];
    return [
      before([...set(next), ...keep, ...guard(next), ...get(next)]),
      { at: move.end, remove: 0, bytes: report(get(next), get(last)) },
    ];
  }

  const moves = new Map<number, StackMove[]>();
  for (const move of framesOf(module).moves) {
    if (move.functionIndex === overflow || move.functionIndex === hook) continue;
    const known = moves.get(move.functionIndex);
    if (known === undefined) moves.set(move.functionIndex, [move]);
    else known.push(move);
  }
  const bodies = decodeFunctions(module).flatMap((one) =>
    watched(one, types[one.body.index]!.parameters.length, moves.get(one.body.index) ?? [], around),
  );
  return rewritten(module, bodies);
}

function watched(
  { body, locals }: DecodedFunction,
  parameters: number,
  moves: readonly StackMove[],
  around: (move: StackMove, scratch: readonly [number, number]) => Edit[],
): Edit[] {
  if (moves.length === 0) return [];
  const operands = [ValueType.i32, ValueType.i32];
  const scratch = new ScratchLocals(parameters + locals.count, [operands]);
  const [first, second] = scratch.forOperands(operands) as [number, number];
  const inside: Edit[] = [
    { at: body.start, remove: locals.start - body.start, bytes: uleb(locals.groups + scratch.groups) },
    { at: locals.end, remove: 0, bytes: scratch.declarations },
    ...moves.flatMap((move) => around(move, [first, second])),
  ];
  const size = uleb(body.end - body.start + growth(inside));
  return [{ at: body.size, remove: body.start - body.size, bytes: size }, ...inside];
}
