// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { applyEdits, type Edit, type Edited, growth, resized } from '../../wasm/edits.js';
import { sleb32, uleb } from '../../wasm/leb.js';
import { SectionId, sectionsOf } from '../../wasm/sections.js';
import { type AccessKind, ValueType } from './access-shapes.js';
import { type DecodedFunction, decodeFunctions, type Loop, type MemoryAccess } from './memory-accesses.js';
import { exportedFunction, type FunctionType, functionTypes } from './module-types.js';
import { ScratchLocals } from './scratch-locals.js';

/** What kind of access the hook is called for: its third argument. */
export const HookKind = { load: 0, store: 1, atomic: 2 } as const;
export type HookKind = (typeof HookKind)[keyof typeof HookKind];

export interface HookOptions {
  /** Name of the exported function to call: (address i32, bytes i32, what i32) without a result. */
  readonly hook: string;
  /**
   * Another one for memory.copy: (to i32, from i32, bytes i32, what i32). Without it a copy is reported to `hook`:
   * by its destination where `what` is given, else as a load and a store.
   */
  readonly copyHook?: string;
  /**
   * Another one for compare-and-swap: (address i32, bytes i32, what i32, expected i64, replacement i64), the last two
   * zero-extended; their bits beyond the width mean nothing. Without it a compare-and-swap is reported to `hook` as any other access.
   */
  readonly casHook?: string;
  /**
   * Another one, called at the start of each iteration of a loop that may iterate without a call of any other hook:
   * (what i32), a number of its own for each loop.
   */
  readonly loopHook?: string;
  /** Functions that are not instrumented, such as those that the hook calls. The hooks themselves never are. */
  skip(functionIndex: number): boolean;
  /** The third argument, a number of 32 bits; without it, a {@link HookKind}. */
  what?(access: MemoryAccess): number;
  /**
   * Of an access with several variants (see `Site.variants`), by its number: the local that holds, right before it, which
   * variant it is, counted from 1 (0: unknown), and the number of the first variant. What `what` returns for the variants
   * must grow evenly.
   */
  variants?(site: number): { readonly local: number; readonly first: number } | undefined;
  /** An access, by its number, that is not instrumented. */
  isOwn?(site: number): boolean;
  /** Memory private to a thread: accesses that start here are not reported. A copy is, unless both sides start here. */
  readonly excluded?: AddressRange;
  /**
   * Functions whose calls are reported to `hook` right before they are called, with their first argument as the
   * address, 4 bytes, and what this returns; undefined for all others. Calls through a table are not reported, nor is
   * anything inside these functions.
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
const OF_PLACES = /^(\.debug_|metadata\.code\.|lostbit\.instance_data$)/;

/** Number of the first loop, as the loop hook gets it: far above those of accesses. */
const FIRST_LOOP = 1 << 26;

/** A call of a hook, in front of an instruction whose operands are in locals. */
interface HookCall {
  readonly hook: number;
  /** The operands that are addresses, in the order of the hook's parameters. */
  readonly addresses: readonly number[];
  /** Added to each address. */
  readonly immediate: number;
  /** Null where it is the last operand. */
  readonly bytes: number | null;
  /** Code that computes the hook's `what`. */
  readonly what: readonly number[];
  /** The operands that are passed as 64-bit values, last. */
  readonly values: readonly number[];
  /** The call is left out if all of these operands are in the excluded range; none: it is always made. */
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
 * Instruments a module: right before each memory access it calls a function of its own (the hook), with the effective
 * address (modulo 2^32; what lies beyond traps), the width in bytes, and a {@link HookKind} or what the options give.
 * A memory.copy is a load and a store; bulk instructions are reported with the length of their operand, which may be 0.
 * So is a `memory.init` that fills the memory at the start.
 *
 * Indices, exports, names and data stay as they are. Debug information is dropped: for types and variables read the
 * original's; for code, `original` maps any offset that V8 prints to the original's, from inside a call of the hook
 * to the access.
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
    const unknown = constant(what(access));
    const variants = options.variants?.(access.site);
    if (variants === undefined) return unknown;
    const { local, first } = variants;
    const [one, next] = [first, first + 1].map((site) => what({ ...access, site })) as [number, number];
    // first + variant - 1, scaled to how `what` grows from one variant to the next.
    return [
      ...[
        ...get(local),
        ...constant(next - one),
        Opcode.i32Mul,
        ...constant(one - (next - one)),
        Opcode.i32Add,
      ],
      ...[...unknown, ...get(local), Opcode.select],
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
    const callsHook = ({ sites, callees }: Loop) =>
      sites.some((site) => !options.isOwn?.(site)) ||
      callees.some((callee) => options.callee?.(callee) !== undefined);
    return starts
      .filter((loop) => !callsHook(loop))
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
    return hookFunction(one, types[one.body.index]!.parameters.length, hooked, loops, options.excluded);
  });

  return rewritten(module, bodies);
}

/**
 * A module with edits of its functions, which include their new sizes; without debug information, which would be wrong.
 *
 * @param others edits outside of the code.
 */
export function rewritten(module: Uint8Array, bodies: readonly Edit[], others: readonly Edit[] = []): Edited {
  const sections = sectionsOf(module);
  const places = sections.filter(({ id, name }) => id === SectionId.custom && OF_PLACES.test(name));
  const code = sections.find(({ id }) => id === SectionId.code);
  return applyEdits(module, [
    ...places.map(({ start, end }) => ({ at: start, remove: end - start, bytes: [] })),
    ...(code === undefined || bodies.length === 0 ? [] : [resized(code, growth(bodies))]),
    ...bodies,
    ...others,
  ]);
}

/** The index of an exported function with these parameters and no result. */
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

function hookFunction(
  { body, locals }: DecodedFunction,
  parameters: number,
  hooked: readonly Hooked[],
  loops: readonly Edit[],
  excluded: AddressRange | undefined,
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
      bytes: around(calls, operands, scratch.forOperands(operands), excluded),
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
  excluded: AddressRange | undefined,
): number[] {
  return [
    ...operands.toReversed().flatMap((local) => [Opcode.localSet, ...uleb(local)]),
    ...calls.flatMap((call) => callHook(call, types, operands, excluded)),
    ...operands.flatMap(get),
  ];
}

const get = (local: number) => [Opcode.localGet, ...uleb(local)];
const constant = (value: number) => [Opcode.i32Const, ...sleb32(value)];

function callHook(
  { hook, addresses, immediate, bytes, what, values, checked }: HookCall,
  types: readonly ValueType[],
  operands: readonly number[],
  excluded: AddressRange | undefined,
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
  if (excluded === undefined || checked.length === 0) return call;
  const outside = checked.flatMap((operand, i) => [
    ...effective(operand),
    ...[...constant(excluded.start), Opcode.i32Sub],
    ...[...constant(excluded.bytes), Opcode.i32GeU],
    ...(i === 0 ? [] : [Opcode.i32Or]),
  ]);
  return [...outside, Opcode.if, NO_RESULT, ...call, Opcode.end];
}
