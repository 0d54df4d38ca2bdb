// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { forEachInstruction, type Instruction } from '../../wasm/instructions.js';
import { moduleReader } from '../../wasm/sections.js';
import { type AccessShape, accessShapes } from './access-shapes.js';
import type { DecodedFunction } from './memory-accesses.js';
import type { FunctionType } from './module-types.js';
import { stackEffects } from './stack-effects.js';

const Opcode = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
} as const;
const NO_RESULT = 0x40;
const FIRST_TYPE = 0x6f;
const LAST_TYPE = 0x7f;

/** The types that calls go by. */
export interface CallTypes {
  /** Of all functions, by index. */
  readonly functions: readonly FunctionType[];
  /** That functions may have, by index. */
  readonly declared: readonly FunctionType[];
}

/** Where nobody knows, and where it makes no difference: in code that is not reached. */
const UNKNOWN = -1;
const NEVER = -2;

/**
 * Where an address lies on top of the operand stack, for an instruction to be put there that changes it: behind an
 * i32.const, and, of an access of memory, behind what has made its first operand. So no local is needed to reach an
 * address that other operands have been put upon.
 *
 * @param wanted offsets of such instructions.
 * @returns by these, bytes from the module's start; nothing for one that is not reached.
 * @throws LostbitError `E_INSTRUCTION` for an address that comes out of a block of a function type, and for any other
 * instruction that is wanted.
 */
export function addressPlaces(
  module: Uint8Array,
  { body, locals }: DecodedFunction,
  { functions, declared }: CallTypes,
  wanted: ReadonlySet<number>,
): Map<number, number> {
  const places = new Map<number, number>();
  /** Behind which byte each value came to be the top. */
  const stack: number[] = [];
  /** Of what is open: how high the stack was, and its block type. */
  const frames: { readonly height: number; readonly type: number }[] = [{ height: 0, type: NO_RESULT }];
  let reachable = true;

  const height = () => frames.at(-1)?.height ?? 0;
  const pop = () => (stack.length > height() ? stack.pop()! : reachable ? UNKNOWN : NEVER);
  /** The first of some operands. */
  const take = (count: number) => Array.from({ length: count }, pop).at(-1) ?? UNKNOWN;
  const push = (count: number, at: number) => {
    for (let i = 0; i < count; i++) stack.push(i === count - 1 ? at : UNKNOWN);
  };
  const isFunctionType = (type: number) => type !== NO_RESULT && !(type >= FIRST_TYPE && type <= LAST_TYPE);
  const never = () => {
    stack.splice(height());
    reachable = false;
  };
  const call = (type: FunctionType | undefined, at: number) => {
    take(type?.parameters.length ?? 0);
    push(type?.results.length ?? 0, at);
  };
  const bad = ({ offset }: Instruction, what: string) =>
    new LostbitError('E_INSTRUCTION', `function ${body.index} has ${what} (byte 0x${offset.toString(16)})`);

  function found(instruction: Instruction, place: number): void {
    if (!wanted.has(instruction.offset) || place === NEVER) return;
    if (place === UNKNOWN) throw bad(instruction, 'an address that comes out of a block of a function type');
    places.set(instruction.offset, place);
  }

  function step(instruction: Instruction): void {
    const { opcode, operand, end } = instruction;
    const access = accessShapes.get(opcode);
    if (wanted.has(instruction.offset) && access === undefined && opcode !== Opcode.i32Const)
      throw bad(instruction, 'an address in an unexpected instruction');
    if (access !== undefined) {
      found(instruction, take(access.operands.length));
      push(resultsOf(access), end);
      return;
    }
    switch (opcode) {
      case Opcode.if:
      case Opcode.block:
      case Opcode.loop:
        if (opcode === Opcode.if) pop();
        frames.push({ height: stack.length, type: Number(operand) });
        return;
      case Opcode.else:
        stack.splice(height());
        reachable = true;
        return;
      case Opcode.end: {
        stack.splice(height());
        const { type } = frames.pop()!;
        // How much such a block takes and gives is not followed.
        if (isFunctionType(type)) stack.splice(0);
        else if (type !== NO_RESULT) stack.push(end);
        reachable = true;
        return;
      }
      case Opcode.brTable:
      case Opcode.br:
      case Opcode.return:
      case Opcode.unreachable:
        never();
        return;
      case Opcode.brIf:
        pop();
        // What the branch takes along is not to be changed before.
        if (isFunctionType(frames.at(-1 - Number(operand))?.type ?? NO_RESULT)) stack.fill(UNKNOWN);
        else if (stack.length > height()) stack[stack.length - 1] = end;
        return;
      case Opcode.call:
        call(functions[Number(operand)], end);
        return;
      case Opcode.callIndirect:
        pop();
        call(declared[Number(operand)], end);
        return;
      case Opcode.drop:
      case Opcode.localSet:
      case Opcode.globalSet:
        pop();
        return;
      case Opcode.localTee:
        pop();
        push(1, end);
        return;
      case Opcode.select:
      case Opcode.selectTyped:
        take(3);
        push(1, end);
        return;
      case Opcode.localGet:
      case Opcode.globalGet:
      case Opcode.i32Const:
      case Opcode.i64Const:
        push(1, end);
        found(instruction, end);
        return;
      default: {
        const [operands, results] = stackEffects.get(opcode) ?? [0, 0];
        take(operands);
        push(results, end);
      }
    }
  }

  forEachInstruction(moduleReader(module).seek(locals.end), body.end, step);
  return places;
}

function resultsOf({ kind }: AccessShape): number {
  const isSilent = kind === 'store' || kind === 'atomic.store' || kind.startsWith('memory.');
  return isSilent ? 0 : 1;
}
