// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Cut_ALONE, cutShort } from './ending';
import { STOP, THREADS } from './map';
import { leaveForGood, leaveStopped } from './switching';
import { settleWrite, startWatching, watchedFrom } from './spin';
import { get, set, ticks } from './threads';

/**
 * A thread's ticks are its accesses and lock steps, events or not. Most need only be counted; every now and then it is
 * checked that the thread does not go on by itself for ever, and whether it is to be watched for spinning.
 */

/** Most ticks of a thread: one that is never at an end, for ever counting what is its own, comes to no event. */
const TICKS_MAX: u32 = 1 << 24;
/** Ticks after which to ask whether to stop. */
const BREATH: u32 = 1 << 14;
/**
 * Ticks after which one is an event, shared or not: a thread may loop for ever over what no other thread has touched
 * yet, only because no other has had a turn.
 */
const PAUSE: u32 = 1 << 16;

/** Threads are checked for spinning; one that spins goes on once it would see something else. */
export let spins: bool = false;
export let awakes: bool = false;

export function watchSpins(watch: bool, awake: bool): void {
  spins = watch;
  awakes = awake;
}

/** The running thread is watched for spinning, and the tick from which on all are. */
export let careful: bool = false;
let carefulFrom: u32 = 0;
/** The tick of the running thread at which there is something else to do than to count. */
let slowAt: u32 = 0;
/** Both, of each thread. */
const carefuls = memory.data(THREADS * 4);
const slowAts = memory.data(THREADS * 4);

/** Where the undo log has what the running thread wrote last, if that has not been checked yet; 0: nowhere. */
let lastWrite: u32 = 0;

/** The running thread has gone a long way without an event: its next access is one, and others are to have a turn. */
export let pauses: bool = false;
/** The same, while it is chosen who goes next. */
export let tired: bool = false;

/** For an execution of so many events at most. */
export function beginTicks(steps: u32): void {
  lastWrite = 0;
  carefulFrom = watchedFrom(steps);
}

export function beginTicksOf(thread: u32): void {
  set(carefuls, thread, 0);
}

/** A thread runs: from its first call on, or from where it was left. */
export function startTicks(thread: u32): void {
  pauses = false;
  set(ticks, thread, 0);
  careful = false;
  slowAt = 0;
  breathe(thread, 0);
}

export function resumeTicks(thread: u32): void {
  pauses = false;
  careful = get(carefuls, thread) != 0;
  slowAt = get(slowAts, thread);
}

@inline export function isCareful(thread: u32): bool {
  return get(carefuls, thread) != 0;
}

/** Returns whether the thread goes on. */
@inline export function tick(thread: u32): bool {
  const count = get(ticks, thread) + 1;
  set(ticks, thread, count);
  return count < slowAt || breathe(thread, count);
}

/** Does what need not be done at each tick, and sets the next such tick; returns whether the thread goes on. */
function breathe(thread: u32, count: u32): bool {
  if (load<u32>(STOP) != 0) {
    leaveStopped();
    return false;
  }
  if (count > TICKS_MAX) {
    cutShort(Cut_ALONE);
    leaveForGood();
    return false;
  }
  slowAt = (count + BREATH) & -BREATH;
  if (count != 0 && (count & (PAUSE - 1)) == 0) pauses = true;
  if (spins && !careful) {
    if (count >= carefulFrom) {
      careful = true;
      startWatching(thread);
    } else slowAt = min(slowAt, carefulFrom);
  }
  set(carefuls, thread, u32(careful));
  set(slowAts, thread, slowAt);
  return true;
}

@inline export function endPause(): void {
  pauses = false;
}

/** The running thread's pause is over once it has been chosen who goes next. */
@inline export function beginChoice(): void {
  tired = pauses;
  pauses = false;
}

@inline export function endChoice(): void {
  tired = false;
}

/** What is written next lies at `top` of the undo log. */
@inline export function noteWrite(top: u32): void {
  lastWrite = top;
}

@inline export function forgetWrite(): void {
  lastWrite = 0;
}

/** The thread is at its next access. */
@inline export function arrives(thread: u32): void {
  if (lastWrite == 0) return;
  settleWrite(thread, lastWrite);
  lastWrite = 0;
}
