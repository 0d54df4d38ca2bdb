// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { IrTypes } from '../toolchain/bit-fields/ir-types.js';
import { splitList } from '../toolchain/bit-fields/ir-types.js';
import { type Bits, type Unit, unitLoad, writeBehind } from '../toolchain/bit-fields/patterns.js';
import type { Callee, Given, Sink, Summary } from './facts.js';
import { type Block, declaredIn, type Instruction, type IrFunction, operandIn } from './ir/operations.js';
import type { TypesByName } from './ir/types-by-name.js';
import { allocates, type LockFunction, lockFunction, mayRelease } from './lock-functions.js';
import {
  behind,
  elementOf,
  type Holding,
  inCaller,
  keyOfValue,
  type Lock,
  leafValue,
  loaded,
  numberOf,
  numberValue,
  parameterOf,
  type Value,
} from './value.js';

/** What is known at a point of a function. */
interface State {
  /** What local variables hold, by name and byte. */
  readonly memory: Map<string, Value>;
  readonly held: Map<string, Lock>;
  readonly released: Map<string, Lock>;
  /** Locks that have been taken on some way, and not given back. */
  readonly perhaps: Set<string>;
  /** Locks of the caller that have been given back on some way, whatever came then. */
  readonly given: Set<string>;
}

/** What an interpreted function was seen to do. */
export interface Seen {
  /** A bit-field is written: bits of a unit at an address. */
  write(write: {
    readonly address: Value;
    readonly unit: Unit;
    readonly bits: Bits;
    readonly value: number | null;
    readonly debug: number | null;
    readonly locks: readonly Lock[];
    readonly released: readonly Lock[];
  }): void;
  call(call: {
    readonly callee: Callee;
    readonly args: readonly Value[];
    readonly debug: number | null;
    readonly locks: readonly Lock[];
    readonly released: readonly Lock[];
  }): void;
  give(name: string, to: Sink, debug: number | null): void;
}

const nothing: Summary = { returns: null, takes: [], releases: [], writes: [], passes: [] };
/** How often a block is looked at again before what differs is taken for unknown. */
const mostRounds = 12;
/** How often functions that call each other are looked at again. */
const mostRecursions = 4;
/** Ways to call a function that are told apart by numbers. */
const mostVariants = 8;

/**
 * Follows values and locks through the functions of a unit, as clang's front end makes them, before any optimisation: a forward
 * analysis of each function over its blocks until nothing changes (G. Kildall, "A unified approach to global program optimization",
 * 1973), with a summary of what a function does for its callers. A lock is held where it is on every way there; a value that differs
 * between ways is unknown.
 */
export class Interpreter {
  readonly #functions: ReadonlyMap<string, IrFunction>;
  readonly #globals: ReadonlyMap<string, string>;
  readonly #types: IrTypes;
  readonly #names: TypesByName;
  readonly #externs: ReadonlyMap<string, Summary>;
  readonly #summaries = new Map<string, Summary | null>();
  /** Functions that are called while they are looked at, and what they were found to do before. */
  readonly #calledAgain = new Set<string>();
  readonly #assumed = new Map<string, Summary>();
  /** Whose summary is there, in the order in which they came. */
  readonly #done: string[] = [];
  readonly #deciding = new Map<string, ReadonlySet<number>>();
  /** By function, what it was given, as keys. */
  readonly #variants = new Map<string, Set<string>>();

  /**
   * @param globals structs that variables are.
   * @param externs what is known of functions whose code is in another unit.
   */
  constructor(
    functions: ReadonlyMap<string, IrFunction>,
    globals: ReadonlyMap<string, string>,
    types: IrTypes,
    names: TypesByName,
    externs: ReadonlyMap<string, Summary>,
  ) {
    this.#functions = functions;
    this.#globals = globals;
    this.#types = types;
    this.#names = names;
    this.#externs = externs;
  }

  /** What a function of the unit does for its callers; of one that calls itself, what is true whatever it does there. */
  summaryOf(name: string, given: Given = []): Summary {
    const key = given.length === 0 ? name : `${name} ${JSON.stringify(given)}`;
    const known = this.#summaries.get(key);
    if (known === null) {
      this.#calledAgain.add(key);
      return this.#assumed.get(key) ?? nothing;
    }
    if (known !== undefined) return known;
    const found = this.#functions.get(name);
    if (found === undefined) return this.#externs.get(name) ?? nothing;
    const before = this.#done.length;
    for (let round = 1; ; round++) {
      this.#summaries.set(key, null);
      const summary = new FunctionReader(found, this, null, given).summary();
      const isSure = !this.#calledAgain.has(key) || sameEffects(summary, this.#assumed.get(key) ?? nothing);
      if (isSure || round === mostRecursions) {
        this.#summaries.set(key, summary);
        this.#done.push(key);
        return summary;
      }
      // What it was taken to do, others were told.
      this.#assumed.set(key, summary);
      for (const one of this.#done.splice(before)) this.#summaries.delete(one);
    }
  }

  /** Goes through a function, and says what it does. */
  read(name: string, given: Given, seen: Seen): void {
    const found = this.#functions.get(name);
    if (found !== undefined) new FunctionReader(found, this, seen, given).summary();
  }

  /** Those of a call's arguments by which a function of the unit decides, where they are numbers. */
  givenBy(name: string, args: readonly Value[]): Given {
    const found = this.#functions.get(name);
    if (found === undefined || !found.internal) return [];
    let deciding = this.#deciding.get(name);
    if (deciding === undefined) {
      deciding = decidingParameters(found);
      this.#deciding.set(name, deciding);
    }
    const given: Given = [...deciding].flatMap((parameter) => {
      const number = args[parameter] === undefined ? null : numberOf(args[parameter]);
      return number === null || !Number.isSafeInteger(number) ? [] : [[parameter, number] as const];
    });
    if (given.length === 0) return given;
    const variants = this.#variants.get(name) ?? new Set<string>();
    this.#variants.set(name, variants);
    const key = JSON.stringify(given);
    if (!variants.has(key) && variants.size >= mostVariants) return [];
    variants.add(key);
    return given;
  }

  /** Is its code here, or known from elsewhere? */
  knows(name: string): boolean {
    return this.#functions.has(name) || this.#externs.has(name);
  }

  /** The address of a variable, or of a function. */
  addressOf(global: string): Value {
    return { ...leafValue(global), record: this.#globals.get(global) ?? null };
  }

  get types(): IrTypes {
    return this.#types;
  }

  get names(): TypesByName {
    return this.#names;
  }
}

/** Do two summaries say the same of locks, and of what is written? */
function sameEffects(one: Summary, other: Summary): boolean {
  const keyOf = ({ takes, releases, writes }: Summary) => {
    const locks = [takes, releases].map((some) =>
      some.map(({ address, shared }) => `${keyOfValue(address)} ${shared}`).sort(),
    );
    return JSON.stringify([locks, [...writes].sort()]);
  };
  return keyOf(one) === keyOf(other);
}

class FunctionReader {
  readonly #function: IrFunction;
  readonly #interpreter: Interpreter;
  readonly #seen: Seen | null;
  readonly #values = new Map<string, Value>();
  /** Local variables that are stored to once, and are otherwise loaded only: what they hold does not depend on where. */
  readonly #once: ReadonlySet<string>;
  readonly #kept = new Map<string, Value>();
  readonly #writes = new Set<number>();
  #declared: ReadonlyMap<string, number> | undefined;
  readonly #passes = new Map<string, Summary['passes'][number]>();
  #state: State = emptyState();
  /** It says what it sees only when nothing changes any more. */
  #says = false;

  constructor(found: IrFunction, interpreter: Interpreter, seen: Seen | null, given: Given) {
    this.#function = found;
    this.#interpreter = interpreter;
    this.#seen = seen;
    this.#once = storedOnce(found.blocks);
    for (const [i, name] of found.parameters.entries())
      if (name !== '') this.#values.set(name, leafValue(`%${i}`));
    for (const [i, number] of given) this.#values.set(found.parameters[i]!, numberValue(number));
  }

  summary(): Summary {
    const { blocks } = this.#function;
    const order = reversePostorder(blocks);
    /** What is known where control goes from one block to another. */
    const edges = new Map<string, State>();
    const keyOfEdge = (from: string, to: string) => `${from}\n${to}`;
    const sources = new Map<string, string[]>();
    for (const { name, ending } of order)
      for (const to of targetsOf(ending)) sources.set(to, [...(sources.get(to) ?? []), name]);
    const rounds = new Map<string, number>();
    const entry = (block: Block): State => {
      const from = (sources.get(block.name) ?? []).flatMap(
        (name) => edges.get(keyOfEdge(name, block.name)) ?? [],
      );
      return from.length === 0 ? emptyState() : joined(from, block.name);
    };
    const first = order[0]?.name;
    const waiting = new Set(first === undefined ? [] : [first]);
    const isReached = (block: Block) =>
      block.name === first ||
      (sources.get(block.name) ?? []).some((name) => edges.has(keyOfEdge(name, block.name)));
    const byName = new Map(order.map((block) => [block.name, block]));
    while (waiting.size > 0) {
      for (const { name } of order) {
        if (!waiting.delete(name)) continue;
        const block = byName.get(name)!;
        const round = (rounds.get(name) ?? 0) + 1;
        rounds.set(name, round);
        this.#state = entry(block);
        this.#run(block);
        for (const [to, state] of this.#leaving(block)) {
          const key = keyOfEdge(name, to);
          const before = edges.get(key);
          if (before !== undefined && sameState(before, state)) continue;
          edges.set(key, state);
          if (round < mostRounds && byName.has(to)) waiting.add(to);
        }
      }
    }
    this.#says = this.#seen !== null;
    const ends: { state: State; value: Value | null }[] = [];
    for (const block of order) {
      if (!isReached(block)) continue;
      this.#state = entry(block);
      this.#run(block);
      if (block.ending.kind !== 'return') continue;
      const value = block.ending.value === null ? null : this.#value(block.ending.value);
      ends.push({ state: this.#state, value });
    }
    return this.#summed(ends);
  }

  #summed(ends: readonly { readonly state: State; readonly value: Value | null }[]): Summary {
    const [first, ...others] = ends;
    const isForCaller = ({ address, by }: Lock) => by === 'taken' && !/^[#&!]/.test(address.leaf);
    // What is given back by a pointer that nobody knows may be any of that name.
    const mayBeCallers = ({ address, name }: Lock) =>
      !/^[&!]/.test(address.leaf) && (name !== '' || !address.leaf.startsWith('#'));
    const takes = [...(first?.state.held ?? [])]
      .filter(([key, lock]) => isForCaller(lock) && others.every(({ state }) => state.held.has(key)))
      .map(([key, lock]) => others.reduce((one, { state }) => lessOf(one, state.held.get(key)!), lock));
    const releases = new Map(ends.flatMap(({ state }) => [...state.released]));
    const value = first?.value ?? null;
    const isOne =
      value !== null &&
      others.every(
        (end) => end.value !== null && keyOf(end.value) === keyOf(value) && sameHolding(end.value, value),
      );
    return {
      returns: isOne ? value : null,
      takes,
      releases: [...releases.values()].filter(mayBeCallers),
      writes: [...this.#writes],
      passes: [...this.#passes.values()],
    };
  }

  /** What is known where a block is left. */
  #leaving({ ending }: Block): [string, State][] {
    if (ending.kind === 'jump') return ending.to.map((to) => [to, this.#state]);
    if (ending.kind === 'switch') {
      const number = numberOf(this.#value(ending.value));
      const to =
        number === null ? undefined : (ending.cases.find(([one]) => one === number)?.[1] ?? ending.otherwise);
      return (to === undefined ? targetsOf(ending) : [to]).map((one) => [one, this.#state]);
    }
    if (ending.kind !== 'branch') return [];
    const condition = this.#value(ending.condition);
    const decided = numberOf(condition);
    if (decided !== null) return [[decided === 0 ? ending.no : ending.yes, this.#state]];
    const { holds } = condition;
    const yes = copyOf(this.#state);
    const no = copyOf(this.#state);
    if (holds !== undefined) take(holds.when === 'set' ? yes : no, holds.lock);
    return [
      [ending.yes, yes],
      [ending.no, no],
    ];
  }

  #run(block: Block): void {
    for (const instruction of block.instructions) this.#execute(instruction, block);
  }

  #execute(instruction: Instruction, block: Block): void {
    const { operation, debug } = instruction;
    switch (operation.kind) {
      case 'alloca':
        this.#set(operation.result, leafValue(`&${operation.result}`));
        return;
      case 'load': {
        if (this.#says && operation.result.startsWith('%bf.load')) this.#bitField(instruction);
        this.#set(operation.result, this.#load(operation.address, operation.type, operation.result));
        return;
      }
      case 'store':
        this.#store(operation.address, this.#value(operation.value), debug);
        return;
      case 'element':
        this.#set(operation.result, this.#element(operation.type, operation.base, operation.indices));
        return;
      case 'same':
        this.#set(operation.result, this.#value(operation.value));
        return;
      case 'compare':
        this.#set(operation.result, this.#compared(operation));
        return;
      case 'not': {
        const value = this.#value(operation.value);
        const number = numberOf(value);
        const { holds } = value;
        const other =
          number === null
            ? this.#unknown(operation.result, holds && flipped(holds))
            : numberValue(number === 0 ? 1 : 0);
        this.#set(operation.result, other);
        return;
      }
      case 'phi':
        this.#set(operation.result, this.#merged(operation, block));
        return;
      case 'select': {
        const [yes, no] = operation.either.map((one) => this.#value(one));
        this.#set(operation.result, keyOf(yes!) === keyOf(no!) ? yes! : this.#unknown(operation.result));
        return;
      }
      case 'extract':
        this.#set(
          operation.result,
          this.#value(operation.value).parts?.[operation.index] ?? this.#unknown(operation.result),
        );
        return;
      case 'insert': {
        const parts = [...(this.#value(operation.into).parts ?? [])];
        parts[operation.index] = this.#value(operation.value);
        for (let i = 0; i < parts.length; i++) parts[i] ??= this.#unknown(`${operation.result}.${i}`);
        this.#set(operation.result, { ...this.#unknown(operation.result), parts });
        return;
      }
      case 'call':
        this.#call(operation, debug);
        return;
      default:
        this.#set(operation.result, this.#unknown(operation.result));
    }
  }

  #set(result: string, value: Value): void {
    this.#values.set(result, value);
  }

  /** What only running code knows: the same instruction makes the same. */
  #unknown(result: string, holds?: Holding): Value {
    const value = leafValue(`#${result}`);
    return holds === undefined ? value : { ...value, holds };
  }

  #value(operand: string): Value {
    if (operand.startsWith('%')) return this.#values.get(operand) ?? leafValue(`#${operand}`);
    if (operand.startsWith('@')) return this.#interpreter.addressOf(operand.replace(/^@"(.*)"$/, '@$1'));
    if (/^-?\d+$/.test(operand)) return numberValue(BigInt(operand));
    if (operand === 'null' || operand === 'false' || operand === 'zeroinitializer') return numberValue(0);
    if (operand === 'true') return numberValue(1);
    const head = /^getelementptr (?:(?:inbounds|nusw|nuw) )*\(/.exec(operand)?.[0];
    if (head !== undefined) {
      const [type = '', base = '', ...indices] = splitList(
        operand.slice(head.length, operand.lastIndexOf(')')),
      );
      return this.#element(type, operandIn(base), indices.map(operandIn));
    }
    return leafValue(`#${operand}`);
  }

  #load(operand: string, type: string, result: string): Value {
    const address = this.#value(operand);
    const local = localOf(address);
    const value = this.#loaded(address, local, type, result);
    if (type !== 'ptr' || value.record !== null) return value;
    // What a pointer leads to: to its first member, code goes without a word.
    const record = local === null ? this.#recordAt(address) : this.#recordOf(local, address.offset);
    return record === null ? value : { ...value, record, inRecord: 0 };
  }

  #recordAt({ record, inRecord }: Value): string | null {
    const { names } = this.#interpreter;
    const tag = record === null ? null : names.tagOf(record);
    return tag === null ? null : names.recordBehindMember(tag, inRecord);
  }

  #recordOf(local: string, byte: number): string | null {
    this.#declared ??= declaredIn(this.#function);
    const node = byte === 0 ? this.#declared.get(local) : undefined;
    return node === undefined ? null : this.#interpreter.names.recordBehindVariable(node);
  }

  #loaded(address: Value, local: string | null, type: string, result: string): Value {
    if (local === null) {
      // A struct as a value: nobody follows what is in it.
      if (/^[{[<]/.test(type)) return this.#unknown(result);
      const slot = type === 'ptr' ? this.#slotOf(address) : null;
      return slot === null ? loaded(address) : { ...loaded(address), slot };
    }
    const kept = this.#once.has(local) ? this.#kept.get(local) : undefined;
    if (kept !== undefined) return kept;
    const shape = /^(?:\{|%)/.test(type) ? this.#types(type) : null;
    if (shape !== null) {
      const parts = shape.map((offset) => this.#held(local, address.offset + offset));
      return { ...this.#unknown(result), parts };
    }
    return this.#held(local, address.offset);
  }

  /** Where the members of a struct begin that is a value. */
  #types(type: string): number[] | null {
    const offsets: number[] = [];
    for (let i = 0; ; i++) {
      const at = this.#interpreter.types.at(type, i);
      if (at === undefined) return offsets.length === 0 ? null : offsets;
      offsets.push(at.offset);
    }
  }

  /** What a local variable holds at a byte. */
  #held(local: string, byte: number): Value {
    return inMemory(this.#state.memory, `${local} ${byte}`) ?? leafValue(`#${local} ${byte}`);
  }

  #store(operand: string, value: Value, debug: number | null): void {
    const address = this.#value(operand);
    const local = localOf(address);
    if (local !== null) {
      // What it says of a lock is true until that is given back.
      if (this.#once.has(local) && value.holds === undefined) this.#kept.set(local, value);
      else if (value.parts !== undefined) {
        for (const [i, part] of value.parts.entries()) {
          // Parts of what is returned are words.
          const offset = this.#partOffset(value.parts, i);
          this.#state.memory.set(`${local} ${address.offset + offset}`, part);
        }
      } else this.#state.memory.set(`${local} ${address.offset}`, value);
      return;
    }
    const parameter = address.steps.length === 0 ? parameterOf(address.leaf) : null;
    if (parameter !== null) this.#writes.add(parameter);
    const slot = this.#slotOf(address);
    if (slot !== null) this.#gives(value, { slot, variable: null }, debug);
  }

  /** The member of the innermost struct that an address leads to: `work_struct.func`. */
  #slotOf({ record, inRecord }: Value): string | null {
    const { names } = this.#interpreter;
    const tag = record === null ? null : names.tagOf(record);
    return tag === null ? null : `${tag}.${names.pathAt(tag, inRecord)}`;
  }

  #partOffset(_parts: readonly Value[], index: number): number {
    return index * 8;
  }

  /** A function, or a parameter that may be one, is given somewhere. */
  #gives(value: Value, to: Sink, debug: number | null): void {
    if (value.steps.length > 0 || value.offset !== 0) return;
    const parameter = parameterOf(value.leaf);
    if (parameter !== null && !this.#mayBeFunction(parameter)) return;
    if (parameter !== null) this.#passes.set(`${parameter} ${JSON.stringify(to)}`, { parameter, to });
    else if (value.leaf.startsWith('@') && this.#says) this.#seen?.give(value.leaf.slice(1), to, debug);
  }

  #mayBeFunction(parameter: number): boolean {
    const { subprogram } = this.#function;
    return subprogram === null || this.#interpreter.names.isFunctionPointer(subprogram, parameter);
  }

  #element(type: string, base: string, indices: readonly string[]): Value {
    const { types, names } = this.#interpreter;
    let place = this.#value(base);
    const [first = '0', ...more] = indices;
    const count = numberOf(this.#value(first));
    if (type === 'i8' && more.length === 0) {
      if (count === null)
        return { ...elementOf(place, this.#indexKey(first), 1), path: '', record: null, inRecord: 0 };
      // A constant number of bytes: to the struct around this one, or to a member of it.
      return { ...place, offset: place.offset + count, path: '', record: null, inRecord: 0 };
    }
    const size = types.shapeOf(type)?.size ?? 0;
    if (count === null) place = elementOf(place, this.#indexKey(first), size);
    else if (count !== 0)
      place = { ...place, offset: place.offset + count * size, inRecord: place.inRecord + count * size };
    let current = type;
    for (const index of more) {
      const number = numberOf(this.#value(index));
      const tag = names.tagOf(current);
      if (tag !== null && !(place.record === current && place.inRecord === 0))
        place = { ...place, record: current, inRecord: 0, path: place.path === '' ? tag : place.path };
      const next = types.at(current, number ?? 0);
      if (next === undefined) return { ...place, ...leafValue(`#${base} ${indices.join()}`) };
      if (number === null) {
        place = elementOf(place, this.#indexKey(index), types.shapeOf(next.type)?.size ?? 0);
        place = { ...place, path: `${place.path}[]` };
      } else {
        const inRecord = place.inRecord + next.offset;
        const path = this.#named(place, current, next.offset);
        place = { ...place, offset: place.offset + next.offset, inRecord, path };
      }
      current = next.type;
    }
    return place;
  }

  /** The path of a member: of a struct without a tag, the one around it knows the name. */
  #named(place: Value, type: string, offset: number): string {
    const { names } = this.#interpreter;
    const tag = names.tagOf(type);
    if (tag !== null) {
      const member = names.pathAt(tag, offset);
      return member === '' ? place.path : `${place.path === '' ? tag : place.path}.${member}`;
    }
    if (type.startsWith('[')) return `${place.path}[]`;
    const outer = place.record === null ? null : names.tagOf(place.record);
    if (outer === null) return place.path;
    const member = names.pathAt(outer, place.inRecord + offset);
    const before = place.path.endsWith(`.${names.pathAt(outer, place.inRecord)}`)
      ? place.path.slice(0, -names.pathAt(outer, place.inRecord).length - 1)
      : place.path;
    return member === '' ? place.path : `${before === '' ? outer : before}.${member}`;
  }

  #indexKey(operand: string): string {
    return keyOfValue(this.#value(operand));
  }

  #compared({
    result,
    how,
    left,
    right,
  }: {
    result: string;
    how: string;
    left: string;
    right: string;
  }): Value {
    const value = this.#value(left);
    const decided = comparedNumbers(how, numberOf(value), numberOf(this.#value(right)));
    if (decided !== null) return numberValue(decided ? 1 : 0);
    if (value.holds === undefined || numberOf(this.#value(right)) !== 0) return this.#unknown(result);
    // What says how it went is 0, or something else: of what can fail, that is below 0; of a try, above.
    const { when } = value.holds;
    const [other, same] = when === 'zero' ? ['slt', 'sge'] : ['sgt', 'sle'];
    if (how === 'ne' || how === 'ugt' || how === other) return this.#unknown(result, value.holds);
    if (how === 'eq' || how === 'ule' || how === same) return this.#unknown(result, flipped(value.holds));
    return this.#unknown(result);
  }

  #merged(
    { result, from }: { result: string; from: readonly (readonly [string, string])[] },
    block: Block,
  ): Value {
    const values = from.map(([operand]) => this.#value(operand));
    const [first, ...others] = values;
    if (first !== undefined && others.every((one) => keyOf(one) === keyOf(first))) return first;
    // Of `a && trylock()`, which is 0 otherwise.
    const saying = values.filter(({ holds }) => holds !== undefined);
    const numbers = values.filter(({ holds }) => holds === undefined).map(numberOf);
    const [{ holds } = { holds: undefined }] = saying;
    const isOne = saying.length === 1 && holds !== undefined;
    const fits =
      isOne && numbers.every((one) => (holds.when === 'set' ? one === 0 : one !== null && one !== 0));
    return this.#unknown(`${block.name} ${result}`, fits ? holds : undefined);
  }

  #call(
    { result, callee, args }: { result: string | null; callee: string; args: readonly string[] },
    debug: number | null,
  ): void {
    const values = args.map((one) => this.#value(one));
    const site = result ?? `call ${debug ?? ''} ${callee}`;
    const answer = (value: Value | null) => {
      if (result !== null) this.#set(result, value ?? this.#unknown(result));
    };
    if (callee.startsWith('%')) {
      const { slot } = this.#value(callee);
      if (slot !== undefined) this.#says_call({ slot }, values, debug);
      this.#forget(values, site, null);
      answer(null);
      return;
    }
    const name = callee.replace(/^@/, '').replace(/^"(.*)"$/, '$1');
    if (name.startsWith('llvm.')) {
      if (name.startsWith('llvm.expect')) answer(values[0] ?? null);
      else {
        if (/^llvm\.mem(?:cpy|move)/.test(name)) this.#copy(values[0], values[1]);
        answer(null);
      }
      return;
    }
    const isKnown = this.#interpreter.knows(name);
    const locking = isKnown ? null : lockFunction(name);
    if (locking !== null) {
      answer(this.#lock(locking, name, values, result));
      return;
    }
    const given = this.#interpreter.givenBy(name, values);
    this.#says_call({ name, given }, values, debug);
    const summary = this.#interpreter.summaryOf(name, given);
    const unknown = (leaf: string) => leafValue(`${leaf.startsWith('!') ? '!' : '#'}${site} ${leaf}`);
    const { names } = this.#interpreter;
    const here = (lock: Lock) =>
      renamed(lock, this.#resolved(inCaller(lock.address, values, unknown)), names);
    for (const lock of summary.releases) release(this.#state, here(lock));
    for (const lock of summary.takes) take(this.#state, here(lock));
    for (const { parameter, to } of summary.passes) {
      const value = values[parameter];
      if (value !== undefined) this.#gives(value, to, debug);
    }
    if (!isKnown) {
      for (const [argument, value] of values.entries()) this.#gives(value, { call: name, argument }, debug);
      if (mayRelease(name)) this.#releaseOf(values);
    }
    this.#forget(values, site, isKnown ? summary : null);
    // Of several that an inline function chooses from, each is new.
    if (allocates(name)) answer(leafValue(`!${site}`));
    else answer(summary.returns === null ? null : this.#resolved(inCaller(summary.returns, values, unknown)));
  }

  #says_call(callee: Callee, args: readonly Value[], debug: number | null) {
    if (!this.#says) return;
    const { held, released } = this.#state;
    this.#seen?.call({ callee, args, debug, locks: [...held.values()], released: [...released.values()] });
  }

  /** What is found by way of a local variable whose address was given is what that holds. */
  #resolved(value: Value): Value {
    if (!value.leaf.startsWith('&') || value.steps.length === 0) return value;
    const [first = '', ...steps] = value.steps;
    const byte = /^(-?\d+)>$/.exec(first)?.[1];
    const local = value.leaf.slice(1);
    if (byte === undefined) return value;
    const held = this.#kept.get(local) ?? this.#held(local, Number(byte));
    return behind(held, { ...value, leaf: '', steps });
  }

  #lock(
    { does, when, argument, name: own, shared }: LockFunction,
    name: string,
    values: readonly Value[],
    result: string | null,
  ): Value | null {
    const given = argument === null ? leafValue(`@${own}`) : values[argument];
    if (given === undefined) return null;
    const address = this.#resolved(given);
    const called = own !== '' ? own : lockName(address, this.#interpreter.names);
    const lock: Lock = { address, name: called, shared, by: does === 'assert' ? 'asserted' : 'taken' };
    switch (does) {
      case 'take':
        take(this.#state, lock);
        return null;
      case 'assert': {
        // Whoever asserts it may hold it for reading alone, unless it says otherwise.
        const forWriting = values[1] !== undefined && numberOf(values[1]) === 1;
        const isHeld = this.#state.held.has(keyOfValue(address));
        if (!isHeld) take(this.#state, { ...lock, shared: !forWriting && this.#hasReaders(address) });
        return null;
      }
      case 'release':
        release(this.#state, lock);
        return null;
      case 'downgrade': {
        const isOwn = this.#state.held.has(keyOfValue(address));
        release(this.#state, lock);
        take(this.#state, { ...lock, shared: true });
        // The caller's is held for reading from here on, on this way at least.
        if (!isOwn) this.#state.released.set(keyOfValue(address), lock);
        return null;
      }
      default:
        return this.#unknown(result ?? name, { lock, when });
    }
  }

  #hasReaders({ record, inRecord }: Value): boolean {
    const { names } = this.#interpreter;
    const tag = record === null ? null : names.tagOf(record);
    return tag === null || /^(?:percpu_)?rw/.test(names.typeNameAt(tag, inRecord) ?? tag);
  }

  /** What is not seen may give back any lock of the objects that it is given. */
  #releaseOf(values: readonly Value[]): void {
    const leaves = new Set(values.map(({ leaf }) => leaf).filter((leaf) => !leaf.startsWith('=')));
    for (const [key, lock] of this.#state.held)
      if (leaves.has(lock.address.leaf)) {
        this.#state.held.delete(key);
        this.#state.released.set(key, lock);
      }
  }

  /** Local variables whose address a function is given may hold something else afterwards. */
  #forget(values: readonly Value[], site: string, summary: Summary | null): void {
    for (const [i, { leaf, steps }] of values.entries()) {
      if (steps.length > 0) continue;
      const parameter = parameterOf(leaf);
      if (parameter !== null && (summary === null || summary.writes.includes(i))) this.#writes.add(parameter);
      if (!leaf.startsWith('&') || summary?.writes.includes(i) === false) continue;
      const local = leaf.slice(1);
      for (const key of this.#state.memory.keys())
        if (key.startsWith(`${local} `)) this.#state.memory.delete(key);
      this.#state.memory.set(local, leafValue(`#${site} ${i}`));
    }
  }

  #copy(to: Value | undefined, from: Value | undefined): void {
    const [into, out] = [to, from].map((one) => (one === undefined ? null : localOf(one)));
    if (into == null) return;
    const { memory } = this.#state;
    for (const key of memory.keys()) if (key.startsWith(`${into} `)) memory.delete(key);
    if (out == null) {
      if (from !== undefined) memory.set(into, from);
      return;
    }
    for (const [key, value] of [...memory]) {
      if (key === out) memory.set(into, value);
      if (key.startsWith(`${out} `)) memory.set(`${into}${key.slice(out.length)}`, value);
    }
  }

  #bitField({ at, debug }: Instruction): void {
    const { lines } = this.#function;
    const load = unitLoad(lines[at]!);
    if (load === null) return;
    const found = writeBehind(lines, at, load.name, load.unit);
    if (found === null) return;
    const address = this.#value(load.unit.address);
    const stored = / !dbg !(\d+)/.exec(lines[at + found.lines - 1]!)?.[1];
    const { held, released } = this.#state;
    this.#seen?.write({
      address,
      unit: load.unit,
      bits: found.bits,
      value: constantIn(lines.slice(at, at + found.lines), found.bits),
      debug: stored === undefined ? debug : Number(stored),
      locks: [...held.values()],
      released: [...released.values()],
    });
  }
}

/** The same lock by an address that the caller knows it by. */
function renamed(lock: Lock, address: Value, names: TypesByName): Lock {
  const isNamedByPlace = lock.name === lockName(lock.address, names);
  return { ...lock, address, name: (isNamedByPlace ? lockName(address, names) : '') || lock.name };
}

/** What is a lock itself, and is called by where it lies. */
const isLockItself = (tag: string): boolean =>
  /^(?:percpu_)?(?:raw_)?(?:rt_|ww_)?(?:mutex|(?:q?spin|rw|local_)lock|(?:rw_)?semaphore)(?:_base|_t)?$/.test(
    tag,
  );

/** What a lock is called, `usb_hub.tt.lock`: what it is made of itself is left out. */
function lockName({ path, leaf, steps, slot, record, inRecord }: Value, names: TypesByName): string {
  const name = path.replace(/\.(?:rlock|raw_lock|base|lock_base)$/, '');
  if (name !== '' && !isLockItself(name)) return name;
  // By a pointer to it.
  if (slot !== undefined) return slot;
  if (!leaf.startsWith('@') || steps.length > 0) return name;
  const tag = record === null ? null : names.tagOf(record);
  return tag === null || isLockItself(tag) ? leaf.slice(1) : `${tag}.${names.pathAt(tag, inRecord)}`;
}

/** What is or'ed in, where that is a constant. */
function constantIn(lines: readonly string[], { shift }: Bits): number | null {
  for (const line of lines) {
    const [, other] = /^ {2}%bf\.set\S* = or(?: disjoint)? i\d+ %bf\.clear\S*, (-?\d+)/.exec(line) ?? [];
    if (other !== undefined) return Number(BigInt.asUintN(64, BigInt(other)) >> BigInt(shift));
    if (/%bf\.set\S* = or/.test(line)) return null;
  }
  return 0;
}

const keyOf = (value: Value): string =>
  value.parts === undefined ? keyOfValue(value) : value.parts.map(keyOfValue).join(',');

const flipped = ({ lock, when }: Holding): Holding => ({ lock, when: when === 'set' ? 'zero' : 'set' });

/** The name of a local variable that an address leads into, as the instruction that makes it. */
function localOf({ leaf, steps }: Value): string | null {
  return leaf.startsWith('&') && steps.length === 0 ? leaf.slice(1) : null;
}

const emptyState = (): State => ({
  memory: new Map(),
  held: new Map(),
  released: new Map(),
  perhaps: new Set(),
  given: new Set(),
});

const copyOf = ({ memory, held, released, perhaps, given }: State): State => ({
  memory: new Map(memory),
  held: new Map(held),
  released: new Map(released),
  perhaps: new Set(perhaps),
  given: new Set(given),
});

function take({ held, released, perhaps }: State, lock: Lock): void {
  const key = keyOfValue(lock.address);
  held.set(key, lock);
  perhaps.add(key);
  released.delete(key);
}

/**
 * What is given back by a pointer that nobody can tell from others may be any lock of that name, or one of the caller's. Nothing that
 * said that it is held says so any more.
 */
function release({ memory, held, released, perhaps, given }: State, lock: Lock): void {
  const key = keyOfValue(lock.address);
  for (const [where, value] of memory) {
    const said = value.holds?.lock;
    if (said !== undefined && (keyOfValue(said.address) === key || said.name === lock.name))
      memory.set(where, withoutHolding(value));
  }
  const isOwn = perhaps.delete(key);
  if (held.delete(key) || isOwn) {
    if (given.has(key)) released.set(key, lock);
    return;
  }
  given.add(key);
  for (const [other, { name }] of held) if (name === lock.name) held.delete(other);
  released.set(key, lock);
}

/** What is known whichever way was taken. */
function joined(states: readonly State[], block: string): State {
  const [first, ...others] = states;
  const state = copyOf(first!);
  for (const other of others) {
    for (const key of new Set([...state.memory.keys(), ...other.memory.keys()])) {
      // What is not set on a way is not looked at behind it.
      const one = inMemory(state.memory, key) ?? inMemory(other.memory, key)!;
      const value = inMemory(other.memory, key) ?? one;
      if (keyOf(one) !== keyOf(value)) state.memory.set(key, leafValue(`#phi ${block} ${key}`));
      else state.memory.set(key, sameHolding(one, value) ? one : withoutHolding(one));
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
  return state;
}

/** Of what is known of a lock on two ways, what is true of both. */
const lessOf = (one: Lock, other: Lock): Lock => (other.shared ? other : one);

/** What a local variable holds at a byte: `name byte`, or all of it. */
function inMemory(memory: ReadonlyMap<string, Value>, key: string): Value | undefined {
  const known = memory.get(key);
  const at = key.lastIndexOf(' ');
  if (known !== undefined || at < 0) return known;
  const all = memory.get(key.slice(0, at));
  return all && loaded({ ...all, offset: all.offset + Number(key.slice(at + 1)) });
}

const withoutHolding = ({ holds: _, ...value }: Value): Value => value;

const sameHolding = ({ holds: one }: Value, { holds: other }: Value): boolean =>
  one?.when === other?.when &&
  (one === undefined || keyOfValue(one.lock.address) === keyOfValue(other!.lock.address));

function sameState(a: State, b: State): boolean {
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

/** How two numbers compare; null where one is not known. */
function comparedNumbers(how: string, left: number | null, right: number | null): boolean | null {
  if (left === null || right === null) return null;
  // As unsigned numbers these would be others.
  const isPlain = left >= 0 && right >= 0;
  switch (how) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'slt':
      return left < right;
    case 'sle':
      return left <= right;
    case 'sgt':
      return left > right;
    case 'sge':
      return left >= right;
    case 'ult':
      return isPlain ? left < right : null;
    case 'ule':
      return isPlain ? left <= right : null;
    case 'ugt':
      return isPlain ? left > right : null;
    case 'uge':
      return isPlain ? left >= right : null;
    default:
      return null;
  }
}

/** Parameters that a function compares, or switches by, as they were given to it. */
function decidingParameters({ parameters, blocks }: IrFunction): ReadonlySet<number> {
  const once = storedOnce(blocks);
  const index = new Map(parameters.map((name, i) => [name, i]));
  const deciding = new Set<number>();
  for (const { instructions, ending } of blocks) {
    for (const { operation } of instructions) {
      const from = (operand: string) => index.get(operand);
      if (operation.kind === 'store' && once.has(operation.address)) {
        const stored = from(operation.value);
        if (stored !== undefined) index.set(operation.address, stored);
      } else if (operation.kind === 'load' || operation.kind === 'same') {
        const value = from(operation.kind === 'load' ? operation.address : operation.value);
        if (value !== undefined) index.set(operation.result, value);
      } else if (operation.kind === 'compare') {
        const compared = from(operation.left);
        if (compared !== undefined) deciding.add(compared);
      }
    }
    const switched = ending.kind === 'switch' ? index.get(ending.value) : undefined;
    if (switched !== undefined) deciding.add(switched);
  }
  return deciding;
}

function targetsOf(ending: Block['ending']): readonly string[] {
  if (ending.kind === 'jump') return ending.to;
  if (ending.kind === 'switch') return [...ending.cases.map(([, to]) => to), ending.otherwise];
  return ending.kind === 'branch' ? [ending.yes, ending.no] : [];
}

function reversePostorder(blocks: readonly Block[]): Block[] {
  const byName = new Map(blocks.map((block) => [block.name, block]));
  const seen = new Set<string>();
  const order: Block[] = [];
  const stack: { block: Block; next: number }[] = [];
  const open = (name: string | undefined) => {
    const block = name === undefined ? undefined : byName.get(name);
    if (block === undefined || seen.has(block.name)) return;
    seen.add(block.name);
    stack.push({ block, next: 0 });
  };
  open(blocks[0]?.name);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const targets = targetsOf(top.block.ending);
    if (top.next < targets.length) open(targets[top.next++]);
    else order.push(stack.pop()!.block);
  }
  return order.reverse();
}

/** Local variables that one instruction stores to, and others load alone. */
function storedOnce(blocks: readonly Block[]): ReadonlySet<string> {
  const variables = new Set<string>();
  const stores = new Map<string, number>();
  const escaping = new Set<string>();
  const used = (operand: string) => escaping.add(operand);
  for (const { operation } of blocks.flatMap(({ instructions }) => instructions)) {
    switch (operation.kind) {
      case 'alloca':
        variables.add(operation.result);
        break;
      case 'load':
        break;
      case 'store':
        stores.set(operation.address, (stores.get(operation.address) ?? 0) + 1);
        used(operation.value);
        break;
      case 'element':
        used(operation.base);
        break;
      case 'call':
        if (!operation.callee.startsWith('@llvm.lifetime')) operation.args.forEach(used);
        break;
      case 'same':
      case 'not':
        used(operation.value);
        break;
      case 'phi':
        for (const [operand] of operation.from) used(operand);
        break;
      case 'select':
        operation.either.forEach(used);
        break;
      default:
    }
  }
  return new Set([...variables].filter((name) => !escaping.has(name) && (stores.get(name) ?? 0) <= 1));
}
