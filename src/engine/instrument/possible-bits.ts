// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ALL, common, type Known, knownOf, knownOfRead, nothing, ofBits } from './bits.js';
import { isSelect, type Value } from './values.js';

/** Most ways in which a value may have come about that are kept apart; of more, what they have in common. */
const MOST = 32;
/** Most passes over all of a function's values: what goes around in a loop settles long before. */
const ROUNDS = 24;
const BOOL = ALL & ~1n;

/**
 * What may be known of a value's bits, a {@link Known} for each way in which it may have come about: where several
 * branches of the source have become one instruction, which takes its operand from a select or from a local that each
 * branch sets, what it does is one of several things. A byte read, and what comes from elsewhere, is also assumed to be a
 * bool, since the compiler may know that it is.
 *
 * Which of them is the case is only known at run time (meanings.ts).
 *
 * @param of whose bits may be kept.
 */
export function possibleBits(value: Value, of: ReadonlySet<Value>): readonly Known[] {
  const order = inOrder(value);
  const possible = new Map<Value, Possible>(order.map((one) => [one, new Possible()]));
  const ways = (one: Value) => possible.get(one)!.ways;
  for (let round = 0, changes = true; changes; round++) {
    if (round === ROUNDS) return [nothing];
    changes = false;
    for (const one of order) changes = possible.get(one)!.add(waysOf(one, of, ways)) || changes;
  }
  return ways(value);
}

/** A set of {@link Known}s that only grows, until it is too large. */
class Possible {
  #ways = new Map<string, Known>();
  #joined: Known | null = null;

  get ways(): readonly Known[] {
    return this.#joined === null ? [...this.#ways.values()] : [this.#joined];
  }

  /** Returns whether that was new. */
  add(more: readonly Known[]): boolean {
    if (this.#joined !== null) {
      const joined = more.reduce(common, this.#joined);
      const changed = keyOf(joined) !== keyOf(this.#joined);
      this.#joined = joined;
      return changed;
    }
    const before = this.#ways.size;
    for (const one of more) this.#ways.set(keyOf(one), one);
    if (this.#ways.size > MOST) this.#joined = [...this.#ways.values()].reduce(common);
    return this.#ways.size !== before;
  }
}

const keyOf = ({ kept, may, zero, one }: Known) => `${kept} ${may} ${zero} ${one}`;

function waysOf(
  value: Value,
  of: ReadonlySet<Value>,
  ways: (value: Value) => readonly Known[],
): readonly Known[] {
  switch (value.made) {
    case 'constant':
      return [ofBits(ALL & ~value.constant, value.constant)];
    case 'bool':
      return [ofBits(BOOL)];
    case 'read': {
      const known = knownOfRead(value, of);
      const mayBeBool = !of.has(value) && value.access!.bytes === 1;
      return mayBeBool ? [known, ofBits(BOOL)] : [known];
    }
    case 'merged':
      return value.from.flatMap(ways);
    case 'computed': {
      const [first, second] = value.from as [Value, Value | undefined];
      if (second === undefined) return ways(first).map((one) => knownOf(value.opcode, [first], () => one));
      if (isSelect(value)) return [...ways(first), ...ways(second)];
      if (first === second)
        return ways(first).map((one) => knownOf(value.opcode, [first, second], () => one));
      return ways(first).flatMap((one) =>
        ways(second).map((other) =>
          knownOf(value.opcode, [first, second], (operand) => (operand === first ? one : other)),
        ),
      );
    }
    case 'global':
      return [nothing];
    case 'otherwise':
      return [nothing, ofBits(BOOL)];
  }
}

/** All values that one is made of, operands first where no loop leads back to it. Addresses are no part of a value read. */
function inOrder(value: Value): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const open: { value: Value; next: number }[] = [{ value, next: 0 }];
  seen.add(value);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { made, from } = top.value;
    const next = made === 'read' ? undefined : from[top.next++];
    if (next === undefined) {
      order.push(top.value);
      open.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      open.push({ value: next, next: 0 });
    }
  }
  return order;
}
