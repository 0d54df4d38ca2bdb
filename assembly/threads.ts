// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ADDRESS, BYTES, RAW, TRAITS, WHAT } from './event';
import { Touch_RAW } from './granules';
import { THREADS } from './map';

/** The logical threads: where each is, and what it is about to do. Set up by the other side (configure in index.ts). */

export const State_NEW: u32 = 0;
export const State_PAUSED: u32 = 1;
export const State_DONE: u32 = 2;
/** It has come round a loop that changes nothing, and would go on for ever in it (spin.ts). */
export const State_SPINNING: u32 = 3;

/** The address of what a thread is at that is in a loop without an access: that is no tick. */
export const NOWHERE: u32 = 1;

export let count: u32 = 0;

export const state = memory.data(THREADS * 4);
/** Of each, its stack pointer; where its stack begins, its thread-local storage, and its Asyncify buffer. */
export const stackPointer = memory.data(THREADS * 4);
export const stackStart = memory.data(THREADS * 4);
export const tls = memory.data(THREADS * 4);
export const buffer = memory.data(THREADS * 4);
export const bufferEnd = memory.data(THREADS * 4);
/** Accesses and lock steps so far. */
export const ticks = memory.data(THREADS * 4);
/** Where each keeps its own state, and its size; for readers of an execution. */
export const states = memory.data(THREADS * 4);
export let stateBytes: u32 = 0;
/** What a try-lock has come back with. */
export const result = memory.data(THREADS * 4);
/** When an execution is cut short: where undo.ts has what each thread would find next. */
export const found = memory.data(THREADS * 4);
const pendings = memory.data(THREADS * 32, 16);
/** Each thread's first event, which does not depend on other threads, and the ticks up to there; 0: unknown. */
const firsts = memory.data(THREADS * 32, 16);
const firstTicks = memory.data(THREADS * 4);

export function setCount(value: u32): void {
  // Never fewer than were asked for.
  if (value > THREADS) unreachable();
  count = value;
}

export function setStateBytes(value: u32): void {
  stateBytes = value;
}

@inline export function pending(thread: u32): u32 {
  return <u32>pendings + thread * 32;
}

/** A thread is about to do this; `touches`: what touch() returned. Returns the label, for the caller to add the rest. */
@inline export function setPending(thread: u32, kind: u32, address: u32, bytes: u32, what: u32, touches: u32): u32 {
  const at = pending(thread);
  store<u32>(at, thread | (kind << 8) | ((touches & Touch_RAW) != 0 ? <u32>RAW << (8 * TRAITS) : 0));
  store<u32>(at, address, ADDRESS);
  store<u32>(at, bytes, BYTES);
  store<u32>(at, what, WHAT);
  return at;
}

@inline export function knowsFirst(thread: u32): bool {
  return get(firstTicks, thread) != 0;
}

/** What is pending is the thread's first event. */
export function keepFirst(thread: u32): void {
  memory.copy(firsts + thread * 32, pending(thread), 32);
  set(firstTicks, thread, get(ticks, thread));
}

/** Puts the thread right before its first event, though it has not run yet. */
@inline export function standAtFirst(thread: u32): void {
  memory.copy(pending(thread), firsts + thread * 32, 32);
  set(ticks, thread, get(firstTicks, thread));
}

/** The thread has none: it never comes to one. */
export function forgetFirst(thread: u32): void {
  set(firstTicks, thread, 0);
}

export function forgetFirsts(): void {
  memory.fill(firstTicks, 0, THREADS * 4);
}

/** Its place in a mask of threads. */
@inline export function bitOf(thread: u32): u64 {
  return (<u64>1) << thread;
}

@inline export function get(table: usize, thread: u32): u32 {
  return load<u32>(table + thread * 4);
}

@inline export function set(table: usize, thread: u32, value: u32): void {
  store<u32>(table + thread * 4, value);
}

/** Ticks that a thread has behind it: the one that it stands at is not among them. */
@inline export function done(thread: u32): u32 {
  const all = get(ticks, thread);
  return get(state, thread) == State_DONE || load<u32>(pending(thread), ADDRESS) == NOWHERE ? all : all - 1;
}
