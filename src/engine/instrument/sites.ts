// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type CodeFrame, CodeMap } from '../../layout/code-map.js';
import { memoized } from '../../memoized.js';
import type { AccessKind } from './access-shapes.js';
import { calculates, Demand, maskOf } from './bits.js';
import { type Change, changeOf } from './changes.js';
import { type DecodedFunction, decodeFunctions, memoryAccesses } from './memory-accesses.js';
import { declaredTypes, functionTypes } from './module-types.js';
import { type Evaluated, evaluate, type Value } from './values.js';

/** A place in the code that accesses memory. */
export interface Site {
  /** Its number in the module, in order of offsets. */
  readonly site: number;
  readonly kind: AccessKind;
  /** Null where it is an operand. */
  readonly bytes: number | null;
  /** The index of the function of the module that it is in, and its name; others may be inlined into it. */
  readonly functionIndex: number;
  readonly function: string;
  /** Innermost first, inlined functions included. */
  readonly stack: readonly CodeFrame[];
  /** How many of these lead to the first function that other files may call. */
  readonly own: number;
  /**
   * The bits of the span that the code means, the least significant first: of a flag that is set by reading its
   * neighbours and writing them back, the flag's alone, of the load as of the store; of a test, those that are
   * tested. All bits where that is unknown; -1n where the span's length is.
   */
  readonly mask: bigint;
  /**
   * Of these, those that it does not mean each time: a compiler makes one store of `if (c) x->a = 1; else x->b = 1;`.
   * Which it is, is found out at run time (meanings.ts), where the access is reported by the number of one of its `variants`.
   */
  readonly unsure: bigint;
  /** Numbers of the sites, consecutive, that stand for each thing that it may mean; none where there is only one. */
  readonly variants: readonly number[];
  /** Of such a site, the number of the access that it is a variant of. */
  readonly variantOf?: number;
  /**
   * Of a load whose other bits such stores write back: which stores they are, and the bits that it means besides if that
   * one comes next.
   */
  readonly decided: readonly { readonly store: number; readonly besides: bigint }[];
  /**
   * The bytes that it reads and that the code makes something of, a bit each: not those that are only copied to another
   * place, written back, or perhaps never looked at. None of a write, nor of a span whose length is not known.
   */
  readonly meant: number;
}

/** A function that has memory accesses, and the values that it works with. */
export interface EvaluatedFunction {
  readonly decoded: DecodedFunction;
  readonly evaluated: Evaluated;
}

/** Follows the values of those functions of a linked module that are asked for, and that access memory. */
export function* evaluatedFunctions(
  module: Uint8Array,
  wanted: (decoded: DecodedFunction) => boolean = () => true,
): Generator<EvaluatedFunction> {
  const codeMap = CodeMap.fromWasm(module);
  const types = functionTypes(module);
  const indirect = declaredTypes(module);
  const bools = new Map<number, boolean>();
  const returnsBool = (index: number) => {
    const known = bools.get(index) ?? codeMap.returnsBool(index);
    bools.set(index, known);
    return known;
  };
  for (const decoded of decodeFunctions(module))
    if (decoded.accesses.length > 0 && wanted(decoded))
      yield { decoded, evaluated: evaluate(module, decoded, types, indirect, returnsBool) };
}

/**
 * All accesses of a linked module, by their numbers; behind them, the variants of those that have several.
 * Throws `E_BAD_MODULE`, `E_BAD_DWARF` and `E_INSTRUCTION`.
 */
export const sitesOf = memoized((module: Uint8Array): readonly Site[] => {
  const codeMap = CodeMap.fromWasm(module);
  const sites: Site[] = [];
  const varying: [site: number, masks: readonly bigint[]][] = [];
  for (const { decoded, evaluated } of evaluatedFunctions(module)) {
    const { body, accesses } = decoded;
    const name = codeMap.functionAt(body.start)?.name ?? '';
    const meanings = meaningsOf(evaluated);
    const meant = meantOf(evaluated);
    for (const { site, kind, bytes, offset, functionIndex } of accesses) {
      const { mask = 0n, unsure = 0n, decided = [], variants = [] } = meanings.get(site) ?? {};
      if (variants.length > 0) varying.push([site, variants]);
      sites.push({
        site,
        kind,
        bytes,
        functionIndex,
        function: name,
        stack: codeMap.frames(offset),
        own: codeMap.ownFrames(offset),
        mask: mask || (bytes === null ? -1n : maskOf(bytes)),
        unsure,
        variants: [],
        decided,
        meant: meant.get(site) ?? 0,
      });
    }
  }
  const accesses = sites.length;
  for (const [site, masks] of varying) {
    const variants = masks.map((mask) => {
      const one = { ...sites[site]!, site: sites.length, variantOf: site, mask, unsure: 0n, decided: [] };
      return sites.push(one) - 1;
    });
    sites[site] = { ...sites[site]!, variants };
  }
  if (accesses !== memoryAccesses(module).length) throw new Error('accesses are numbered in another order');
  return sites;
});

/** What is known of the bits that an access means. */
interface Meaning extends Pick<Site, 'mask' | 'unsure' | 'decided'> {
  /** Of a store that may mean one thing or another, the masks of each. */
  readonly variants: readonly bigint[];
}

const isVarying = ({ variants, isOpen }: Change) => isOpen || variants.length > 0;

/** The masks that a store may turn out to mean: those that the code names, and behind them those of {@link openMasks}. */
export function variantsOf({ variants, isOpen }: Change, bytes: number): readonly bigint[] {
  return isOpen ? [...variants, ...openMasks(bytes)] : variants;
}

/**
 * Of a store whose meaning is only known at run time: of a byte, every set of bits, each at the index that is the set as a
 * number; of more, every run of bits, the one from bit `low` to bit `high` at index `low × width + high`, and 0n where
 * there is none.
 */
function openMasks(bytes: number): readonly bigint[] {
  const width = bytes * 8;
  if (bytes === 1) return Array.from({ length: 256 }, (_, mask) => BigInt(mask));
  return Array.from({ length: width * width }, (_, i) => {
    const [low, high] = [Math.floor(i / width), i % width];
    return high < low ? 0n : (1n << BigInt(high + 1)) - (1n << BigInt(low));
  });
}

/** The bits that accesses mean, by site; 0n or nothing where that is unknown. */
function meaningsOf(evaluated: Evaluated): Map<number, Meaning> {
  const meanings = new Map<number, Meaning>();
  const demands = { may: new Demand(evaluated), sure: new Demand(evaluated, 'sure') };
  // What a store may put back is no use of it.
  const others = new Demand(evaluated);
  const written = new Map<Value, [site: number, change: Change][]>();
  for (const write of evaluated.writes) {
    const { access, operands } = write;
    const [address, ...values] = operands as [Value, ...Value[]];
    const change = changeOf(write);
    for (const demand of [demands.may, demands.sure, others]) {
      demand.add(address);
      const isSure = demand !== demands.may && change !== null && isVarying(change);
      for (const value of values) demand.add(value, isSure ? change.sure : change?.needed);
    }
    if (change === null) continue;
    const { mask, sure } = change;
    const variants = variantsOf(change, access.bytes ?? 0);
    meanings.set(access.site, { mask, unsure: mask & ~sure, decided: [], variants });
    for (const read of change.of)
      written.set(read, [...(written.get(read) ?? []), [access.site, change] as const]);
  }
  for (const read of evaluated.reads) {
    const changes = written.get(read) ?? [];
    const looked = (changes.some(([, change]) => isVarying(change)) ? others : demands.may).of(read);
    const of = (some: typeof changes) => some.reduce((bits, [, { mask }]) => bits | mask, looked);
    const mask = of(changes);
    const sure = changes.reduce((bits, [, change]) => bits | change.sure, demands.sure.of(read));
    const decided = changes
      .filter(([, change]) => isVarying(change))
      .map(([store]) => ({ store, besides: of(changes.filter(([other]) => other !== store)) }));
    meanings.set(read.access!.site, { mask, unsure: mask & ~sure, decided, variants: [] });
  }
  return meanings;
}

/** The bytes that reads mean, by site. */
function meantOf(evaluated: Evaluated): Map<number, number> {
  const meant = new Map<number, number>();
  const demand = new Demand(evaluated, 'whatever');
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
