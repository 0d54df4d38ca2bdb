// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type IrTypes, splitList } from '../toolchain/bit-fields/ir-types.js';
import { type Bits, type Unit, unitLoad, writeBehind } from '../toolchain/bit-fields/patterns.js';
import { reversePostorder, storedOnce, targetsOf } from './control-flow.js';
import type { Callee, Given, Sink, Summary } from './facts.js';
import { type Block, declaredIn, type Instruction, type IrFunction, operandIn } from './ir/operations.js';
import type { TypesByName } from './ir/types-by-name.js';
import { allocates, type LockFunction, lockFunction, mayRelease } from './lock-functions.js';
import { lockName, renamed } from './lock-name.js';
import {
  copyOf,
  emptyState,
  forgetHolding,
  inMemory,
  joined,
  keyOf,
  lessOf,
  release,
  type State,
  sameHolding,
  sameState,
  take,
  toldByNumber,
} from './state.js';
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

/** The unit that a function is read in. */
export interface Surroundings {
  readonly types: IrTypes;
  readonly names: TypesByName;
  summaryOf(name: string, given?: Given): Summary;
  /** Those of a call's arguments by which a function of the unit decides, where they are numbers. */
  givenBy(name: string, args: readonly Value[]): Given;
  /** Is its code here, or known from elsewhere? */
  knows(name: string): boolean;
  /** The address of a variable, or of a function. */
  addressOf(global: string): Value;
}

/** What a function returns in registers has a word each. */
const wordBytes = 8;

/** How often a block is looked at again: where it still changes then, no lock is relied upon. */
const mostRounds = 100;

/**
 * Follows values and locks through one function: a forward analysis over its blocks until nothing changes (G. Kildall, "A unified
 * approach to global program optimization", 1973). A lock is held where it is on every way there; a value that differs between ways is
 * unknown.
 */
export class FunctionReader {
  readonly #function: IrFunction;
  readonly #interpreter: Surroundings;
  readonly #seen: Seen | null;
  readonly #values = new Map<string, Value>();
  /** Local variables that are stored to once, and are otherwise loaded only: what they hold does not depend on where. */
  readonly #once: ReadonlySet<string>;
  readonly #kept = new Map<string, Value>();
  readonly #writes = new Set<number>();
  #declared: ReadonlyMap<string, number> | undefined;
  readonly #passes = new Map<string, Summary['passes'][number]>();
  /** What is known where control goes from one block to another. */
  readonly #edges = new Map<string, State>();
  #state: State = emptyState();
  /** It says what it sees only when nothing changes any more. */
  #says = false;
  /** Local variables whose address stands in memory. */
  readonly #escaped = new Set<string>();
  /** Does nothing change any more? */
  #isSettled = true;
  /** The block that it runs it has run before. */
  #isAgain = false;
  /** A value was made anew that blocks behind may have used as it was. */
  #isStale = false;

  constructor(found: IrFunction, interpreter: Surroundings, seen: Seen | null, given: Given) {
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
    const edges = this.#edges;
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
    /** Everything is looked at again as long as values change that no edge tells of. */
    const isToDo = () => {
      if (waiting.size > 0) return true;
      if (!this.#isStale) return false;
      this.#isStale = false;
      for (const block of order)
        if (isReached(block) && (rounds.get(block.name) ?? 0) < mostRounds) waiting.add(block.name);
      this.#isSettled &&= waiting.size > 0;
      return waiting.size > 0;
    };
    while (isToDo()) {
      for (const { name } of order) {
        if (!waiting.delete(name)) continue;
        const block = byName.get(name)!;
        const round = (rounds.get(name) ?? 0) + 1;
        rounds.set(name, round);
        this.#state = entry(block);
        this.#isAgain = round > 1;
        this.#run(block);
        for (const [to, state] of this.#leaving(block)) {
          const key = keyOfEdge(name, to);
          const before = edges.get(key);
          if (before !== undefined && sameState(before, state)) continue;
          edges.set(key, state);
          if (round >= mostRounds) this.#isSettled = false;
          else if (byName.has(to)) waiting.add(to);
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
      if (value !== null) this.#gives(value, { lost: true }, null);
      ends.push({ state: this.#state, value });
    }
    return this.#summed(ends);
  }

  #summed(ends: readonly { readonly state: State; readonly value: Value | null }[]): Summary {
    const [first, ...others] = ends;
    const isForCaller = ({ address, by }: Lock) => by === 'taken' && !/^[#&!]/.test(address.leaf);
    // What is given back by a pointer that nobody knows may be any of that name.
    const mayBeCallers = ({ address }: Lock) => !/^[&!]/.test(address.leaf);
    const takes = [...(first?.state.held ?? [])]
      .filter(([key, lock]) => isForCaller(lock) && others.every(({ state }) => state.held.has(key)))
      .map(([key, lock]) => others.reduce((one, { state }) => lessOf(one, state.held.get(key)!), lock));
    const released = ends.flatMap(({ state }) => [...state.released.values()]).filter(mayBeCallers);
    const releases = new Map(released.map(toldOutside).map((lock) => [keyOfTold(lock), lock]));
    const value = first?.value ?? null;
    const isOne =
      value !== null &&
      others.every(
        (end) => end.value !== null && keyOf(end.value) === keyOf(value) && sameHolding(end.value, value),
      );
    return {
      returns: isOne && this.#isSettled ? returnedOutside(value) : null,
      takes: this.#isSettled ? takes : [],
      releases: [...releases.values()],
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
      case 'same': {
        const value = this.#value(operation.value);
        const number = numberOf(value);
        // How wide it is, is not known here: a small number is the same in any width.
        const isSame = number === null || (number >= 0 && number < 128);
        this.#set(operation.result, isSame ? value : this.#unknown(operation.result));
        return;
      }
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
        const either = operation.either.map((one) => this.#value(one));
        const [yes, no] = either;
        const isOne = keyOf(yes!) === keyOf(no!);
        if (!isOne) for (const one of either) this.#gives(one, { lost: true }, debug);
        this.#set(operation.result, isOne ? yes! : this.#unknown(operation.result));
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
    if (this.#isAgain) this.#isStale ||= isOther(this.#values.get(result), value);
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
    const shape = /^(?:\{|%)/.test(type) ? this.#membersOf(type) : null;
    if (shape !== null) {
      const parts = shape.map((offset) => this.#held(local, address.offset + offset));
      return { ...this.#unknown(result), parts };
    }
    return this.#held(local, address.offset);
  }

  /** Where the members of a struct begin that is a value. */
  #membersOf(type: string): number[] | null {
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
    // Whoever finds the address there may write to it.
    const kept = localOf(value);
    if (kept !== null) this.#escaped.add(kept);
    const local = localOf(address);
    if (local !== null) {
      // Of several that the variable may hold, none is followed.
      if (!this.#once.has(local)) {
        const slot = this.#slotOf(address);
        this.#gives(value, slot === null ? { lost: true } : { slot, variable: null }, debug);
      }
      // What it says of a lock is true until that is given back.
      if (this.#once.has(local) && value.holds === undefined) {
        if (this.#isAgain) this.#isStale ||= isOther(this.#kept.get(local), value);
        this.#kept.set(local, value);
      } else if (value.parts !== undefined) {
        for (const [i, part] of value.parts.entries()) {
          const offset = i * wordBytes;
          this.#state.memory.set(`${local} ${address.offset + offset}`, part);
        }
      } else this.#state.memory.set(`${local} ${address.offset}`, value);
      return;
    }
    // An element that only running code knows.
    if (address.leaf.startsWith('&')) this.#lose(address.leaf.slice(1), `${operand} ${debug ?? ''}`);
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
      // Its first member has no step of its own.
      if (current.startsWith('[') && names.tagOf(next.type) !== null)
        place = { ...place, record: next.type, inRecord: 0 };
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
    for (const one of values) this.#gives(one, { lost: true }, null);
    // Of `a && trylock()`, which is 0 otherwise.
    const saying = values.filter(({ holds }) => holds !== undefined);
    const numbers = values.filter(({ holds }) => holds === undefined).map(numberOf);
    const [{ holds } = { holds: undefined }] = saying;
    const isOne = saying.length === 1 && holds !== undefined;
    const fits =
      isOne && numbers.every((one) => (holds.when === 'set' ? one === 0 : one !== null && one !== 0));
    if (fits) return this.#unknown(`${block.name} ${result}`, holds);
    const ways = from.flatMap(([, source], i) => {
      const held = this.#edges.get(keyOfEdge(source, block.name))?.held;
      return held === undefined ? [] : [{ value: values[i]!, held }];
    });
    return this.#unknown(`${block.name} ${result}`, toldByNumber(ways));
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
    const pointer = callee.startsWith('%') ? this.#value(callee) : null;
    const isKnownFunction = pointer?.leaf.startsWith('@') === true && pointer.steps.length === 0;
    if (pointer !== null && !isKnownFunction) {
      const { slot } = pointer;
      if (slot !== undefined) this.#sayCall({ slot }, values, debug);
      this.#forget(values, site, null);
      answer(null);
      return;
    }
    const name = (pointer?.leaf ?? callee).replace(/^@/, '').replace(/^"(.*)"$/, '$1');
    if (name.startsWith('llvm.')) {
      if (name.startsWith('llvm.expect')) answer(values[0] ?? null);
      else {
        if (/^llvm\.mem(?:cpy|move)/.test(name)) this.#copy(values[0], values[1], site);
        else if (name.startsWith('llvm.memset')) this.#forget(values.slice(0, 1), site, null);
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
    this.#sayCall({ name, given }, values, debug);
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
    // What a function of the unit is handed and does not hand on, it may call.
    if (isKnown)
      for (const [argument, value] of values.entries())
        if (!summary.passes.some(({ parameter }) => parameter === argument))
          this.#gives(value, { call: name, argument }, debug);
    if (!isKnown) {
      for (const [argument, value] of values.entries()) this.#gives(value, { call: name, argument }, debug);
      if (mayRelease(name)) this.#releaseOf(values);
    }
    this.#forget(values, site, isKnown ? summary : null);
    // Of several that an inline function chooses from, each is new.
    if (allocates(name)) answer(leafValue(`!${site}`));
    else {
      const returned = summary.returns && this.#resolved(inCaller(summary.returns, values, unknown));
      const said = summary.returns?.holds;
      answer(
        said === undefined || returned === null
          ? returned
          : { ...returned, holds: { ...said, lock: here(said.lock) } },
      );
    }
  }

  #sayCall(callee: Callee, args: readonly Value[], debug: number | null) {
    if (!this.#says) return;
    const { released } = this.#state;
    this.#seen?.call({ callee, args, debug, locks: this.#locks(), released: [...released.values()] });
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
    forgetHolding(this.#state.memory, ({ address }) => leaves.has(address.leaf));
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
      this.#lose(leaf.slice(1), `${site} ${i}`);
    }
    for (const local of this.#escaped) this.#lose(local, site);
  }

  /** A local variable may hold anything from here on. */
  #lose(local: string, site: string): void {
    const { memory } = this.#state;
    for (const key of memory.keys()) if (key.startsWith(`${local} `)) memory.delete(key);
    memory.set(local, leafValue(`#${site}`));
  }

  #copy(to: Value | undefined, from: Value | undefined, site: string): void {
    const [into, out] = [to, from].map((one) => (one === undefined ? null : localOf(one)));
    if (into == null) return;
    // Parts of variables are not followed.
    if (to!.offset !== 0 || from!.offset !== 0) {
      this.#lose(into, site);
      return;
    }
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

  #locks(): Lock[] {
    return this.#isSettled ? [...this.#state.held.values()] : [];
  }

  #bitField({ at, debug }: Instruction): void {
    const { lines } = this.#function;
    const load = unitLoad(lines[at]!);
    if (load === null) return;
    const found = writeBehind(lines, at, load.name, load.unit);
    if (found === null) return;
    const address = this.#value(load.unit.address);
    const stored = / !dbg !(\d+)/.exec(lines[at + found.lines - 1]!)?.[1];
    const { released } = this.#state;
    this.#seen?.write({
      address,
      unit: load.unit,
      bits: found.bits,
      value: constantIn(lines.slice(at, at + found.lines), found.bits),
      debug: stored === undefined ? debug : Number(stored),
      locks: this.#locks(),
      released: [...released.values()],
    });
  }
}

/** What is or'ed in, where that is a constant. */
const keyOfEdge = (from: string, to: string): string => `${from}\n${to}`;

function constantIn(lines: readonly string[], { shift }: Bits): number | null {
  for (const line of lines) {
    const [, other] = /^ {2}%bf\.set\S* = or(?: disjoint)? i\d+ %bf\.clear\S*, (-?\d+)/.exec(line) ?? [];
    if (other !== undefined) return Number(BigInt.asUintN(64, BigInt(other)) >> BigInt(shift));
    if (/%bf\.set\S* = or/.test(line)) return null;
  }
  return 0;
}

/**
 * What only running code of a function knows is somewhere, for its callers: with names of its own, summaries of functions that call
 * each other would never be done.
 */
function toldOutside(lock: Lock): Lock {
  return lock.address.leaf.startsWith('#') ? { ...lock, address: leafValue('#') } : lock;
}

/** Of what is somewhere, only the name is told. */
const keyOfTold = ({ address, name, shared }: Lock): string =>
  `${keyOfValue(address)} ${address.leaf === '#' ? `${name} ${shared}` : ''}`;

/** The same of what is returned; null: the caller knows as much by itself. */
function returnedOutside(value: Value): Value | null {
  const { leaf, holds, parts } = value;
  if (leaf.startsWith('#') && holds === undefined && parts === undefined) return null;
  return {
    ...withOwnLeaf(value, ''),
    ...(holds === undefined ? {} : { holds: { ...holds, lock: toldOutside(holds.lock) } }),
    ...(parts === undefined ? {} : { parts: parts.map((part, i) => withOwnLeaf(part, `${i}`)) }),
  };
}

/** By where it stands in what is returned: two that nobody knows are two. */
const withOwnLeaf = (value: Value, place: string): Value =>
  /^[#!]/.test(value.leaf) ? { ...value, leaf: `${value.leaf[0]}${place}` } : value;

const isOther = (one: Value | undefined, other: Value): boolean =>
  one === undefined || keyOf(one) !== keyOf(other) || !sameHolding(one, other);

const flipped = ({ lock, when }: Holding): Holding => ({ lock, when: when === 'set' ? 'zero' : 'set' });

/** The name of a local variable that an address leads into, as the instruction that makes it. */
function localOf({ leaf, steps }: Value): string | null {
  return leaf.startsWith('&') && steps.length === 0 ? leaf.slice(1) : null;
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
