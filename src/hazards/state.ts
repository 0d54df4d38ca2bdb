// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Holding, keyOfValue, type Lock, leafValue, loaded, numberOf, type Value } from './value.js';

/** What is known at a point of a function. */
export interface State {
  /** What local variables hold, by name and byte. */
  readonly memory: Map<string, Value>;
  readonly held: Map<string, Lock>;
  readonly released: Map<string, Lock>;
  /** Locks that have been taken on some way, and not given back. */
  readonly perhaps: Set<string>;
  /** Locks of the caller that have been given back on some way, whatever came then. */
  readonly given: Set<string>;
}

export const keyOf = (value: Value): string =>
  value.parts === undefined ? keyOfValue(value) : value.parts.map(keyOfValue).join(',');

export const emptyState = (): State => ({
  memory: new Map(),
  held: new Map(),
  released: new Map(),
  perhaps: new Set(),
  given: new Set(),
});

export const copyOf = ({ memory, held, released, perhaps, given }: State): State => ({
  memory: new Map(memory),
  held: new Map(held),
  released: new Map(released),
  perhaps: new Set(perhaps),
  given: new Set(given),
});

export function take({ held, released, perhaps }: State, lock: Lock): void {
  const key = keyOfValue(lock.address);
  held.set(key, lock);
  perhaps.add(key);
  released.delete(key);
}

/**
 * What is given back by a pointer that nobody can tell from others may be any lock of that name, or one of the caller's; where it has no
 * name, it may be any. Nothing that said that it is held says so any more.
 */
export function release({ memory, held, released, perhaps, given }: State, lock: Lock): void {
  const key = keyOfValue(lock.address);
  forgetHolding(memory, (said) => keyOfValue(said.address) === key || mayBe(said, lock));
  const isOwn = perhaps.delete(key);
  if (held.delete(key)) {
    if (given.has(key)) released.set(key, lock);
    return;
  }
  given.add(key);
  // On a way on which it was not taken, it is the caller's.
  if (isOwn) {
    released.set(key, lock);
    return;
  }
  for (const [other, one] of held) if (mayBe(one, lock)) held.delete(other);
  released.set(key, lock);
}

/** Can two locks be one that are found by different ways? They have one name there, or the same member of other structs. */
export function mayBe(one: Lock, other: Lock): boolean {
  if (one.name === '' || other.name === '') return true;
  const member = ({ name }: Lock) => name.slice(name.lastIndexOf('.') + 1);
  return one.name === other.name || (isSomewhere(other) && member(one) === member(other));
}

/** Nobody knows which object it is of. */
const isSomewhere = ({ address }: Lock): boolean => address.leaf.startsWith('#');

/** A way to a place where ways meet, and what a value is by it. */
interface Met {
  readonly value: Value;
  readonly held: ReadonlyMap<string, Lock>;
}

/** A number that tells on which of several ways a lock was taken: `locked = true`, `got ? 1 : 0`, `err = -EBUSY`. */
export function toldByNumber(ways: readonly Met[]): Holding | undefined {
  if (ways.some(({ value }) => numberOf(value) === null)) return undefined;
  for (const when of ['set', 'zero'] as const) {
    const saying = ways.filter(({ value }) => (numberOf(value) === 0) === (when === 'zero'));
    const others = ways.filter((way) => !saying.includes(way));
    const [first, ...more] = saying;
    if (first === undefined || others.length === 0) return undefined;
    const told = [...first.held].filter(
      ([key]) => more.every(({ held }) => held.has(key)) && others.some(({ held }) => !held.has(key)),
    );
    if (told.length !== 1) continue;
    const [[key, lock]] = told as [[string, Lock]];
    return { when, lock: more.reduce((one, { held }) => lessOf(one, held.get(key)!), lock) };
  }
  return undefined;
}

/** What is known whichever way was taken. */
export function joined(states: readonly State[], block: string): State {
  const [first, ...others] = states;
  const different = new Set<string>();
  const state = copyOf(first!);
  for (const other of others) {
    for (const key of new Set([...state.memory.keys(), ...other.memory.keys()])) {
      // What is not set on a way is not looked at behind it.
      const one = inMemory(state.memory, key) ?? inMemory(other.memory, key)!;
      const value = inMemory(other.memory, key) ?? one;
      if (keyOf(one) !== keyOf(value)) {
        state.memory.set(key, leafValue(`#phi ${block} ${key}`));
        different.add(key);
      } else state.memory.set(key, sameHolding(one, value) ? one : withoutHolding(one));
    }
    for (const [key, lock] of state.held) {
      const same = other.held.get(key);
      if (same === undefined) state.held.delete(key);
      else state.held.set(key, lessOf(lock, same));
    }
    for (const [key, lock] of other.released) state.released.set(key, lock);
    for (const key of other.perhaps) state.perhaps.add(key);
    for (const key of other.given) state.given.add(key);
  }
  for (const key of different) {
    const ways = states.flatMap(({ memory, held }) => {
      const value = inMemory(memory, key);
      return value === undefined ? [] : [{ value, held }];
    });
    // Where it is not set on a way, it may be anything there.
    const holds = ways.length === states.length ? toldByNumber(ways) : undefined;
    if (holds !== undefined) state.memory.set(key, { ...state.memory.get(key)!, holds });
  }
  return state;
}

/** Of what is known of a lock on two ways, what is true of both. */
export const lessOf = (one: Lock, other: Lock): Lock => (other.shared ? other : one);

/** What a local variable holds at a byte: `name byte`, or all of it. */
export function inMemory(memory: ReadonlyMap<string, Value>, key: string): Value | undefined {
  const known = memory.get(key);
  const at = key.lastIndexOf(' ');
  if (known !== undefined || at < 0) return known;
  const all = memory.get(key.slice(0, at));
  return all && loaded({ ...all, offset: all.offset + Number(key.slice(at + 1)) });
}

/** What said that a lock is held which may be given back now says so no more. */
export function forgetHolding(memory: Map<string, Value>, isMeant: (lock: Lock) => boolean): void {
  for (const [where, value] of memory)
    if (value.holds !== undefined && isMeant(value.holds.lock)) memory.set(where, withoutHolding(value));
}

const withoutHolding = ({ holds: _, ...value }: Value): Value => value;

export const sameHolding = ({ holds: one }: Value, { holds: other }: Value): boolean =>
  one?.when === other?.when &&
  (one === undefined || keyOfValue(one.lock.address) === keyOfValue(other!.lock.address));

export function sameState(a: State, b: State): boolean {
  return (
    sameMap(a.memory, b.memory, (one, other) => keyOf(one) === keyOf(other) && sameHolding(one, other)) &&
    sameMap(a.held, b.held, (one, other) => one.shared === other.shared) &&
    sameMap(a.released, b.released, () => true) &&
    a.perhaps.size === b.perhaps.size &&
    a.given.size === b.given.size
  );
}

function sameMap<T>(
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
  same: (a: T, b: T) => boolean,
): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !same(value, other)) return false;
  }
  return true;
}
