// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Entry, entryByName, entryThrough, RTNL, rtnlMutex } from './entries.js';
import type { CallFact, FieldFact, FunctionFact, Given, UnitFacts } from './facts.js';
import type { SourcePlace } from './ir/types-by-name.js';
import { lessOf, mayBe } from './state.js';
import { inCaller, keyOfValue, type Lock, leafValue, relationOf, type Value } from './value.js';

/** A lock that is held where a field is written. */
export interface HeldLock {
  readonly name: string;
  readonly shared: boolean;
  readonly by: Lock['by'];
  /** How it is found from the struct that is written, the same for the same lock; null: of some other object. */
  readonly relation: string | null;
  /** It is found by way of what both belong to. */
  readonly assumed: boolean;
}

/** A write of a bit-field, and how code gets there. */
export interface FieldAccess {
  readonly field: FieldFact;
  readonly function: string;
  readonly place: SourcePlace;
  readonly value: number | null;
  readonly entry: Entry;
  /** Functions from the entry to the one that writes. */
  readonly path: readonly string[];
  readonly locks: readonly HeldLock[];
  /** The function allocates the struct itself: nobody else knows it yet. */
  readonly fresh: boolean;
}

/** A function of what was read. */
interface Known {
  readonly unit: UnitFacts;
  readonly fact: FunctionFact;
}

interface Context {
  readonly field: FieldFact;
  readonly function: string;
  readonly place: SourcePlace;
  readonly value: number | null;
  readonly object: Value;
  readonly locks: ReadonlyMap<string, HeldLock>;
  /** Those of them that no way leads to from the struct here; a caller may know one. */
  readonly apart: readonly Lock[];
  readonly released: readonly Lock[];
  readonly path: readonly string[];
}

/** Ways to one write that are told apart in one function; beyond, only what all of them hold counts. */
const mostWays = 48;
/** Where more functions than these lead to a write, summed over all writes, ways end at members of structs. */
const mostOnWays = 100_000;

export interface Ways {
  readonly accesses: readonly FieldAccess[];
  /** Ways end where a function is called through a member of a struct. */
  readonly endAtMembers: boolean;
}

/**
 * Every write of a bit-field with every way that leads there from outside: which locks are held on it, seen from the struct that is
 * written. Calls are followed inside of what was read, by names and by members of structs that functions are kept in.
 *
 * Of several subsystems at once, nearly every function leads to nearly every other by such members. A way ends at a member there, and
 * only what all hold that call through it, right where they do, is known of those who do.
 *
 * @param whole all units are there that call what is not exported.
 * @param most where more functions lead to writes, ways end at members.
 */
export function fieldAccesses(units: readonly UnitFacts[], whole: boolean, most = mostOnWays): Ways {
  const graph = new CallGraph(units, whole);
  const endAtMembers = graph.onWays(most) > most;
  const contexts = new Map<string, Map<string, Context[]>>();
  const waiting: { id: string; context: Context }[] = [];
  const add = (id: string, context: Context) => {
    const known = contexts.get(id) ?? new Map<string, Context[]>();
    contexts.set(id, known);
    const alike = known.get(keyOfWrite(context)) ?? [];
    known.set(keyOfWrite(context), alike);
    if (alike.some((one) => saysNoLess(one, context))) return;
    if (alike.length < mostWays) {
      alike.push(context);
      waiting.push({ id, context });
      return;
    }
    const weakest = alike.reduce(weaker, context);
    if (alike.some((one) => saysNoLess(one, weakest))) return;
    alike.push(weakest);
    waiting.push({ id, context: weakest });
  };
  for (const [id, { unit, fact }] of graph.functions)
    for (const { field, object, place, value, locks, released } of fact.writes)
      add(id, {
        field: unit.fields[field]!,
        function: fact.name,
        place,
        value,
        object,
        locks: relatedTo(object, locks),
        apart: apartFrom(object, locks),
        released,
        path: [fact.name],
      });
  // The shortest ways first: longer ones that say the same are left out.
  for (const { id, context } of waiting)
    for (const { caller, name, call } of graph.callersOf(id))
      if (!endAtMembers || 'name' in call.callee) add(caller, calledFrom(context, name, call));
  const accesses = [...contexts].flatMap(([id, known]) => {
    const ways = [...known.values()].flat();
    const entries = graph.entriesOf(id);
    const found = ways.flatMap((context) => entries.map((entry) => accessOf(context, entry)));
    if (!endAtMembers) return found;
    const through = ways.flatMap((context) =>
      graph.membersOf(id).map(({ entry, callers }) => {
        const called = callers.map(({ name, call }) => calledFrom(context, name, call).locks);
        return accessOf(context, entry, called.reduce(inBoth));
      }),
    );
    return [...found, ...through];
  });
  return { accesses, endAtMembers };
}

const accessOf = (
  { field, function: name, place, value, object, locks: own, released, path }: Context,
  entered: Entry,
  locks = own,
): FieldAccess => ({
  field,
  function: name,
  place,
  value,
  // What the caller holds by the rules of its subsystem may have been given back.
  entry: released.some(({ name }) => name === '' || (entered.under === RTNL && name === rtnlMutex))
    ? { ...entered, under: null }
    : entered,
  path,
  locks: [...locks].flatMap(([key, lock]) => (isFoundToo(key, lock, locks) ? [] : [lock])),
  fresh: object.leaf.startsWith('!') && object.steps.length === 0,
});

/** Some other lock, of which a caller knew better: it stays known as such, since other callers may not. */
const isFoundToo = (key: string, { name }: HeldLock, locks: Held): boolean =>
  key === `other ${name}` && [...locks.values()].some((one) => one.relation !== null && one.name === name);

/** The same in the words of a caller. */
function calledFrom(context: Context, caller: string, call: CallFact): Context {
  const object = seenFrom(context.object, call);
  const given = context.released.map((lock) => ({ ...lock, address: seenFrom(lock.address, call) }));
  const keys = new Set(call.locks.map(({ address }) => keyOfValue(address)));
  const isGiven = (lock: Lock) =>
    given.some((released) => {
      const key = keyOfValue(released.address);
      // What is given back by another way to it may be any of that name.
      return keys.has(key) ? key === keyOfValue(lock.address) : mayBe(lock, released);
    });
  const before = context.apart.map((lock) => ({ ...lock, address: seenFrom(lock.address, call) }));
  const apart = apartFrom(object, before);
  // What was some other lock below, and is found from the struct here.
  const found = relatedTo(
    object,
    before.filter((lock) => !apart.includes(lock) && !isLost(lock)),
  );
  const held = call.locks.filter((lock) => !isGiven(lock));
  const own = new Map([...context.locks, ...found]);
  return {
    ...context,
    object,
    // The caller knows better than what is asserted whether it holds it alone.
    locks: new Map([...own, ...relatedTo(object, held), ...[...own].filter(([, { by }]) => by === 'taken')]),
    apart: [...apart, ...apartFrom(object, held)],
    released: unique([...given, ...call.released]),
    path: [caller, ...context.path],
  };
}

/** An address that only a function below knows: it is told from no other one, so that recursion comes to an end. */
const elsewhere = leafValue('#');

/** An address in the words of a caller: what it does not know is somewhere, or new. */
function seenFrom(address: Value, call: CallFact): Value {
  const found = inCaller(address, call.args, (leaf) => leafValue(leaf.startsWith('!') ? '!' : '#'));
  if (found.leaf === '#' || found.leaf.startsWith('#deep')) return elsewhere;
  return found.leaf === '!' && found.steps.length > 0 ? elsewhere : found;
}

/** Of what is given back somewhere, the name is all that is known. */
const keyOfReleased = ({ address, name }: Lock): string =>
  address.leaf === elsewhere.leaf ? `# ${name}` : keyOfValue(address);

/** So many locks that may have been given back are told apart on one way; beyond, any may. */
const mostReleased = 64;
/** Nobody knows which. */
const anyLock: Lock = { address: elsewhere, name: '', shared: false, by: 'taken' };

function unique(released: readonly Lock[]): Lock[] {
  const different = new Map(released.map((lock) => [keyOfReleased(lock), lock]));
  const isAny = different.has(keyOfReleased(anyLock)) || different.size > mostReleased;
  return isAny ? [anyLock] : [...different.values()];
}

/** Locks as they are found from an object. */
function relatedTo(object: Value, locks: readonly Lock[]): Map<string, HeldLock> {
  const found = new Map<string, HeldLock>();
  for (const { address, name, shared, by } of locks) {
    const relation = relationOf(object, address);
    const key = relation?.key ?? `other ${name}`;
    found.set(key, { name, shared, by, relation: relation?.key ?? null, assumed: relation?.assumed ?? true });
  }
  return found;
}

/** Nobody will find it from anything any more. */
const isLost = ({ address }: Lock): boolean => ['#', '!'].includes(address.leaf);

/** Locks that are not found from an object. */
const apartFrom = (object: Value, locks: readonly Lock[]): Lock[] =>
  locks.filter((lock) => !isLost(lock) && relationOf(object, lock.address) === null);

const keyOfWrite = ({ field, place }: Context): string =>
  `${field.struct}.${field.field} ${place.file}:${place.line}`;

/** Are all locks of a way held on another one, too, and may no more be given back there? What loses an update there, does so here. */
function saysNoLess(one: Context, other: Context): boolean {
  // From an object somewhere, no caller's lock is found.
  if (one.object.leaf !== elsewhere.leaf && keyOfValue(one.object) !== keyOfValue(other.object)) return false;
  for (const [key, lock] of one.locks) {
    const same = other.locks.get(key);
    if (same === undefined || (same.shared && !lock.shared) || (same.assumed && !lock.assumed)) return false;
  }
  // A lock that a caller may find from the struct is one more.
  const apart = new Set(other.apart.map(({ address }) => keyOfValue(address)));
  if (!one.apart.every(({ address }) => apart.has(keyOfValue(address)))) return false;
  const released = new Set(one.released.map(keyOfReleased));
  if (released.has(keyOfReleased(anyLock))) return true;
  return other.released.every((lock) => released.has(keyOfReleased(lock)));
}

type Held = ReadonlyMap<string, HeldLock>;

/** What is held on both of two ways: alone, if it is on both. */
function inBoth(one: Held, other: Held): Held {
  const both = new Map<string, HeldLock>();
  for (const [key, lock] of one) {
    const same = other.get(key);
    if (same === undefined) continue;
    both.set(key, {
      ...lock,
      shared: lock.shared || same.shared,
      assumed: lock.assumed || same.assumed,
    });
  }
  return both;
}

function weaker(one: Context, other: Context): Context {
  const locks = inBoth(one.locks, other.locks);
  const others = new Map(other.apart.map((lock) => [keyOfValue(lock.address), lock]));
  const apart = one.apart.flatMap((lock) => {
    const same = others.get(keyOfValue(lock.address));
    return same === undefined ? [] : [lessOf(lock, same)];
  });
  const released = [...one.released, ...other.released].map((lock) => ({ ...lock, address: elsewhere }));
  return { ...one, locks, apart, object: elsewhere, released: unique(released) };
}

interface Caller {
  readonly caller: string;
  readonly name: string;
  readonly call: CallFact;
}

/** Who calls whom in what was read. */
class CallGraph {
  readonly functions = new Map<string, Known>();
  /** Of several modules that each have a function of one name, the others call the last one. */
  readonly #globals = new Map<string, string>();
  readonly #callers = new Map<string, Caller[]>();
  /** Functions that are called through a member of a struct, as they are entered there, and that member. */
  readonly #members = new Map<string, { readonly entry: Entry; readonly slot: string }[]>();
  /** Functions by where they are given to. */
  readonly #entries = new Map<string, Entry[]>();
  /** Functions that are called with numbers by which they decide. */
  readonly #withNumbers = new Set<string>();
  readonly #whole: boolean;

  constructor(units: readonly UnitFacts[], whole: boolean) {
    this.#whole = whole;
    for (const unit of units)
      for (const fact of unit.functions) {
        const id = idOfOwn(unit, fact.name, fact.given);
        // An inline function of a header is in every unit that uses it.
        this.functions.set(id, { unit, fact });
        if (fact.given.length > 0) this.#withNumbers.add(idOfOwn(unit, fact.name, []));
        if (!fact.internal) this.#globals.set(fact.name, id);
      }
    const kept = this.#keptFunctions(units);
    for (const [id, { unit, fact }] of this.functions)
      for (const call of fact.calls) {
        const { callee } = call;
        const found =
          'name' in callee ? [this.find(unit, callee.name, callee.given)] : (kept.get(callee.slot) ?? []);
        for (const one of found)
          if (one !== null) {
            const callers = this.#callers.get(one) ?? [];
            callers.push({ caller: id, name: fact.name, call });
            this.#callers.set(one, callers);
          }
      }
    const called = new Set(
      units.flatMap(({ functions }) =>
        functions.flatMap(({ calls }) =>
          calls.flatMap(({ callee }) => ('slot' in callee ? [callee.slot] : [])),
        ),
      ),
    );
    const followed: [id: string, entry: Entry][] = [];
    for (const unit of units)
      for (const { function: name, to } of unit.given) {
        const id = this.find(unit, name);
        if (id === null) continue;
        // What is called here through such a member is followed there; timers, work and their like are called by others, too.
        const { kind } = entryThrough(name, to);
        if ('slot' in to && called.has(to.slot) && kind === 'ops') {
          const entry = entryThrough(name, to);
          followed.push([id, entry]);
          this.#members.set(id, [...(this.#members.get(id) ?? []), { entry, slot: to.slot }]);
          continue;
        }
        const entries = this.#entries.get(id) ?? [];
        entries.push(entryThrough(name, to));
        this.#entries.set(id, entries);
      }
    // Those who call through it are only called through it themselves: others call it, too.
    const reached = followed.length === 0 ? null : this.#reached();
    for (const [id, entry] of followed)
      if (reached?.has(id) === false) this.#entries.set(id, [...(this.#entries.get(id) ?? []), entry]);
  }

  /** Functions that some way leads to from outside. */
  #reached(): ReadonlySet<string> {
    const callees = new Map<string, string[]>();
    for (const [id, callers] of this.#callers)
      for (const { caller } of callers) callees.set(caller, [...(callees.get(caller) ?? []), id]);
    const waiting = [...this.functions.keys()].filter((id) => this.entriesOf(id).length > 0);
    const reached = new Set(waiting);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
      for (const callee of callees.get(id) ?? []) {
        if (reached.has(callee)) continue;
        reached.add(callee);
        waiting.push(callee);
      }
    return reached;
  }

  /** A function by the name that a unit calls it by. */
  find(unit: UnitFacts, name: string, given: Given = []): string | null {
    const own = idOfOwn(unit, name, given);
    return this.functions.has(own) ? own : (this.#globals.get(name) ?? null);
  }

  /** Functions that lead to a write, summed over all writes; more than `most` are not counted to the end. */
  onWays(most: number): number {
    let count = 0;
    for (const [id, { fact }] of this.functions) {
      if (fact.writes.length === 0) continue;
      const leading = new Set([id]);
      for (const one of leading) for (const { caller } of this.callersOf(one)) leading.add(caller);
      count += leading.size * fact.writes.length;
      if (count > most) break;
    }
    return count;
  }

  /** How a function is entered through members of structs, and who calls it through each, of what was read. */
  membersOf(id: string): { readonly entry: Entry; readonly callers: readonly Caller[] }[] {
    return (this.#members.get(id) ?? []).map(({ entry, slot }) => ({
      entry,
      callers: this.callersOf(id).filter(({ call: { callee } }) => 'slot' in callee && callee.slot === slot),
    }));
  }

  callersOf(id: string): readonly Caller[] {
    return this.#callers.get(id) ?? [];
  }

  /** How a function is entered from outside of what was read. */
  entriesOf(id: string): readonly Entry[] {
    const { fact } = this.functions.get(id)!;
    const given = this.#entries.get(id) ?? [];
    const isCalled = this.callersOf(id).length > 0;
    if (fact.exported) return [...given, entryByName(fact.name, 'exported')];
    if (!fact.internal && (!this.#whole || (!isCalled && given.length === 0)))
      return [...given, entryByName(fact.name, 'called from elsewhere')];
    // Who calls it gives it numbers, and is followed there.
    if (fact.given.length > 0 || this.#withNumbers.has(id)) return given;
    if (given.length === 0 && !isCalled) return [entryByName(fact.name, 'unknown')];
    return given;
  }

  #keptFunctions(units: readonly UnitFacts[]): Map<string, string[]> {
    const kept = new Map<string, string[]>();
    for (const unit of units)
      for (const { function: name, to } of unit.given) {
        const id = 'slot' in to ? this.find(unit, name) : null;
        if (id === null || !('slot' in to)) continue;
        const known = kept.get(to.slot) ?? [];
        if (!known.includes(id)) known.push(id);
        kept.set(to.slot, known);
      }
    return kept;
  }
}

const idOfOwn = ({ unit }: UnitFacts, name: string, given: Given): string =>
  `${unit} ${name}${given.length === 0 ? '' : ` ${JSON.stringify(given)}`}`;
