// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { type Section, SectionId, sectionsOf } from '../../layout/wasm-sections.js';
import { type AccessKind, ValueType } from './access-shapes.js';
import { applyEdits, type Edit, type Edited, growth } from './edits.js';
import { sleb32, uleb } from './leb.js';
import { type DecodedFunction, decodeFunctions, type Loop, type MemoryAccess } from './memory-accesses.js';
import { exportedFunction, type FunctionType, functionTypes } from './module-types.js';
import { ScratchLocals } from './scratch-locals.js';

/** What the hook is told of an access, as its third argument. */
export const HookKind = { load: 0, store: 1, atomic: 2 } as const;
export type HookKind = (typeof HookKind)[keyof typeof HookKind];

export interface HookOptions {
  /** Name of the exported function to call: (address i32, bytes i32, what i32) without a result. */
  readonly hook: string;
  /**
   * Another one for memory.copy: (to i32, from i32, bytes i32, what i32). Without it the copy is told to `hook`:
   * where `what` is given by its destination, else as a load and a store.
   */
  readonly copyHook?: string;
  /**
   * Another one for compare-and-swap: (address i32, bytes i32, what i32, expected i64, replacement i64), the last two
   * extended by zeroes; their bits beyond the width say nothing. Without it that is told to `hook` as any other.
   */
  readonly casHook?: string;
  /**
   * Another one, called at the start of each round of a loop that may come round without telling anything: (what i32),
   * which tells the loops apart.
   */
  readonly loopHook?: string;
  /** Functions to leave as they are, such as those that the hook calls. The hooks themselves are left so anyway. */
  skip(functionIndex: number): boolean;
  /** The third argument, a number of 32 bits; without it, a {@link HookKind}. */
  what?(access: MemoryAccess): number;
  /**
   * Of an access that may mean one thing or another, by its number: the local that says which right before it, counted from 1,
   * and the number of the first of the variants that it is told by then; what is said of them must grow evenly.
   */
  variants?(site: number): { readonly local: number; readonly first: number } | undefined;
  /** An access, by its number, that is not told. */
  isOwn?(site: number): boolean;
  /** What lies here is nobody else's: accesses that start in it are not told. A copy is, where either side is not. */
  readonly spared?: AddressRange;
  /**
   * Functions that are told to `hook` right before they are called, with their first argument, 4 bytes and what this
   * says; undefined for all others. Calls through a table are not told, and nothing inside of these functions.
   */
  callee?(functionIndex: number): number | undefined;
}

/** Addresses from `start` on, as an instruction sees them. */
export interface AddressRange {
  readonly start: number;
  readonly bytes: number;
}

/** Which of an instruction's operands is the address of what, in the order of the calls. */
const parts: Readonly<Record<AccessKind, readonly (readonly [address: number, kind: HookKind])[]>> = {
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

const Opcode = {
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  i32Const: 0x41,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32Or: 0x72,
  i64ExtendI32U: 0xad,
} as const;
const NO_RESULT = 0x40;

/** Custom sections that hold places in the code, which move. */
const OF_PLACES = /^(\.debug_|metadata\.code\.)/;

/** Number of the first loop, as the loop hook is told: far above those of accesses. */
const FIRST_LOOP = 1 << 26;

/** A call of a hook, in front of an instruction whose operands are in locals. */
interface HookCall {
  readonly hook: number;
  /** The operands that are addresses, in the order of the hook's parameters. */
  readonly addresses: readonly number[];
  /** Added to each address. */
  readonly immediate: number;
  /** Null where the last operand says it. */
  readonly bytes: number | null;
  /** Code that says what it is. */
  readonly what: readonly number[];
  /** The operands that are told as values of 64 bits, last. */
  readonly values: readonly number[];
  /** The operands that must not all be in the range that is spared; none: it is always called. */
  readonly checked: readonly number[];
}

/** An instruction that hooks are called in front of. */
interface Hooked {
  readonly offset: number;
  /** What it takes from the stack. */
  readonly operands: readonly ValueType[];
  readonly calls: readonly HookCall[];
}

/**
 * Has a module call a function of its own right before each memory access, when all operands are there: with the
 * effective address (modulo 2^32; what is beyond traps then), the width in bytes and a {@link HookKind} or what the
 * options say. An access of several bytes at two places, memory.copy, is a load and a store; the bulk ones come
 * with their operand's length, which may be 0. A `memory.init` that fills the memory at the start is one of them.
 *
 * Indices, exports, names and data stay as they are. Debug information is left out: what it says of types and
 * variables holds still and can be had from the original, what it says of code is reached through `original`,
 * which takes any offset that V8 prints to the original's; inside of a call of the hook, to the access.
 *
 * @throws LostbitError `E_HOOK` where the module exports no such function, and whatever `memoryAccesses` throws.
 */
export function hookAccesses(module: Uint8Array, options: HookOptions): Edited {
  const types = functionTypes(module);
  const { i32, i64 } = ValueType;
  const find = (name: string | undefined, parameters: readonly ValueType[]) =>
    name === undefined ? null : hookOf(module, types, name, parameters);
  const hook = hookOf(module, types, options.hook, [i32, i32, i32]);
  const copyHook = find(options.copyHook, [i32, i32, i32, i32]);
  const casHook = find(options.casHook, [i32, i32, i32, i64, i64]);
  const loopHook = find(options.loopHook, [i32]);
  let loops = 0;

  function callsBefore(access: MemoryAccess): HookCall[] {
    const { kind, immediate, bytes } = access;
    const common = { hook, immediate, bytes, values: [] };
    if (options.what === undefined)
      return parts[kind].map(([address, what]) => ({
        ...common,
        addresses: [address],
        what: constant(what),
        checked: [address],
      }));
    const what = whatOf(access, options.what);
    if (kind === 'atomic.cmpxchg' && casHook !== null)
      return [{ ...common, hook: casHook, addresses: [0], what, values: [1, 2], checked: [0] }];
    if (kind !== 'memory.copy') return [{ ...common, addresses: [0], what, checked: [0] }];
    if (copyHook === null) return [{ ...common, addresses: [0], what, checked: [0, 1] }];
    return [{ ...common, hook: copyHook, addresses: [0, 1], what, checked: [0, 1] }];
  }

  function whatOf(access: MemoryAccess, what: NonNullable<HookOptions['what']>): number[] {
    const told = constant(what(access));
    const variants = options.variants?.(access.site);
    if (variants === undefined) return told;
    const { local, first } = variants;
    const [one, next] = [first, first + 1].map((site) => what({ ...access, site })) as [number, number];
    // What is told grows with the site.
    return [
      ...[
        ...get(local),
        ...constant(next - one),
        Opcode.i32Mul,
        ...constant(one - (next - one)),
        Opcode.i32Add,
      ],
      ...[...told, ...get(local), Opcode.select],
    ];
  }

  function hookedIn({ body, accesses, calls }: DecodedFunction): Hooked[] {
    const { index } = body;
    if ([hook, copyHook, casHook, loopHook].includes(index) || options.callee?.(index) !== undefined)
      return [];
    const called = calls.flatMap(({ offset, callee }): Hooked[] => {
      const what = options.callee?.(callee);
      if (what === undefined) return [];
      const call = {
        hook,
        addresses: [0],
        immediate: 0,
        bytes: 4,
        what: constant(what),
        values: [],
        checked: [],
      };
      return [{ offset, operands: types[callee]!.parameters as ValueType[], calls: [call] }];
    });
    const accessed = options.skip(index)
      ? []
      : accesses
          .filter(({ site }) => !options.isOwn?.(site))
          .map((access) => ({
            offset: access.offset,
            operands: access.operands,
            calls: callsBefore(access),
          }));
    return [...accessed, ...called];
  }

  function loopsIn({ body, loops: starts }: DecodedFunction): Edit[] {
    if (loopHook === null || body.index === loopHook || options.skip(body.index)) return [];
    const tells = ({ sites, callees }: Loop) =>
      sites.some((site) => !options.isOwn?.(site)) ||
      callees.some((callee) => options.callee?.(callee) !== undefined);
    return starts
      .filter((loop) => !tells(loop))
      .map(({ start: at }) => ({
        at,
        remove: 0,
        bytes: [...constant((FIRST_LOOP + loops++) << 4), Opcode.call, ...uleb(loopHook)],
      }));
  }

  const bodies = decodeFunctions(module).flatMap((one) => {
    const hooked = hookedIn(one);
    const loops = loopsIn(one);
    if (hooked.length + loops.length === 0) return [];
    return hookFunction(one, types[one.body.index]!.parameters.length, hooked, loops, options.spared);
  });

  return rewritten(module, bodies);
}

/** A module with edits of its functions, whose sizes they have set right; without debug information, which would be wrong. */
export function rewritten(module: Uint8Array, bodies: readonly Edit[]): Edited {
  const sections = sectionsOf(module);
  const places = sections.filter(({ id, name }) => id === SectionId.custom && OF_PLACES.test(name));
  const code = sections.find(({ id }) => id === SectionId.code);
  return applyEdits(module, [
    ...places.map(({ start, end }) => ({ at: start, remove: end - start, bytes: [] })),
    ...(code === undefined || bodies.length === 0 ? [] : [resized(code, growth(bodies))]),
    ...bodies,
  ]);
}

/** The index of an exported function that takes these and returns nothing. */
export function hookOf(
  module: Uint8Array,
  types: readonly FunctionType[],
  name: string,
  parameters: readonly ValueType[],
): number {
  const index = exportedFunction(module, name);
  const type = index === undefined ? undefined : types[index];
  const fits =
    type?.results.length === 0 &&
    type.parameters.length === parameters.length &&
    type.parameters.every((parameter, i) => parameter === parameters[i]);
  if (index === undefined || !fits) {
    const names = parameters.map((parameter) => (parameter === ValueType.i64 ? 'i64' : 'i32'));
    const expected = `(${names.join(', ')}) -> ()`;
    throw new LostbitError('E_HOOK', `the wasm module exports no '${name}' of the type ${expected}`);
  }
  return index;
}

function resized({ start, content, end }: Section, growth: number): Edit {
  return { at: start + 1, remove: content - start - 1, bytes: uleb(end - content + growth) };
}

function hookFunction(
  { body, locals }: DecodedFunction,
  parameters: number,
  hooked: readonly Hooked[],
  loops: readonly Edit[],
  spared: AddressRange | undefined,
): Edit[] {
  const scratch = new ScratchLocals(
    parameters + locals.count,
    hooked.map(({ operands }) => operands),
  );
  const inside: Edit[] = [
    { at: body.start, remove: locals.start - body.start, bytes: uleb(locals.groups + scratch.groups) },
    { at: locals.end, remove: 0, bytes: scratch.declarations },
    ...loops,
    ...hooked.map(({ offset, operands, calls }) => ({
      at: offset,
      remove: 0,
      bytes: around(calls, operands, scratch.forOperands(operands), spared),
    })),
  ];
  const size = uleb(body.end - body.start + growth(inside));
  return [{ at: body.size, remove: body.start - body.size, bytes: size }, ...inside];
}

/** Takes the operands off the stack, calls the hooks, and puts them back. */
function around(
  calls: readonly HookCall[],
  types: readonly ValueType[],
  operands: readonly number[],
  spared: AddressRange | undefined,
): number[] {
  return [
    ...operands.toReversed().flatMap((local) => [Opcode.localSet, ...uleb(local)]),
    ...calls.flatMap((call) => callHook(call, types, operands, spared)),
    ...operands.flatMap(get),
  ];
}

const get = (local: number) => [Opcode.localGet, ...uleb(local)];
const constant = (value: number) => [Opcode.i32Const, ...sleb32(value)];

function callHook(
  { hook, addresses, immediate, bytes, what, values, checked }: HookCall,
  types: readonly ValueType[],
  operands: readonly number[],
  spared: AddressRange | undefined,
): number[] {
  const effective = (operand: number) => [
    ...get(operands[operand]!),
    ...(immediate === 0 ? [] : [...constant(immediate), Opcode.i32Add]),
  ];
  const call = [
    ...addresses.flatMap(effective),
    ...(bytes === null ? get(operands.at(-1)!) : constant(bytes)),
    ...what,
    ...values.flatMap((value) => [
      ...get(operands[value]!),
      ...(types[value] === ValueType.i64 ? [] : [Opcode.i64ExtendI32U]),
    ]),
    ...[Opcode.call, ...uleb(hook)],
  ];
  if (spared === undefined || checked.length === 0) return call;
  const outside = checked.flatMap((operand, i) => [
    ...effective(operand),
    ...[...constant(spared.start), Opcode.i32Sub],
    ...[...constant(spared.bytes), Opcode.i32GeU],
    ...(i === 0 ? [] : [Opcode.i32Or]),
  ]);
  return [...outside, Opcode.if, NO_RESULT, ...call, Opcode.end];
}
