// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type StructType } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import { type Allocation, arenaStart, notedOrigin, type Words, wordsOf } from './heap.js';
import { firstLock, MemoryNames, memberAt } from './memory-names.js';
import { type Names, offsetOf, ownVariables, placeNamed } from './variables.js';

/** An object of the machine that has a name. */
export interface NamedObject {
  /** As a scenario's path begins: `A`, `A.pdev`, `port`. */
  readonly name: string;
  readonly struct: StructType;
  readonly address: number;
}

export const covers = ({ address: start, struct }: NamedObject, address: number) =>
  address >= start && address < start + struct.size;

/** Where the paths of a scenario begin: at its names, and at the subject's variables. Some may be reached twice. */
export function* rootObjects(
  machine: Machine,
  names: Names,
  instance: number,
  words: Words,
): Generator<NamedObject> {
  const start = arenaStart(machine, instance);
  for (const [name, named] of Object.entries(names)) {
    const { hops, type } = placeNamed(machine, named);
    const inner = bare(type);
    const pointed = inner.kind === 'pointer' ? bare(inner.target) : null;
    const struct = pointed ?? inner;
    if (struct.kind !== 'struct' && struct.kind !== 'union') continue;
    for (const place of placesOf(start, hops, words))
      for (const address of pointed === null ? [place] : words(place))
        if (address !== 0) yield { name, struct, address };
  }
  for (const variable of ownVariables(machine)) {
    const struct = bare(variable.type);
    if (variable.isKernels || (struct.kind !== 'struct' && struct.kind !== 'union')) continue;
    yield { name: variable.name, struct, address: start + offsetOf(machine, variable) };
  }
}

/** Where hops from an arena's start lead; to several places, where a pointer on the way has had several values. */
export function placesOf(start: number, hops: readonly number[], words: Words): number[] {
  let places = [start];
  for (const hop of hops.slice(0, -1))
    places = [...new Set(places.flatMap((place) => words(place + hop)))].filter((place) => place !== 0);
  return places.map((place) => place + hops.at(-1)!);
}

/** The same, now. */
export const namedObjects = (machine: Machine, names: Names, instance: number): Generator<NamedObject> =>
  rootObjects(machine, names, instance, wordsOf(machine.memory));

/** Names the lock at an address, now; for several addresses use one {@link MemoryNames}. */
export function locate(machine: Machine, names: Names, instance: number, address: number): string {
  return namesNow(machine, names, instance).lockNameOf(address);
}

/** The names of an instance's memory as it is; what had one before keeps it. */
export function namesNow(
  machine: Machine,
  names: Names,
  instance: number,
  before: MemoryNames | null = null,
): MemoryNames {
  const words = wordsOf(machine.memory);
  const origin = (allocation: Allocation) => notedOrigin(machine, instance, allocation);
  return before === null
    ? new MemoryNames(machine, names, instance, words, origin)
    : before.after(words, origin);
}

/** The lock at an address in an object. */
export function nameIn(object: NamedObject, address: number): string {
  const offset = address - object.address;
  return object.name + (offset === 0 ? firstLock(object.struct) : memberAt(object.struct, offset));
}

/** The instance whose arena an address lies in; the first one for what lies elsewhere. */
export function instanceAt(machine: Machine, address: number): number {
  const instances = machine.global('lab_instances');
  const index = Math.floor((address - instances.get('start')) / instances.get('stride'));
  return index >= 0 && index < instances.get('count') ? index : 0;
}
