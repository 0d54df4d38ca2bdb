// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FunctionFact, UnitFacts } from './facts.js';
import type { Lock } from './value.js';

type Packed<T> = Omit<T, 'locks' | 'released'> & {
  readonly locks: readonly number[];
  readonly released: readonly number[];
};

/** Facts in which each lock stands once: behind every call the same are held or given back, by the hundred. */
export interface PackedFacts extends Omit<UnitFacts, 'functions'> {
  readonly locks: readonly Lock[];
  readonly functions: readonly (Omit<FunctionFact, 'writes' | 'calls'> & {
    readonly writes: readonly Packed<FunctionFact['writes'][number]>[];
    readonly calls: readonly Packed<FunctionFact['calls'][number]>[];
  })[];
}

export function packedFacts(facts: UnitFacts): PackedFacts {
  const places = new Map<string, number>();
  const locks: Lock[] = [];
  const placeOf = (lock: Lock): number => {
    const key = JSON.stringify(lock);
    let place = places.get(key);
    if (place === undefined) {
      place = locks.push(lock) - 1;
      places.set(key, place);
    }
    return place;
  };
  const packed = <T extends { readonly locks: readonly Lock[]; readonly released: readonly Lock[] }>(
    at: T,
  ) => ({
    ...at,
    locks: at.locks.map(placeOf),
    released: at.released.map(placeOf),
  });
  const functions = facts.functions.map((fact) => ({
    ...fact,
    writes: fact.writes.map(packed),
    calls: fact.calls.map(packed),
  }));
  return { ...facts, locks, functions };
}

export function unpackedFacts({ locks, ...facts }: PackedFacts): UnitFacts {
  const unpacked = <T extends { readonly locks: readonly number[]; readonly released: readonly number[] }>(
    at: T,
  ) => ({
    ...at,
    locks: at.locks.map((place) => locks[place]!),
    released: at.released.map((place) => locks[place]!),
  });
  const functions = facts.functions.map((fact) => ({
    ...fact,
    writes: fact.writes.map(unpacked),
    calls: fact.calls.map(unpacked),
  }));
  return { ...facts, functions };
}
