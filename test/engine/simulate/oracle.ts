// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * What a random program (`c-src/answers/random.h`) can do, found without its module and without anything clever:
 * every order of its steps is gone through, on a copy of the state each.
 */

/** What an acquire waits to see gone that waits for something to take. */
export const EMPTY = 0x10000;

/** In the order of `enum random_op`, whose names these are in small letters. */
export type Op =
  | 'load'
  | 'store'
  | 'atomic_load'
  | 'atomic_store'
  | 'add'
  | 'add_dropped'
  | 'sub_dropped'
  | 'or_dropped'
  | 'exchange'
  | 'cas'
  | 'copy'
  | 'fill'
  | 'set'
  | 'skip'
  | 'lock'
  | 'unlock'
  | 'read_lock'
  | 'read_unlock'
  | 'try_lock'
  | 'try_read_lock'
  | 'acquire'
  | 'try_acquire'
  | 'release';

/** One instruction; what a field means depends on the op, and is defined in `random.h`. */
export interface Instruction {
  readonly op: Op;
  readonly at: number;
  readonly bytes: number;
  readonly reg: number;
  readonly value: number;
  readonly expected: number;
}

export interface Program {
  readonly threads: readonly (readonly Instruction[])[];
  /** What the memory holds at the start, in words of 4 bytes. */
  readonly memory: readonly number[];
}

export const MEMORY_BYTES = 16;
export const REGISTERS = 2;
export const LOCKS = 2;

/** Parts of a schedule: so many steps of an actor. */
export interface Run {
  readonly actor: number;
  readonly ticks: number;
}

/** Everything that the orders of a program's steps lead to. */
export interface Possible {
  /** Complete orders, those that end in a deadlock included. */
  readonly interleavings: number;
  /** Of these, the ones that end in a deadlock. */
  readonly deadlocks: number;
  /** Orders distinguished only by what depends on each other: Mazurkiewicz classes, those of deadlocks included. */
  readonly classes: number;
  /** Of these, the ones that end in a deadlock. */
  readonly deadlockedClasses: number;
  /** What is observed at the end, as {@link show} writes it, and in how many orders; nothing of a deadlock. */
  readonly finals: ReadonlyMap<string, number>;
}

/** Observed values as one text. */
export function show(values: readonly bigint[]): string {
  return values.map((value) => BigInt.asUintN(64, value).toString(16)).join(' ');
}

interface Range {
  readonly from: number;
  readonly to: number;
}

type LockStep = 'take' | 'take-shared' | 'give' | 'give-shared' | 'fail';

/** What was done, as far as others can depend on it. */
interface Event {
  readonly thread: number;
  readonly reads: readonly Range[];
  readonly writes: readonly Range[];
  /** An addition that nobody looks at, which commutes with others of the same bytes. */
  readonly adds: boolean;
  readonly lock: { readonly index: number; readonly how: LockStep } | null;
  /** How many steps of each thread must have come first, its own included. */
  clock: readonly number[];
}

export class State {
  readonly memory: Uint8Array;
  readonly locks: number[];
  readonly registers: readonly number[][];
  /** The instruction that a thread is at. */
  readonly at: number[];

  constructor(memory: Uint8Array, locks: number[], registers: readonly number[][], at: number[]) {
    this.memory = memory;
    this.locks = locks;
    this.registers = registers;
    this.at = at;
  }

  static start({ threads, memory }: Program): State {
    const bytes = new Uint8Array(MEMORY_BYTES);
    const view = new DataView(bytes.buffer);
    for (const [i, word] of memory.entries()) view.setUint32(4 * i, word, true);
    const registers = threads.map(() => new Array<number>(REGISTERS).fill(0));
    return new State(
      bytes,
      new Array<number>(LOCKS).fill(0),
      registers,
      new Array<number>(threads.length).fill(0),
    );
  }

  copy(): State {
    const registers = this.registers.map((own) => [...own]);
    return new State(this.memory.slice(), [...this.locks], registers, [...this.at]);
  }

  /** The same of two states that nothing distinguishes. */
  name(): string {
    return [...this.memory, ...this.locks, ...this.registers.flat(), ...this.at].join();
  }

  /** What `sim_observe` of `random.c` says. */
  observed(): bigint[] {
    const words = new BigInt64Array(this.memory.slice().buffer);
    const pair = ([low = 0, high = 0]: readonly number[]) =>
      BigInt.asIntN(64, BigInt(low) | (BigInt(high) << 32n));
    return [...words, pair(this.locks), ...this.registers.map(pair)];
  }
}

const WRITER = 0x8000;

/** Goes past what a thread does on its own; -> its next step, `null` where it has none left. */
export function nextStep(program: Program, state: State, thread: number): Instruction | null {
  const code = program.threads[thread]!;
  const registers = state.registers[thread]!;
  for (;;) {
    const next = code[state.at[thread]!];
    if (next === undefined) return null;
    if (next.op === 'set') registers[next.reg] = next.value;
    else if (next.op !== 'skip') return next;
    else if (registers[next.reg] === next.expected) state.at[thread]! += next.value;
    state.at[thread]!++;
  }
}

export function canGo(step: Instruction | null, state: State): step is Instruction {
  if (step === null) return false;
  if (step.op === 'acquire') return isClear(step, state);
  if (step.op === 'lock') return state.locks[step.at] === 0;
  return step.op !== 'read_lock' || (state.locks[step.at]! & WRITER) === 0;
}

/** Does a word of the memory let an acquire in? */
function isClear({ at, expected }: Instruction, { memory }: State): boolean {
  const word = wordAt(memory, at);
  return expected === EMPTY ? word % 0x10000 > 0 : (word & expected) === 0;
}

function wordAt(memory: Uint8Array, at: number): number {
  return new DataView(memory.buffer).getUint32(at, true);
}

/** What a register takes of what was read. */
function folded(value: bigint): number {
  return Number(BigInt.asUintN(32, value ^ (value >> 32n)));
}

/** Does a thread's next step, which can go, and says what it was. */
export function take(step: Instruction, state: State, thread: number): Event {
  const { op, at, bytes, value } = step;
  const { memory, locks } = state;
  const registers = state.registers[thread]!;
  state.at[thread]!++;

  const here: Range = { from: at, to: at + bytes };
  const get = () => {
    let sum = 0n;
    for (let i = bytes - 1; i >= 0; i--) sum = (sum << 8n) | BigInt(memory[at + i]!);
    return sum;
  };
  const put = (to: bigint) => {
    for (let i = 0; i < bytes; i++) memory[at + i] = Number((to >> BigInt(8 * i)) & 0xffn);
  };
  const operand = BigInt(value >>> 0);
  const event = (reads: readonly Range[], writes: readonly Range[], adds = false): Event => ({
    thread,
    reads,
    writes,
    adds,
    lock: null,
    clock: [],
  });
  const locked = (how: LockStep, change: number): Event => {
    locks[at]! += change;
    return { ...event([], []), lock: { index: at, how } };
  };

  /** Adds to a word that is a lock. */
  const claimed = (change: number) => {
    new DataView(memory.buffer).setUint32(at, wordAt(memory, at) + change, true);
  };

  switch (op) {
    case 'load':
    case 'atomic_load':
      registers[step.reg] = folded(get());
      return event([here], []);
    case 'store':
    case 'atomic_store':
      put(BigInt((registers[step.reg]! + value) >>> 0));
      return event([], [here]);
    case 'add':
    case 'exchange': {
      const was = get();
      registers[step.reg] = folded(was);
      put(op === 'add' ? was + operand : operand);
      return event([here], [here]);
    }
    case 'add_dropped':
    case 'sub_dropped':
      put(op === 'add_dropped' ? get() + operand : get() - operand);
      return event([here], [here], true);
    case 'or_dropped':
      put(get() | operand);
      return event([here], [here]);
    case 'cas': {
      const was = get();
      registers[step.reg] = folded(was);
      if (was !== BigInt.asUintN(8 * bytes, BigInt(step.expected >>> 0))) return event([here], []);
      put(operand);
      // It has changed nothing: to others it is the same as one that fails.
      return event([here], get() === was ? [] : [here]);
    }
    case 'copy':
      memory.copyWithin(at, value, value + bytes);
      return event([{ from: value, to: value + bytes }], [here]);
    case 'fill':
      memory.fill(value, at, at + bytes);
      return event([], [here]);
    case 'lock':
      return locked('take', WRITER);
    case 'read_lock':
      return locked('take-shared', 1);
    case 'unlock':
      return locked('give', -WRITER);
    case 'read_unlock':
      return locked('give-shared', -1);
    case 'try_lock':
      registers[step.reg] = Number(locks[at] === 0);
      return registers[step.reg] === 1 ? locked('take', WRITER) : locked('fail', 0);
    case 'try_read_lock':
      registers[step.reg] = Number((locks[at]! & WRITER) === 0);
      return registers[step.reg] === 1 ? locked('take-shared', 1) : locked('fail', 0);
    case 'acquire':
      claimed(value);
      return event([here], [here]);
    case 'try_acquire': {
      const clear = isClear(step, state);
      registers[step.reg] = Number(clear);
      if (clear) claimed(value);
      return event([here], clear ? [here] : []);
    }
    case 'release':
      claimed(-value);
      return event([here], [here], true);
    default:
      throw new Error(`${op} is no step`);
  }
}

const shared: readonly LockStep[] = ['take-shared', 'give-shared'];
const gives: readonly LockStep[] = ['give', 'give-shared'];

/** Does it matter which of two steps of different threads comes first? */
function depend(a: Event, b: Event): boolean {
  if (a.lock !== null || b.lock !== null) {
    if (a.lock?.index !== b.lock?.index) return false;
    const [one, other] = [a.lock!.how, b.lock!.how];
    if (one === 'fail' && other === 'fail') return false;
    if (gives.includes(one) && gives.includes(other)) return false;
    return !(shared.includes(one) && shared.includes(other));
  }
  if (a.adds && b.adds && a.writes[0]!.from === b.writes[0]!.from && a.writes[0]!.to === b.writes[0]!.to)
    return false;
  return meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);
}

function meet(some: readonly Range[], others: readonly Range[]): boolean {
  return some.some((one) => others.some((other) => one.from < other.to && other.from < one.to));
}

/**
 * Goes through every order of the program's steps.
 *
 * @param preemptions most switches away from a thread that could have gone on.
 * @param isOwn what is of no interest to another thread, and so is no step of its own.
 * @throws Error where two orders of one class end differently: `depend` would be wrong.
 */
export function possible(
  program: Program,
  preemptions = Number.POSITIVE_INFINITY,
  isOwn: (step: Instruction) => boolean = () => false,
): Possible {
  const threads = [...program.threads.keys()];
  const finals = new Map<string, number>();
  const classes = new Map<string, string>();
  let interleavings = 0;
  let deadlocks = 0;

  /** The order up to here, and what it has led to; `last` went last. */
  function from(state: State, order: Event[], last: number, left: number): void {
    const steps = threads.map((thread) => {
      let next = nextStep(program, state, thread);
      for (; canGo(next, state) && isOwn(next); next = nextStep(program, state, thread))
        take(next, state, thread);
      return next;
    });
    const able = threads.filter((thread) => canGo(steps[thread]!, state));
    for (const thread of able) {
      const preempts = thread !== last && able.includes(last);
      if (preempts && left === 0) continue;
      const after = state.copy();
      const event = take(steps[thread]!, after, thread);
      event.clock = clockOf(event, order, threads.length);
      order.push(event);
      from(after, order, thread, preempts ? left - 1 : left);
      order.pop();
    }
    if (able.length > 0) return;

    interleavings++;
    const stuck = steps.some((step) => step !== null);
    if (stuck) deadlocks++;
    const values = show(state.observed());
    if (!stuck) finals.set(values, (finals.get(values) ?? 0) + 1);
    // Whatever of two orders is the same by these clocks is the same by swapping neighbours that do not depend.
    const name = threads
      .map((thread) => order.filter((event) => event.thread === thread).map(({ clock }) => clock.join('.')))
      .join(';');
    const end = `${stuck ? 'deadlock ' : ''}${values}`;
    const known = classes.get(name);
    if (known !== undefined && known !== end) throw new Error(`${name} ends as ${known} and as ${end}`);
    classes.set(name, end);
  }

  from(State.start(program), [], -1, preemptions);
  const deadlockedClasses = [...classes.values()].filter((end) => end.startsWith('deadlock')).length;
  return { interleavings, deadlocks, classes: classes.size, deadlockedClasses, finals };
}

/** What must have come before an event that comes after those of an order. */
function clockOf(event: Event, order: readonly Event[], threads: number): number[] {
  const clock = new Array<number>(threads).fill(0);
  for (const earlier of order)
    if (earlier.thread === event.thread || depend(earlier, event))
      for (let i = 0; i < threads; i++) clock[i] = Math.max(clock[i]!, earlier.clock[i]!);
  clock[event.thread]!++;
  return clock;
}

function stuck(program: Program, state: State): boolean {
  return !program.threads.some((_, thread) => canGo(nextStep(program, state, thread), state));
}

/**
 * Does the program's steps in one order.
 *
 * @returns what is observed at the end; `deadlock` where no thread can go, whether those that have steps left were to
 * or not; `null` where steps are left that could be done.
 * @throws Error where the order has a step that is not there, or has to wait for another that can go.
 */
export function replay(program: Program, runs: readonly Run[]): bigint[] | 'deadlock' | null {
  const state = State.start(program);
  for (const [i, { actor, ticks }] of runs.entries())
    for (let tick = 0; tick < ticks; tick++) {
      const step = nextStep(program, state, actor);
      if (canGo(step, state)) take(step, state, actor);
      else if (step !== null && stuck(program, state)) return 'deadlock';
      else throw new Error(`run ${i}, step ${tick}: actor ${actor} cannot go`);
    }
  if (program.threads.every((_, thread) => nextStep(program, state, thread) === null))
    return state.observed();
  return stuck(program, state) ? 'deadlock' : null;
}
