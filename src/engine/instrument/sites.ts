// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type CodeFrame, CodeMap } from '../../layout/code-map.js';
import { memoized } from '../../memoized.js';
import type { AccessKind } from './access-shapes.js';
import { calculates, Demand, keptBits, maskOf, readsIn } from './bits.js';
import { decodeFunctions, type MemoryAccess } from './memory-accesses.js';
import { declaredTypes, functionTypes } from './module-types.js';
import { type Evaluated, evaluate, type Value } from './values.js';

/** A place in the code that accesses memory. */
export interface Site {
  /** Its number in the module, in order of offsets. */
  readonly site: number;
  readonly kind: AccessKind;
  /** Null where an operand says it. */
  readonly bytes: number | null;
  /** The function of the module that it is in, which others may be inlined into. */
  readonly function: string;
  /** Innermost first, inlined functions included. */
  readonly stack: readonly CodeFrame[];
  /** How many of these lead to the first function that other files may call. */
  readonly own: number;
  /**
   * The bits of the span that the code means, the least significant first: of a flag that is set by reading its
   * neighbours and writing them back, the flag's alone, of the load as of the store; of a test, those that are
   * tested. All bits where that cannot be told; -1n where the span's length is not known.
   */
  readonly mask: bigint;
  /**
   * The bytes that it reads and that the code makes something of, a bit each: not those that are only copied to another
   * place, written back, or perhaps never looked at. None of a write, nor of a span whose length is not known.
   */
  readonly meant: number;
}

/** All accesses of a linked module, by their numbers. Throws `E_BAD_MODULE`, `E_BAD_DWARF` and `E_INSTRUCTION`. */
export const sitesOf = memoized((module: Uint8Array): readonly Site[] => {
  const codeMap = CodeMap.fromWasm(module);
  const types = functionTypes(module);
  const indirect = declaredTypes(module);
  const bools = new Map<number, boolean>();
  const returnsBool = (index: number) => {
    const known = bools.get(index) ?? codeMap.returnsBool(index);
    bools.set(index, known);
    return known;
  };
  return decodeFunctions(module).flatMap((decoded) => {
    const { body, accesses } = decoded;
    if (accesses.length === 0) return [];
    const name = codeMap.functionAt(body.start)?.name ?? '';
    const evaluated = evaluate(module, decoded, types, indirect, returnsBool);
    const masks = masksOf(evaluated);
    const meant = meantOf(evaluated);
    return accesses.map(({ site, kind, bytes, offset }) => ({
      site,
      kind,
      bytes,
      function: name,
      stack: codeMap.frames(offset),
      own: codeMap.ownFrames(offset),
      mask: masks.get(site) || (bytes === null ? -1n : maskOf(bytes)),
      meant: meant.get(site) ?? 0,
    }));
  });
});

/** The bits that accesses mean, by site; 0n or nothing where that cannot be told. */
function masksOf(evaluated: Evaluated): Map<number, bigint> {
  const masks = new Map<number, bigint>();
  const demand = new Demand(evaluated);
  const written = new Map<Value, bigint>();
  for (const { access, operands } of evaluated.writes) {
    const [address, ...values] = operands as [Value, ...Value[]];
    demand.add(address);
    const change = changeOf(access, address, values);
    for (const value of values) demand.add(value, change?.needed);
    if (change === null) continue;
    masks.set(access.site, change.mask);
    for (const read of change.of) written.set(read, (written.get(read) ?? 0n) | change.mask);
  }
  for (const value of evaluated.reads)
    masks.set(value.access!.site, demand.of(value) | (written.get(value) ?? 0n));
  return masks;
}

/** The bytes that reads mean, by site. */
function meantOf(evaluated: Evaluated): Map<number, number> {
  const meant = new Map<number, number>();
  const demand = new Demand(evaluated, true);
  for (const { access, operands } of evaluated.writes) {
    const [address, ...values] = operands as [Value, ...Value[]];
    demand.add(address);
    const whole = access.kind === 'atomic.rmw' || access.kind === 'atomic.cmpxchg';
    if (whole) meant.set(access.site, 0xff);
    // A bit-field's store puts its neighbours back, and a struct's assignment is a copy.
    for (const value of values) if (whole || calculates(value)) demand.add(value);
  }
  for (const read of evaluated.reads) {
    const bits = demand.of(read);
    let bytes = 0;
    for (let i = 0; i < 8; i++) if (((bits >> BigInt(8 * i)) & 0xffn) !== 0n) bytes |= 1 << i;
    meant.set(read.access!.site, bytes);
  }
  return meant;
}

/** A write that leaves some bits of its span as they are. */
interface Change {
  readonly mask: bigint;
  /** The bits of its value that make a difference. */
  readonly needed: bigint | undefined;
  /** Whose other bits it writes back: in a loop, one of several; none of an atomic one. */
  readonly of: readonly Value[];
}

/** Null where a write means all bits. */
function changeOf(access: MemoryAccess, address: Value, [value]: readonly Value[]): Change | null {
  if (value === undefined || access.bytes === null) return null;
  const all = maskOf(access.bytes);
  if (access.kind === 'atomic.rmw' && value.made === 'constant') {
    const changed = atomicChange[operatorOf(access.opcode)]?.(value.constant) ?? all;
    return { mask: changed & all, needed: undefined, of: [] };
  }
  if (access.kind !== 'store') return null;
  const of = [...readsIn(value)].filter(
    (read) => read.access?.kind === 'load' && sameSpan(access, address, read),
  );
  const mask = all & ~keptBits(value, new Set(of));
  if (mask === 0n || mask === all) return { mask: all, needed: all, of: [] };
  return { mask, needed: mask, of };
}

/** What atomic instructions of each kind change, by their operand; of those left out, all. */
const atomicChange: Readonly<Record<number, (operand: bigint) => bigint>> = {
  2: (operand) => ~operand, // and
  3: (operand) => operand, // or
  4: (operand) => operand, // xor
};

/** From add on, each with seven instructions of different widths. */
function operatorOf(opcode: number): number {
  return Math.floor((opcode - 0xfe1e) / 7);
}

function sameSpan({ bytes, immediate }: MemoryAccess, address: Value, { access, from }: Value): boolean {
  const other = from[0]!;
  if (access === null || access.bytes !== bytes) return false;
  if (address.made === 'constant' && other.made === 'constant')
    return address.constant + BigInt(immediate) === other.constant + BigInt(access.immediate);
  return address === other && immediate === access.immediate;
}
