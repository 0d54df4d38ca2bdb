// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// What a machine's thread does once it is ready: it sleeps until it is asked for a call (see mailbox.ts). Plain
// JavaScript, because Node 20 cannot run TypeScript in a worker.

/** @typedef {import('./protocol.js').WorkerMessage} WorkerMessage */

/** As in mailbox.ts. */
const State = { called: 1, awaited: 2, returned: 3, trapped: 4 };
const nameAt = 16;
const numbersAt = 128;

/**
 * Makes the calls that the mailbox asks for, for ever.
 *
 * @param {SharedArrayBuffer} mailbox
 * @param {(message: WorkerMessage) => void} send
 * @param {(name: string, args: number[]) => number} call
 * @param {() => void} trapped puts right what a trap has left, before anything else is called.
 */
export function serve(mailbox, send, call, trapped = () => {}) {
  const state = new Int32Array(mailbox);
  const names = new Uint8Array(mailbox, nameAt);
  const numbers = new Float64Array(mailbox, numbersAt);
  for (;;) {
    for (let now = Atomics.load(state, 0); now !== State.called && now !== State.awaited; ) {
      Atomics.wait(state, 0, now);
      now = Atomics.load(state, 0);
    }
    const name = String.fromCharCode(...names.subarray(0, state[1]));
    const args = [...numbers.subarray(1, 1 + Number(state[2]))];
    try {
      const value = call(name, args);
      numbers[0] = value;
      if (Atomics.exchange(state, 0, State.returned) === State.awaited) send({ kind: 'returned', value });
    } catch (error) {
      trapped();
      const { message, stack } = /** @type {Error} */ (error);
      // First: as soon as the caller has heard, it may ask for the next call.
      Atomics.store(state, 0, State.trapped);
      send({ kind: 'trapped', message, stack: stack ?? message });
    }
    Atomics.notify(state, 0);
  }
}
