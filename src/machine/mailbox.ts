// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mailboxBytes, nameAt, nameBytes, numbersAt, State } from './mailbox-words.js';
import type { Answer } from './protocol.js';

/** Milliseconds that a caller waits before it goes on with other things. Most calls take microseconds. */
const patience = 1;
/** Milliseconds after which timers and signals get their turn, where one call follows the other. */
const longestTurn = 10;

let turnBegan = performance.now();

/**
 * The calls of one thread, one at a time. A message between threads takes two turns of an event loop, many times as long
 * as most calls do: here the thread sleeps on a word of shared memory instead, and its caller does, too, for a moment.
 */
export class Mailbox {
  readonly shared = new SharedArrayBuffer(mailboxBytes);
  readonly #state = new Int32Array(this.shared);
  readonly #name = new Uint8Array(this.shared, nameAt, nameBytes);
  readonly #numbers = new Float64Array(this.shared, numbersAt);
  #pending: { resolve(value: number): void; reject(error: Error): void } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Has the thread call an export, when what it was asked for before has come back.
   *
   * @param brief whether the caller may wait for it for a moment, and do nothing else meanwhile.
   */
  call(name: string, args: readonly number[], brief: boolean): Promise<number> {
    if (this.#pending !== null) {
      const again = () => this.call(name, args, brief);
      return this.#last.then(again, again);
    }
    this.#last = this.#call(name, args, brief);
    return this.#last as Promise<number>;
  }

  async #call(name: string, args: readonly number[], brief: boolean): Promise<number> {
    const answer = new Promise<number>((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
    // Settled below or by a message; whoever waits for it hears of it there.
    answer.catch(() => {});
    const now = performance.now();
    if (now - turnBegan > longestTurn) {
      await new Promise((resolve) => setImmediate(resolve));
      turnBegan = performance.now();
    }
    const state = this.#state;
    state[1] = name.length;
    state[2] = args.length;
    for (let i = 0; i < name.length; i++) this.#name[i] = name.charCodeAt(i);
    for (const [i, arg] of args.entries()) this.#numbers[1 + i] = arg;
    this.#say(brief ? State.called : State.awaited);
    if (!brief) return answer;
    Atomics.wait(state, 0, State.called, patience);
    const came = Atomics.compareExchange(state, 0, State.called, State.awaited);
    if (came === State.returned) {
      this.#pending = null;
      return this.#numbers[0]!;
    }
    return answer;
  }

  /** Has the thread take up the machine that it was sent. */
  assign(): void {
    this.#say(State.assigned);
  }

  /** Has the thread let its machine go, and says whether it can: not where it is still at a call. */
  release(): boolean {
    if (this.#pending !== null) return false;
    this.#say(State.released);
    return true;
  }

  #say(state: number): void {
    Atomics.store(this.#state, 0, state);
    Atomics.notify(this.#state, 0);
  }

  /** What the thread answered to a caller that did not wait. */
  settle(answer: Answer, trap: (message: string, stack: string) => Error): void {
    const pending = this.#pending;
    this.#pending = null;
    if (answer.kind === 'returned') pending?.resolve(answer.value);
    else pending?.reject(trap(answer.message, answer.stack));
  }

  /** The thread is gone. */
  fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = null;
  }
}
