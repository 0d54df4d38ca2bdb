// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { forEachInstruction, type Instruction } from '../../wasm/instructions.js';
import { moduleReader } from '../../wasm/sections.js';
import type { DecodedFunction, MemoryAccess } from './memory-accesses.js';
import type { FunctionType } from './module-types.js';
import { stackEffects } from './stack-effects.js';

/** A value that a function has at some point, and what it was made of. */
export interface Value {
  /** `bool`: 0 or 1, whatever has made it. */
  readonly made: 'read' | 'constant' | 'computed' | 'merged' | 'bool' | 'global' | 'otherwise';
  /** Of the instruction that made a value that was computed. */
  readonly opcode: number;
  /** What it was made of: of a value read, its address; of a merged one, what may have come here. */
  readonly from: readonly Value[];
  /** Of a constant, as unsigned; of what a global had, its index. */
  readonly constant: bigint;
  /** Of a value read. */
  readonly access: MemoryAccess | null;
  /** Of a value that was computed: of the instruction, bytes from the module's start. */
  readonly offset: number;
}

/** What a plain store or an atomic instruction does. */
export interface Write {
  readonly access: MemoryAccess;
  /** Its operands, the address first. */
  readonly operands: readonly Value[];
}

/** An instruction that sets a local, or gets what it has. */
export interface LocalMove {
  readonly kind: 'get' | 'set';
  /** Of the instruction, bytes from the module's start. */
  readonly offset: number;
  /** Of the local. */
  readonly index: number;
  readonly value: Value;
}

/** The values of a function and where they go. */
export interface Evaluated {
  readonly reads: readonly Value[];
  readonly writes: readonly Write[];
  /** What is used in other ways than to compute another value or to be stored. */
  readonly used: readonly Value[];
  /** Of these, what leaves the function, or decides where it goes on: all but addresses and what globals are set to. */
  readonly passed: readonly Value[];
  /** Where a global is set, and to what. */
  readonly globals: readonly GlobalWrite[];
  /** What is kept in locals, in the order of the code. */
  readonly moves: readonly LocalMove[];
}

/** An instruction that sets a global. */
export interface GlobalWrite {
  /** Of the instruction, and of what comes behind it; bytes from the module's start. */
  readonly offset: number;
  readonly end: number;
  /** Of the global. */
  readonly index: number;
  readonly value: Value;
}

const Opcode = {
  unreachable: 0x00,
  nop: 0x01,
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
  i32Add: 0x6a,
} as const;
const NO_RESULT = 0x40;
const FIRST_TYPE = 0x6f;
const LAST_TYPE = 0x7f;

/** A block, loop, if, or the function itself, while it is open. */
interface Frame {
  readonly opcode: number;
  readonly height: number;
  /** Its block type. */
  readonly type: number;
  /** Of the locals set inside: what each has where it may be left for (a loop: where it begins). */
  readonly merged: ReadonlyMap<number, Merged>;
  /** Of an if: the locals before it. */
  readonly before: ReadonlyMap<number, Value>;
}

type Merged = Value & { readonly from: Value[] };

/**
 * Follows the values of a function through its locals and its operand stack, whichever way it may run. What it does
 * to its memory is not followed: a value that was stored and read again is another one.
 *
 * @param types of all functions, by index.
 * @param indirect the number of operands and results of a function type, by its index.
 * @param returnsBool whether a function, by its index, returns nothing but 0 or 1.
 */
export function evaluate(
  module: Uint8Array,
  { body, locals: { end: first }, accesses }: DecodedFunction,
  types: readonly FunctionType[],
  indirect: readonly FunctionType[],
  returnsBool: (functionIndex: number) => boolean,
): Evaluated {
  const accessAt = new Map(accesses.map((access) => [access.offset, access]));
  const instructions = read(module, first, body.end);
  const assigned = assignedInside(instructions);

  const reads: Value[] = [];
  const writes: Write[] = [];
  const used: Value[] = [];
  const passed: Value[] = [];
  const globals: GlobalWrite[] = [];
  const moves: LocalMove[] = [];
  const stack: Value[] = [];
  const locals = new Map<number, Value>();
  const frames: Frame[] = [
    { opcode: Opcode.block, height: 0, type: NO_RESULT, merged: new Map(), before: new Map() },
  ];
  let reachable = true;

  const pop = () => (stack.length > (frames.at(-1)?.height ?? 0) ? stack.pop()! : otherwise());
  const popAll = (count: number) => Array.from({ length: count }, pop).reverse();
  const address = (values: readonly Value[]) => used.push(...values);
  const use = (values: readonly Value[]) => {
    used.push(...values);
    passed.push(...values);
  };
  const push = (count: number) => {
    for (let i = 0; i < count; i++) stack.push(otherwise());
  };
  const local = (index: number) => {
    let value = locals.get(index);
    if (value === undefined) {
      value = otherwise();
      locals.set(index, value);
    }
    return value;
  };
  /** Control may go from here to where a frame's merged locals hold. */
  const leaveTo = ({ merged }: Frame, from: (index: number) => Value = local) => {
    for (const [index, value] of merged) value.from.push(from(index));
  };
  const branch = (label: number) => {
    const frame = frames.at(-1 - label);
    if (frame !== undefined) leaveTo(frame);
    use(stack.slice(-1)); // the block's result, if it has any
  };
  const never = () => {
    stack.length = frames.at(-1)?.height ?? 0;
    reachable = false;
  };
  const call = (type: FunctionType | undefined) => {
    use(popAll(type?.parameters.length ?? 0));
    push(type?.results.length ?? 0);
  };

  function open({ opcode, operand }: Instruction, i: number): void {
    if (opcode === Opcode.if) use([pop()]);
    const merged = new Map([...assigned.get(i)!].map((index) => [index, merge()]));
    const before = new Map([...merged.keys()].map((index) => [index, local(index)]));
    const frame = { opcode, height: stack.length, type: Number(operand), merged, before };
    if (opcode === Opcode.loop) {
      leaveTo(frame);
      for (const [index, value] of merged) locals.set(index, value);
    }
    frames.push(frame);
  }

  function otherBranch(): void {
    const frame = frames.pop()!;
    if (reachable) leaveTo(frame);
    use(stack.splice(frame.height));
    for (const [index, value] of frame.before) locals.set(index, value);
    frames.push({ ...frame, opcode: Opcode.else });
    reachable = true;
  }

  function close(): void {
    const frame = frames.pop()!;
    if (frame.opcode !== Opcode.loop) {
      if (reachable) leaveTo(frame);
      if (frame.opcode === Opcode.if) leaveTo(frame, (index) => frame.before.get(index)!);
      for (const [index, value] of frame.merged) locals.set(index, value);
    }
    use(stack.splice(frame.height));
    if (frame.type >= FIRST_TYPE && frame.type <= LAST_TYPE) push(1);
    else if (frame.type !== NO_RESULT) use(stack.splice(0)); // of a function type: what comes of it is not followed
    reachable = true;
  }

  function accessed(access: MemoryAccess): void {
    const operands = popAll(access.operands.length);
    switch (access.kind) {
      case 'load':
      case 'atomic.load': {
        const value = { ...otherwise(), made: 'read', from: operands, access } as const;
        address(operands);
        reads.push(value);
        stack.push(value);
        return;
      }
      case 'store':
      case 'atomic.store':
        writes.push({ access, operands });
        return;
      case 'atomic.rmw':
      case 'atomic.cmpxchg':
      case 'atomic.wait':
      case 'atomic.notify':
        writes.push({ access, operands });
        push(1);
        return;
      case 'memory.copy':
      case 'memory.fill':
      case 'memory.init':
        use(operands);
    }
  }

  for (const [i, instruction] of instructions.entries()) {
    const { opcode, operand, offset } = instruction;
    switch (opcode) {
      case Opcode.nop:
        break;
      case Opcode.unreachable:
        never();
        break;
      case Opcode.block:
      case Opcode.loop:
      case Opcode.if:
        open(instruction, i);
        break;
      case Opcode.else:
        otherBranch();
        break;
      case Opcode.end:
        close();
        break;
      case Opcode.br:
        branch(Number(operand));
        never();
        break;
      case Opcode.brIf:
        use([pop()]);
        branch(Number(operand));
        break;
      case Opcode.brTable:
        use([pop()]);
        for (const label of new Set(instruction.labels)) branch(label);
        never();
        break;
      case Opcode.return:
        use(stack.slice(-1));
        never();
        break;
      case Opcode.call:
        call(types[Number(operand)]);
        if (types[Number(operand)]?.results.length === 1 && returnsBool(Number(operand))) {
          stack.pop();
          stack.push({ ...otherwise(), made: 'bool' });
        }
        break;
      case Opcode.callIndirect:
        use([pop()]);
        call(indirect[Number(operand)]);
        break;
      case Opcode.drop:
        pop();
        break;
      case Opcode.select:
      case Opcode.selectTyped: {
        const from = popAll(3);
        use(from.slice(2));
        stack.push({ ...otherwise(), made: 'computed', opcode: Opcode.select, from, offset });
        break;
      }
      case Opcode.localGet: {
        const index = Number(operand);
        const value = local(index);
        moves.push({ kind: 'get', offset, index, value });
        stack.push(value);
        break;
      }
      case Opcode.localSet:
      case Opcode.localTee: {
        const index = Number(operand);
        const value = pop();
        moves.push({ kind: 'set', offset, index, value });
        locals.set(index, value);
        if (opcode === Opcode.localTee) stack.push(value);
        break;
      }
      case Opcode.globalGet:
        stack.push({ ...otherwise(), made: 'global', constant: BigInt(operand) });
        break;
      case Opcode.globalSet: {
        const value = pop();
        address([value]);
        globals.push({ offset, end: instruction.end, index: Number(operand), value });
        break;
      }
      case Opcode.i32Const:
      case Opcode.i64Const: {
        const constant = BigInt.asUintN(opcode === Opcode.i32Const ? 32 : 64, BigInt(operand));
        stack.push({ ...otherwise(), made: 'constant', constant });
        break;
      }
      default: {
        const access = accessAt.get(offset);
        if (access !== undefined) {
          accessed(access);
          break;
        }
        const [operands, results] = stackEffects.get(opcode) ?? [0, 0];
        const from = popAll(operands);
        if (operands > 0 && results === 1)
          stack.push({ ...otherwise(), made: 'computed', opcode, from, offset });
        else {
          use(from);
          push(results);
        }
      }
    }
  }
  return { reads, writes, used, passed, globals, moves };
}

function read(module: Uint8Array, first: number, end: number): Instruction[] {
  const reader = moduleReader(module);
  const instructions: Instruction[] = [];
  forEachInstruction(reader.seek(first), end, (instruction) => instructions.push(instruction));
  return instructions;
}

/** Which locals are set inside of each block, by the number of the instruction that opens it. */
function assignedInside(instructions: readonly Instruction[]): Map<number, Set<number>> {
  const assigned = new Map<number, Set<number>>();
  const open: Set<number>[] = [];
  for (const [i, { opcode, operand }] of instructions.entries()) {
    if (opcode === Opcode.block || opcode === Opcode.loop || opcode === Opcode.if) {
      const inside = new Set<number>();
      assigned.set(i, inside);
      open.push(inside);
    } else if (opcode === Opcode.end) open.pop();
    else if (opcode === Opcode.localSet || opcode === Opcode.localTee)
      for (const inside of open) inside.add(Number(operand));
  }
  return assigned;
}

function otherwise(): Value {
  return { made: 'otherwise', opcode: 0, from: [], constant: 0n, access: null, offset: 0 };
}

function merge(): Merged {
  return { ...otherwise(), made: 'merged', from: [] };
}

/** Is it one of two values, as a third one says? */
export function isSelect({ made, opcode }: Value): boolean {
  return made === 'computed' && opcode === Opcode.select;
}

/** The only value that one which is merged can be, whichever way the function came here; any other one is itself. */
function only(value: Value): Value {
  if (value.made !== 'merged') return value;
  const seen = new Set([value]);
  let found: Value | undefined;
  for (const one of seen)
    for (const from of one.from) {
      if (from.made === 'merged') seen.add(from);
      else if (found === undefined || found === from) found = from;
      else return value;
    }
  return found ?? value;
}

/** Are two values the same, whatever they are? Not known is no. */
export function isSame(one: Value, other: Value, depth = 8): boolean {
  const [a, b] = [only(one), only(other)];
  if (a === b) return true;
  if (a.made !== b.made || depth === 0) return false;
  if (a.made === 'constant') return a.constant === b.constant;
  if (a.made !== 'computed' || a.opcode !== b.opcode || a.from.length !== b.from.length) return false;
  return a.from.every((from, i) => isSame(from, b.from[i]!, depth - 1));
}

/** A value as another one and a constant that is added to it, modulo 2^32. */
export function withoutConstant(value: Value): { readonly base: Value; readonly plus: number } {
  let base = only(value);
  let plus = 0;
  while (base.made === 'computed' && base.opcode === Opcode.i32Add) {
    const [first, second] = base.from.map(only) as [Value, Value];
    const constant = [first, second].find(({ made }) => made === 'constant');
    if (constant === undefined) break;
    plus = (plus + Number(constant.constant)) % 2 ** 32;
    base = constant === first ? second : first;
  }
  return { base, plus };
}
