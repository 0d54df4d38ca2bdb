// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { canGo, type Instruction, nextStep, type Program, State, show, take } from './oracle.js';

/**
 * What a program can come to, found by going through its states instead of its orders: it may go back to where it was,
 * as one that waits by looking again does.
 */
export interface Reachable {
  /** What is observed where all threads are done, as {@link show} writes it. */
  readonly finals: ReadonlySet<string>;
  /** Nobody can go on, and somebody is not done. */
  readonly deadlocks: boolean;
  /** There is a state that nothing leads out of to any end, however the threads go on: somebody looks for ever. */
  readonly livelocks: boolean;
  /** The 8-byte words that two threads have to do with, one of them writing, by index. */
  readonly shared: ReadonlySet<number>;
}

/** Of a program with finitely many states. */
export function reachable(program: Program): Reachable {
  const finals = new Set<string>();
  let deadlocks = false;
  const users = new Map<number, { readonly all: Set<number>; readonly writers: Set<number> }>();
  /** By state, those that lead to it. */
  const before = new Map<string, string[]>();
  const ends: string[] = [];

  function use(step: Instruction, thread: number): void {
    for (const { word, writes } of wordsOf(step)) {
      const user = users.get(word) ?? { all: new Set(), writers: new Set() };
      users.set(word, user);
      user.all.add(thread);
      if (writes) user.writers.add(thread);
    }
  }

  const threads = [...program.threads.keys()];
  const start = State.start(program);
  const left: State[] = [];
  const nameOf = (state: State) => {
    // Before it is named it has gone past what is no step.
    for (const thread of threads) nextStep(program, state, thread);
    return state.name();
  };
  before.set(nameOf(start), []);
  left.push(start);
  for (let state = left.pop(); state !== undefined; state = left.pop()) {
    const name = nameOf(state);
    let able = false;
    let done = true;
    for (const thread of threads) {
      const step = nextStep(program, state, thread);
      if (step === null) continue;
      done = false;
      use(step, thread);
      if (!canGo(step, state)) continue;
      able = true;
      const after = state.copy();
      take(step, after, thread);
      const next = nameOf(after);
      const known = before.get(next);
      known?.push(name);
      if (known !== undefined) continue;
      before.set(next, [name]);
      left.push(after);
    }
    if (able) continue;
    ends.push(name);
    if (done) finals.add(show(state.observed()));
    else deadlocks = true;
  }

  const ending = new Set(ends);
  for (let name = ends.pop(); name !== undefined; name = ends.pop())
    for (const earlier of before.get(name)!)
      if (!ending.has(earlier)) {
        ending.add(earlier);
        ends.push(earlier);
      }
  const shared = [...users].filter(([, { all, writers }]) => all.size > 1 && writers.size > 0);
  return {
    finals,
    deadlocks,
    livelocks: ending.size < before.size,
    shared: new Set(shared.map(([word]) => word)),
  };
}

/** The 8-byte words of the memory that a step has to do with, whatever comes of it. */
export function wordsOf(step: Instruction): { readonly word: number; readonly writes: boolean }[] {
  const words = (from: number, writes: boolean) => {
    const [first, last] = [from >> 3, (from + step.bytes - 1) >> 3];
    return Array.from({ length: last - first + 1 }, (_, i) => ({ word: first + i, writes }));
  };
  if (step.op === 'load' || step.op === 'atomic_load') return words(step.at, false);
  if (step.op === 'cas' && step.expected === step.value) return words(step.at, false);
  if (step.op === 'copy') return [...words(step.value, false), ...words(step.at, true)];
  return words(step.at, true);
}
