// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { MemoryAccess } from '../instrument/memory-accesses.js';

/** What a thread's step does, as the scheduler gets it in the low bits of `what`. */
export const StepKind = {
  load: 0,
  store: 1,
  atomicLoad: 2,
  atomicStore: 3,
  /** A read-modify-write whose result is used, or that is neither an addition nor a subtraction. */
  atomicRmw: 4,
  /** An addition or subtraction whose result is unused: two of them commute. */
  atomicAdd: 5,
  compareExchange: 6,
  /** One step that reads one range and writes another. */
  copy: 7,
  acquire: 8,
  tryAcquire: 9,
  release: 10,
} as const;
export type StepKind = (typeof StepKind)[keyof typeof StepKind];

/** Bits of `what` below the number of the site. */
const KIND_BITS = 4;

export function whatOf(site: number, kind: StepKind): number {
  return (site << KIND_BITS) | kind;
}

export function kindOf({ what }: { readonly what: number }): StepKind {
  return (what & ((1 << KIND_BITS) - 1)) as StepKind;
}

/** Number of the site; meaningless of a lock's step. */
export function siteOf({ what }: { readonly what: number }): number {
  return what >>> KIND_BITS;
}

/** From i32.atomic.rmw.add up to the last of the subtractions, which come next. */
const ADDITIONS = { first: 0xfe1e, last: 0xfe2b } as const;

/** The kind of step that an access is; null for a wait or a wake, which is none. */
export function stepKindOf({ kind, opcode, dropped }: MemoryAccess): StepKind | null {
  switch (kind) {
    case 'load':
      return StepKind.load;
    case 'store':
    case 'memory.fill':
    case 'memory.init':
      return StepKind.store;
    case 'atomic.load':
      return StepKind.atomicLoad;
    case 'atomic.store':
      return StepKind.atomicStore;
    case 'atomic.rmw':
      return dropped && opcode >= ADDITIONS.first && opcode <= ADDITIONS.last
        ? StepKind.atomicAdd
        : StepKind.atomicRmw;
    case 'atomic.cmpxchg':
      return StepKind.compareExchange;
    case 'memory.copy':
      return StepKind.copy;
    case 'atomic.wait':
    case 'atomic.notify':
      return null;
  }
}
