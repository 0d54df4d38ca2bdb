// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CodeMap } from '../../layout/code-map.js';
import { memoized } from '../../memoized.js';
import { decodeFunctions } from './memory-accesses.js';
import { declaredTypes, exportedGlobal, functionTypes } from './module-types.js';
import { type Evaluated, evaluate, type Value } from './values.js';

/** An instruction that moves the stack pointer. */
export interface StackMove {
  readonly functionIndex: number;
  /** Of the instruction, and of what comes behind it; bytes from the module's start. */
  readonly offset: number;
  readonly end: number;
  /** `enter`: it makes a frame; `leave`: it gives one back. */
  readonly move: 'enter' | 'leave';
  /** An address in the frame may have escaped from the function. */
  readonly escaping: boolean;
}

/** What the functions of a module do with their stack and with thread-local storage. */
export interface Frames {
  readonly moves: readonly StackMove[];
  /** Accesses, by their numbers, of memory whose address never leaves the function. */
  readonly own: ReadonlySet<number>;
}

/** The globals that the linker keeps them in. */
const STACK_POINTER = '__stack_pointer';
const TLS_BASE = '__tls_base';

const Opcode = {
  select: 0x1b,
  firstComparison: 0x45,
  lastComparison: 0x66,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
} as const;

/** A function that the linker adds: it sets a thread up, before that has any stack. */
export const isLinkers = (name: string): boolean => name.startsWith('__wasm_');

/**
 * Finds out of each frame whether only its function can reach it: its address is the stack pointer plus a constant, and
 * is used in nothing but accesses. The same of all thread-local storage together.
 */
export const framesOf = memoized((module: Uint8Array): Frames => {
  const codeMap = CodeMap.fromWasm(module);
  const types = functionTypes(module);
  const indirect = declaredTypes(module);
  const stack = exportedGlobal(module, STACK_POINTER);
  const storage = exportedGlobal(module, TLS_BASE);
  const moves: StackMove[] = [];
  const own = new Set<number>();
  const stored = new Set<number>();
  let storageEscapes = false;
  for (const decoded of decodeFunctions(module)) {
    if (!decoded.globals.some((index) => index === stack || index === storage)) continue;
    const { index: functionIndex, start } = decoded.body;
    if (isLinkers(codeMap.functionAt(start)?.name ?? '')) continue;
    const evaluated = evaluate(module, decoded, types, indirect, () => false);
    if (storage !== undefined) {
      const { sites, escapes } = reachOf(evaluated, storage);
      for (const site of sites) stored.add(site);
      storageEscapes ||= escapes;
    }
    if (stack === undefined) continue;
    const { sites, escapes: escaping } = reachOf(evaluated, stack);
    if (!escaping) for (const site of sites) own.add(site);
    for (const { index, offset, end, value } of evaluated.globals)
      if (index === stack) moves.push({ functionIndex, offset, end, move: moveOf(value), escaping });
  }
  if (!storageEscapes) for (const site of stored) own.add(site);
  return { moves, own };
});

/** A stack pointer that grows, or one that was kept, gives back what lies below. */
function moveOf({ made, opcode }: Value): StackMove['move'] {
  const lowers = made === 'computed' && (opcode === Opcode.i32Sub || opcode === Opcode.i32And);
  return lowers ? 'enter' : 'leave';
}

/** The accesses whose addresses are a global plus a constant, and whether such an address goes anywhere else. */
function reachOf(
  { reads, writes, passed, globals }: Evaluated,
  global: number,
): { readonly sites: readonly number[]; readonly escapes: boolean } {
  const sites: number[] = [];
  let escapes = false;
  const may = leadsFrom(global);
  const accessed = (address: Value, site: number) => {
    if (isAt(address, global)) sites.push(site);
    else if (may(address)) escapes = true;
  };
  for (const { access, from } of reads) accessed(from[0]!, access!.site);
  for (const { access, operands } of writes) {
    accessed(operands[0]!, access.site);
    if (operands.slice(1).some(may)) escapes = true;
  }
  if (passed.some(may)) escapes = true;
  if (globals.some(({ index, value }) => index !== global && may(value))) escapes = true;
  return { sites, escapes };
}

/** Is it the global's value, with constants added and the like, on every path? */
function isAt(value: Value, global: number, seen: ReadonlySet<Value> = new Set()): boolean {
  if (value.made === 'global') return Number(value.constant) === global;
  if (seen.has(value)) return true; // where a loop leads back here
  if (value.made === 'merged') {
    const here = new Set([...seen, value]);
    return value.from.length > 0 && value.from.every((one) => isAt(one, global, here));
  }
  if (value.made !== 'computed') return false;
  const [first, second] = value.from as [Value, Value];
  switch (value.opcode) {
    case Opcode.i32Add:
    case Opcode.i32Or:
      return (
        (second.made === 'constant' && isAt(first, global, seen)) ||
        (first.made === 'constant' && isAt(second, global, seen))
      );
    case Opcode.i32Sub:
    case Opcode.i32And:
      return second.made === 'constant' && isAt(first, global, seen);
    default:
      return false;
  }
}

/** Was anything of a value computed from the global's value? The result of a comparison is no address. */
function leadsFrom(global: number): (value: Value) => boolean {
  const answers = new Map<Value, boolean>();
  return (value) => {
    const known = answers.get(value);
    if (known !== undefined) return known;
    const seen = new Set([value]);
    let found = false;
    for (const one of seen) {
      if (one.made === 'global' && Number(one.constant) === global) {
        found = true;
        break;
      }
      if (one.made !== 'computed' && one.made !== 'merged') continue;
      if (
        one.made === 'computed' &&
        one.opcode >= Opcode.firstComparison &&
        one.opcode <= Opcode.lastComparison
      )
        continue;
      for (const from of one.from) seen.add(from);
    }
    answers.set(value, found);
    return found;
  };
}
