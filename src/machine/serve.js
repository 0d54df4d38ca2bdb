// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// What a thread does: it sleeps until a machine is put onto it, makes the calls that it is asked for (see mailbox.ts),
// and lets the machine go. Plain JavaScript, because Node 20 cannot run TypeScript in a worker.
import { readlinkSync } from 'node:fs';
import process from 'node:process';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { nameAt, numbersAt, State } from './mailbox-words.js';

/** @typedef {import('./protocol.js').Loaded} Loaded */
/** @typedef {import('./protocol.js').WorkerData} WorkerData */
/** @typedef {import('./protocol.js').WorkerMessage} WorkerMessage */

/** @type {WorkerData} */
const { mailbox } = workerData;
const state = new Int32Array(mailbox);
const names = new Uint8Array(mailbox, nameAt);
const numbers = new Float64Array(mailbox, numbersAt);

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** @param {WorkerMessage} message */
const send = (message) => port.postMessage(message);

/**
 * Sleeps until the mailbox says one of these.
 *
 * @param {number[]} wanted
 */
function sleepUntil(...wanted) {
  for (;;) {
    const now = Atomics.load(state, 0);
    if (wanted.includes(now)) return now;
    Atomics.wait(state, 0, now);
  }
}

/**
 * Serves one machine after the other, for ever.
 *
 * @template Start
 * @param {(start: Start) => Loaded} load
 */
export function serve(load) {
  const thread = threadId();
  for (;;) {
    sleepUntil(State.assigned);
    serveOne(load(receiveMessageOnPort(port)?.message), thread);
  }
}

/**
 * @param {Loaded} machine
 * @param {string | null} thread
 */
function serveOne({ firstArea, call, trapped }, thread) {
  Atomics.store(state, 0, 0);
  send({ kind: 'ready', thread, firstArea });
  for (;;) {
    const asked = sleepUntil(State.called, State.awaited, State.assigned, State.released);
    if (asked === State.assigned || asked === State.released) return;
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

/** What Linux knows this thread by; `null` elsewhere. */
function threadId() {
  return process.platform === 'linux' ? (readlinkSync('/proc/thread-self').split('/').pop() ?? null) : null;
}
