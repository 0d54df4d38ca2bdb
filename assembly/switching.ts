// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ACTOR, OBSERVE, UNSERVED } from './map';
import { buffer, count, get, set, stackPointer, stackStart, state, State_DONE, State_PAUSED, tls } from './threads';

/**
 * Logical threads as coroutines of Asyncify: a thread is left by unwinding its stack, from within a hook that it has
 * called, and resumed by rewinding it. Both are wasm: nothing but a trap leads out to JavaScript.
 */

// Shared with the program under test.
@external("env", "__asyncify_state")
declare let asyncifyState: i32;
@external("env", "__asyncify_data")
declare let asyncifyData: i32;
@external("sim", "stack_pointer")
declare let cStackPointer: i32;
@external("sim", "tls_base")
declare let cTlsBase: i32;

const UNWINDING: i32 = 1;
const REWINDING: i32 = 2;

/** The thread that runs, and the one that runs once this one is left. */
export let current: i32 = -1;
export let next: i32 = -1;
/** Other values of `next`: no thread is chosen; the execution is too long; the other side has stopped it. */
export const NO_CHOICE: i32 = -3;
export const TOO_LONG: i32 = -2;
export const STOPPED: i32 = -4;

/** Threads are being brought to their first event; the running thread is, and its turn comes next. */
export let starting: bool = false;
export let beginning: bool = false;

/** Why the running thread has been left, if not for another one to go on. */
let leaving: u32 = 0;
/** To be checked for spinning: at what is no event, at an event, at its first event. */
export const Leaving_LOOKED_AT: u32 = 1;
export const Leaving_AT_EVENT: u32 = 2;
export const Leaving_BEGINNING: u32 = 3;
/** It does not go on: it has trapped, or would run for ever. */
export const Leaving_FOR_GOOD: u32 = 4;

@inline export function setNext(thread: i32): void {
  next = thread;
}

@inline export function setStarting(on: bool): void {
  starting = on;
}

@inline export function setBeginning(on: bool): void {
  beginning = on;
}

/** No thread runs, and none is being unwound or rewound. */
export function resetSwitching(): void {
  asyncifyState = 0;
  leaving = 0;
}

export function setNobodyCurrent(): void {
  current = -1;
}

/** Is the running thread being unwound or rewound? */
@inline export function isSwitching(): bool {
  return asyncifyState != 0;
}

/** Ends a rewind: the hook that the thread was unwound in has been called again. Returns whether there was one. */
@inline export function endRewind(): bool {
  if (asyncifyState == 0) return false;
  asyncifyState = 0;
  return true;
}

/** Has the running thread unwind. */
export function leave(thread: u32, to: u32, why: u32): void {
  leaving = why;
  set(state, thread, to);
  set(stackPointer, thread, cStackPointer);
  asyncifyData = get(buffer, thread);
  asyncifyState = UNWINDING;
}

/** The running thread ends here. */
export function leaveForGood(): void {
  leave(<u32>current, State_PAUSED, Leaving_FOR_GOOD);
}

/** The running thread ends here, and with it the execution: the other side has asked for it. */
export function leaveStopped(): void {
  next = STOPPED;
  leaveForGood();
}

/** Makes a thread the running one: start() or rewind() comes next, then call(). */
export function enter(thread: u32): void {
  current = thread;
  cTlsBase = get(tls, thread);
  asyncifyData = get(buffer, thread);
}

/** ... from its first call on. */
export function start(thread: u32): void {
  const at = get(buffer, thread);
  store<u32>(at, at + 8);
  cStackPointer = get(stackStart, thread);
}

/** ... from where it was left. */
@inline export function rewind(thread: u32): void {
  set(state, thread, State_PAUSED);
  cStackPointer = get(stackPointer, thread);
  asyncifyState = REWINDING;
}

/** Runs the thread until it returns or is unwound; returns whether it was unwound. */
@inline export function call(thread: u32): bool {
  call_indirect<void>(ACTOR, thread);
  return asyncifyState == UNWINDING;
}

/** The unwind is over. */
@inline export function endUnwind(): void {
  asyncifyState = 0;
}

/** Why the thread was left; 0: for another one to go on. */
@inline export function takeLeaving(): u32 {
  const why = leaving;
  leaving = 0;
  return why;
}

/** Calls the program's function that reads the observed values, on the first thread's stack. */
export function callObserve(values: u32): void {
  cTlsBase = get(tls, 0);
  cStackPointer = get(stackStart, 0);
  call_indirect<void>(OBSERVE, values);
}

/** Asks the program what is due, where no thread can go on: on a stack with room, below what is still on it. */
export function callUnserved(waits: u32): u32 {
  let roomy: u32 = 0;
  for (let t: u32 = 1; t < count; t++) if (usedOf(t) < usedOf(roomy)) roomy = t;
  cTlsBase = get(tls, roomy);
  cStackPointer = get(stackStart, roomy) - usedOf(roomy);
  return call_indirect<u32>(UNSERVED, waits);
}

function usedOf(thread: u32): u32 {
  return get(state, thread) == State_DONE ? 0 : get(stackStart, thread) - get(stackPointer, thread);
}
