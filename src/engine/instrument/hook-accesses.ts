import { LostbitError } from '../../errors.js';
import { type Section, SectionId, sectionsOf } from '../../layout/wasm-sections.js';
import { type AccessKind, ValueType } from './access-shapes.js';
import { applyEdits, type Edit, type Edited, growth } from './edits.js';
import { sleb32, uleb } from './leb.js';
import { type DecodedFunction, decodeFunctions, type MemoryAccess } from './memory-accesses.js';
import { exportedFunction, type FunctionType, functionTypes } from './module-types.js';
import { ScratchLocals } from './scratch-locals.js';

/** What the hook is told of an access, as its third argument. */
export const HookKind = { load: 0, store: 1, atomic: 2 } as const;
export type HookKind = (typeof HookKind)[keyof typeof HookKind];

export interface HookOptions {
  /** Name of the exported function to call: (address i32, bytes i32, kind i32) without a result. */
  readonly hook: string;
  /** Functions to leave as they are, such as those that the hook calls. The hook itself is left so anyway. */
  skip(functionIndex: number): boolean;
}

/** Which of an instruction's operands is the address of what, in the order of the calls. */
const calls: Readonly<Record<AccessKind, readonly (readonly [address: number, kind: HookKind])[]>> = {
  load: [[0, HookKind.load]],
  store: [[0, HookKind.store]],
  'atomic.load': [[0, HookKind.atomic]],
  'atomic.store': [[0, HookKind.atomic]],
  'atomic.rmw': [[0, HookKind.atomic]],
  'atomic.cmpxchg': [[0, HookKind.atomic]],
  'atomic.wait': [[0, HookKind.atomic]],
  'atomic.notify': [[0, HookKind.atomic]],
  'memory.copy': [
    [1, HookKind.load],
    [0, HookKind.store],
  ],
  'memory.fill': [[0, HookKind.store]],
  'memory.init': [[0, HookKind.store]],
};

const Opcode = { call: 0x10, localGet: 0x20, localSet: 0x21, i32Const: 0x41, i32Add: 0x6a } as const;

/** Custom sections that hold places in the code, which move. */
const OF_PLACES = /^(\.debug_|metadata\.code\.)/;

/**
 * Has a module call a function of its own right before each memory access, when all operands are there: with the
 * effective address (modulo 2^32; what is beyond traps then), the width in bytes and a {@link HookKind}. An access
 * of several bytes at two places, memory.copy, is a load and a store; the bulk ones come with their operand's
 * length, which may be 0. A `memory.init` that fills the memory at the start is one of them.
 *
 * Indices, exports, names and data stay as they are. Debug information is left out: what it says of types and
 * variables holds still and can be had from the original, what it says of code is reached through `original`,
 * which takes any offset that V8 prints to the original's; inside of a call of the hook, to the access.
 *
 * @throws LostbitError `E_HOOK` where the module exports no such function, and whatever `memoryAccesses` throws.
 */
export function hookAccesses(module: Uint8Array, { hook, skip }: HookOptions): Edited {
  const types = functionTypes(module);
  const index = exportedFunction(module, hook);
  if (index === undefined || !isHook(types[index]))
    throw new LostbitError(
      'E_HOOK',
      `the wasm module exports no '${hook}' of the type (i32, i32, i32) -> ()`,
    );

  const bodies = decodeFunctions(module)
    .filter(({ body, accesses }) => accesses.length > 0 && body.index !== index && !skip(body.index))
    .flatMap((one) => hookFunction(one, types[one.body.index]!.parameters.length, index));

  const sections = sectionsOf(module);
  const places = sections.filter(({ id, name }) => id === SectionId.custom && OF_PLACES.test(name));
  const code = sections.find(({ id }) => id === SectionId.code);
  return applyEdits(module, [
    ...places.map(({ start, end }) => ({ at: start, remove: end - start, bytes: [] })),
    ...(code === undefined || bodies.length === 0 ? [] : [resized(code, growth(bodies))]),
    ...bodies,
  ]);
}

function isHook(type: FunctionType | undefined): boolean {
  return (
    type?.results.length === 0 &&
    type.parameters.length === 3 &&
    type.parameters.every((parameter) => parameter === ValueType.i32)
  );
}

function resized({ start, content, end }: Section, growth: number): Edit {
  return { at: start + 1, remove: content - start - 1, bytes: uleb(end - content + growth) };
}

function hookFunction({ body, locals, accesses }: DecodedFunction, parameters: number, hook: number): Edit[] {
  const scratch = new ScratchLocals(
    parameters + locals.count,
    accesses.map(({ operands }) => operands),
  );
  const inside: Edit[] = [
    { at: body.start, remove: locals.start - body.start, bytes: uleb(locals.groups + scratch.groups) },
    { at: locals.end, remove: 0, bytes: scratch.declarations },
    ...accesses.map((access) => ({
      at: access.offset,
      remove: 0,
      bytes: callHook(access, scratch.forOperands(access.operands), hook),
    })),
  ];
  const size = uleb(body.end - body.start + growth(inside));
  return [{ at: body.size, remove: body.start - body.size, bytes: size }, ...inside];
}

/** Takes the operands off the stack, calls the hook, and puts them back. */
function callHook(
  { kind, bytes, immediate }: MemoryAccess,
  operands: readonly number[],
  hook: number,
): number[] {
  const get = (operand: number) => [Opcode.localGet, ...uleb(operands[operand]!)];
  const constant = (value: number) => [Opcode.i32Const, ...sleb32(value)];
  return [
    ...operands.toReversed().flatMap((local) => [Opcode.localSet, ...uleb(local)]),
    ...calls[kind].flatMap(([address, hookKind]) => [
      ...get(address),
      ...(immediate === 0 ? [] : [...constant(immediate), Opcode.i32Add]),
      ...(bytes === null ? get(operands.length - 1) : constant(bytes)),
      ...constant(hookKind),
      ...[Opcode.call, ...uleb(hook)],
    ]),
    ...operands.flatMap((_, operand) => get(operand)),
  ];
}
