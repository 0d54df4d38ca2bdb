// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { ByteReader } from '../../bytes.js';
import { LostbitError } from '../../errors.js';
import { memoized } from '../../memoized.js';
import { codeSection, type FunctionBody } from '../../wasm/function-bodies.js';
import { functionNames } from '../../wasm/function-names.js';
import { forEachInstruction, type Locals, readLocals } from '../../wasm/instructions.js';
import { type AccessShape, accessShapes } from './access-shapes.js';
import { refuseOtherMemories } from './module-types.js';

/** An instruction that reads or writes memory, waits on it, or wakes who does. */
export interface MemoryAccess extends AccessShape {
  /** Its number in the module, in order of offsets. */
  readonly site: number;
  readonly functionIndex: number;
  /** Of the instruction, bytes from the module's start. */
  readonly offset: number;
  readonly opcode: number;
  /** Added to the address operand; bytes. */
  readonly immediate: number;
  /** The next instruction drops its result. */
  readonly dropped: boolean;
}

/** A call of a function by its name. */
export interface DirectCall {
  /** Of the instruction, bytes from the module's start. */
  readonly offset: number;
  /** Index of the function that is called. */
  readonly callee: number;
}

/** A loop of a function. */
export interface Loop {
  /** Where its body begins. */
  readonly start: number;
  /** Numbers of accesses that every round comes to, and functions that it calls: some of them. */
  readonly sites: readonly number[];
  readonly callees: readonly number[];
}

/** A function, how its locals are declared, what it does to memory, and whom it calls. */
export interface DecodedFunction {
  readonly body: FunctionBody;
  readonly locals: Locals;
  readonly accesses: readonly MemoryAccess[];
  readonly calls: readonly DirectCall[];
  readonly loops: readonly Loop[];
  /** Indices of the globals it reads or sets, each as often as it does. */
  readonly globals: readonly number[];
}

const Opcode = {
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  call: 0x10,
  drop: 0x1a,
  globalGet: 0x23,
  globalSet: 0x24,
} as const;

/** Code behind it may not be reached; entering a block is no such thing. */
const isControl = (opcode: number) => opcode <= 0x0f && opcode !== Opcode.block && opcode !== Opcode.nop;

/**
 * All memory accesses of a module, in order of their offsets. memory.size, memory.grow and
 * fences are none.
 *
 * @throws LostbitError `E_INSTRUCTION` for an unknown instruction, with its function and offset: none is skipped.
 * `E_BAD_MODULE` for what is not a module, or has several memories or a 64-bit one.
 */
export function memoryAccesses(module: Uint8Array): MemoryAccess[] {
  return decodeFunctions(module).flatMap(({ accesses }) => accesses);
}

/** The same function by function, with what is needed to rewrite them. Throws as {@link memoryAccesses}. */
export const decodeFunctions = memoized((module: Uint8Array): readonly DecodedFunction[] => {
  refuseOtherMemories(module);
  let site = 0;
  return codeSection(module).bodies.map((body) => {
    const reader = new ByteReader(module.subarray(0, body.end), (message, offset) => {
      const name = functionNames(module).get(body.index);
      const which = name === undefined ? `${body.index}` : `${body.index} (${name})`;
      return new LostbitError(
        'E_INSTRUCTION',
        `function ${which} has ${message} (byte 0x${offset.toString(16)})`,
      );
    });
    reader.seek(body.start);
    const locals = readLocals(reader);
    const accesses: MemoryAccess[] = [];
    const calls: DirectCall[] = [];
    const loops: { start: number; sites: number[]; callees: number[] }[] = [];
    /** The loop whose body has had no branch yet. */
    let straight: (typeof loops)[number] | undefined;
    const globals: number[] = [];
    forEachInstruction(reader, body.end, ({ offset, end, opcode, immediate, operand }) => {
      const shape = accessShapes.get(opcode);
      if (shape !== undefined) {
        const dropped = module[end] === Opcode.drop;
        const functionIndex = body.index;
        straight?.sites.push(site);
        accesses.push({ ...shape, site: site++, functionIndex, offset, opcode, immediate, dropped });
      }
      if (opcode === Opcode.call) {
        straight?.callees.push(Number(operand));
        calls.push({ offset, callee: Number(operand) });
      }
      if (opcode === Opcode.loop) {
        straight = { start: end, sites: [], callees: [] };
        loops.push(straight);
      } else if (isControl(opcode)) straight = undefined;
      if (opcode === Opcode.globalGet || opcode === Opcode.globalSet) globals.push(Number(operand));
    });
    return { body, locals, accesses, calls, loops, globals };
  });
});
