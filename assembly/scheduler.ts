// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { enterArea, takeDepth } from './areas';
import {
  Cut_CALLS,
  Cut_ROOM,
  Cut_STEPS,
  cut,
  cuts,
  cutShort,
  forgetEnding,
  noteEnd,
  noteStop,
  noteTrap,
  stopped,
  trapDeep,
} from './ending';
import { ADDRESS, BUSY, CLAIM, isLock, KIND } from './event';
import {
  beginExecution,
  commit,
  depth,
  enabled,
  everything,
  hasRoomFor,
  lookAhead,
  settle,
  stepLimit,
  stepLock,
  tracing,
  watch,
} from './execution';
import { Fault_OVERFLOW, noteFault, startFaults } from './faults';
import { Touch_SHARED } from './granules';
import { forgetHolds } from './holds';
import { forgetRounds } from './loops';
import { STOP, THREADS } from './map';
import { clearFrames, logShadow } from './shadow';
import { lookAt, startWatching, stopWatching } from './spin';
import { choose } from './strategy';
import {
  beginning,
  call,
  callObserve,
  callUnserved,
  current,
  endUnwind,
  enter,
  Leaving_AT_EVENT,
  Leaving_BEGINNING,
  Leaving_FOR_GOOD,
  Leaving_LOOKED_AT,
  leave,
  NO_CHOICE,
  next,
  resetSwitching,
  rewind,
  STOPPED,
  setBeginning,
  setNext,
  setNobodyCurrent,
  setStarting,
  start,
  starting,
  takeLeaving,
  TOO_LONG,
} from './switching';
import {
  buffer,
  bufferEnd,
  count,
  forgetFirst,
  get,
  keepFirst,
  knowsFirst,
  pending,
  result,
  set,
  stackStart,
  standAtFirst,
  State_DONE,
  State_NEW,
  State_PAUSED,
  State_SPINNING,
  state,
  stateBytes,
  states,
  ticks,
} from './threads';
import { beginChoice, beginTicks, beginTicksOf, endChoice, forgetWrite, resumeTicks, startTicks } from './ticks';

/**
 * Runs an execution. A thread runs up to its next event, an access of what threads share or a step of a lock, and its hook
 * notes what it is about to do; the strategy chooses who goes next. Only if that is another thread, the running one is
 * left (switching.ts).
 *
 * What a thread does up to its first event depends on no other, so that it is the same in each execution. Once it is known,
 * a thread is not started before the turn of that event, which saves suspending and resuming it there.
 */

/** The saved stacks of paused threads are overwritten. */
let lost: bool = false;

/**
 * The running thread is at its next event: goes on if it is chosen, unwinds if not. A thread that waits for a lock that it
 * holds itself is at no first event that could be known beforehand: whether it can go on depends on what lies before.
 */
export function arrive(touches: u32): void {
  const thread = <u32>current;
  if (beginning) {
    setBeginning(false);
    commit(thread);
    return;
  }
  if (starting) {
    if (!everything && (touches & Touch_SHARED) != 0) keepFirst(thread);
  } else {
    settle();
    beginChoice();
    setNext(chooseNext());
    endChoice();
    if (next == current) {
      setNext(NO_CHOICE);
      commit(thread);
      return;
    }
  }
  leave(thread, State_PAUSED, 0);
}

/** Leaves the running thread at an access, to check whether it goes round in a loop. */
export function leaveToBeLookedAt(thread: u32, isEvent: bool, touches: u32): void {
  if (isEvent && starting && !everything && (touches & Touch_SHARED) != 0) keepFirst(thread);
  const why = !isEvent ? Leaving_LOOKED_AT : beginning ? Leaving_BEGINNING : Leaving_AT_EVENT;
  setBeginning(beginning && !isEvent);
  leave(thread, State_PAUSED, why);
}

function chooseNext(): i32 {
  if (load<u32>(STOP) != 0) return STOPPED;
  if (depth >= stepLimit) {
    cutShort(Cut_STEPS);
    return TOO_LONG;
  }
  const chosen = choose();
  if (chosen < 0 || hasRoomFor(<u32>chosen)) return chosen;
  cutShort(Cut_ROOM);
  return TOO_LONG;
}

function resume(thread: u32): void {
  enter(thread);
  enterArea(thread, everything);
  forgetRounds();
  if (get(state, thread) == State_NEW) {
    startTicks(thread);
    start(thread);
  } else {
    resumeTicks(thread);
    goOn(thread);
  }
  for (;;) {
    const unwound = call(thread);
    forgetWrite();
    if (!unwound) {
      set(state, thread, State_DONE);
      return;
    }
    endUnwind();
    if (load<u32>(get(buffer, thread)) > get(bufferEnd, thread)) {
      tooDeep(thread);
      return;
    }
    const why = takeLeaving();
    if (why == 0) return;
    if (why == Leaving_FOR_GOOD) {
      set(state, thread, State_DONE);
      return;
    }
    if (load<u32>(STOP) != 0) {
      setNext(STOPPED);
      return;
    }
    if (lookAt(thread)) {
      set(state, thread, State_SPINNING);
      if (starting) forgetFirst(thread);
      return;
    }
    if (why == Leaving_AT_EVENT) return;
    const at = pending(thread);
    if (why == Leaving_BEGINNING) commit(thread);
    else if (isLock(load<u8>(at, KIND)))
      set(result, thread, u32(stepLock(thread, load<u8>(at, KIND), load<u32>(at, ADDRESS), load<u32>(at, BUSY), load<u32>(at, CLAIM))));
    goOn(thread);
  }
}

@inline function goOn(thread: u32): void {
  if (get(state, thread) == State_SPINNING) startWatching(thread);
  rewind(thread);
}

/**
 * The thread's calls are nested too deeply for the room there is to unwind them, and have overwritten what other threads
 * saved: none can go on.
 */
function tooDeep(thread: u32): void {
  noteFault(Fault_OVERFLOW, thread, 0, 0, 0, 0);
  set(state, thread, State_DONE);
  // A schedule that leads there ends where it would be unwound.
  set(ticks, thread, get(ticks, thread) - 1);
  trapDeep();
  lost = true;
  setNext(NO_CHOICE);
}

export function begin(): void {
  beginExecution();
  forgetEnding();
  resetSwitching();
  setNobodyCurrent();
  setNext(NO_CHOICE);
  beginTicks(stepLimit);
  lost = false;
  startFaults(tracing);
  logShadow(true);
  for (let t: u32 = 0; t < count; t++) {
    if ((cuts & Cut_CALLS) != 0) store<u32>(get(buffer, t), get(bufferEnd, t), 4);
    clearFrames(takeDepth(t), get(stackStart, t));
    set(state, t, State_NEW);
    beginTicksOf(t);
    stopWatching(t);
    forgetHolds(t);
    if (knowsFirst(t)) standAtFirst(t);
  }
  // A reader of the execution must not see the states of the last one.
  if (tracing) for (let t: u32 = 0; t < count; t++) memory.fill(get(states, t), 0, stateBytes);
  watch(true);
}

/** Runs until no thread goes on. */
export function run(): void {
  setStarting(true);
  for (let t: u32 = 0; t < count; t++) {
    if (get(state, t) == State_NEW && !knowsFirst(t)) resume(t);
    if (next == STOPPED || lost) break;
  }
  setStarting(false);
  settle();
  setNext(next == STOPPED ? STOPPED : lost ? NO_CHOICE : chooseNext());
  while (next >= 0) {
    const thread = <u32>next;
    setNext(NO_CHOICE);
    if (get(state, thread) == State_NEW) setBeginning(true);
    else commit(thread);
    resume(thread);
    setBeginning(false);
    if (lost) break;
    // It has ended, or spins.
    if (next == NO_CHOICE) {
      settle();
      setNext(chooseNext());
    }
  }
  noteStop(next == STOPPED);
  setNext(NO_CHOICE);
  // A thread that never had a turn has run up to its first event.
  setStarting(true);
  for (let t: u32 = 0; t < count && !stopped && !lost; t++) if (get(state, t) == State_NEW) resume(t);
  setStarting(false);
  watch(false);
  noteEnd(enabled());
  if (cut != 0) for (let t: u32 = 0; t < count; t++) lookAhead(t);
}

/** The running thread has trapped, which has led out of run(); `deep`: its calls had no room. */
export function afterTrap(deep: bool): void {
  if (deep) noteFault(Fault_OVERFLOW, <u32>current, 0, 0, 0, 0);
  set(state, <u32>current, State_DONE);
  resetSwitching();
  forgetWrite();
  setBeginning(false);
  setNext(NO_CHOICE);
  noteTrap();
}

/** The execution at hand is given up half-way: what runs from here on is none of its threads. */
export function abandon(): void {
  watch(false);
  resetSwitching();
  forgetWrite();
  setStarting(false);
  setBeginning(false);
}

/** Has the program read the values that are observed. */
export function observe(values: u32): void {
  watch(false);
  callObserve(values);
}

/** Of each thread, the word that it waits for; 0: it is done, 1: it polls. */
const waits = memory.data(THREADS * 4);

/** No thread can go on: has the program say what is due. */
export function askWhatIsDue(): u32 {
  for (let t: u32 = 0; t < count; t++) {
    const at = get(state, t);
    set(waits, t, at == State_DONE ? 0 : at == State_SPINNING ? 1 : load<u32>(pending(t), ADDRESS));
  }
  return callUnserved(<u32>waits);
}

/** That has trapped. */
export function stopAsking(): void {
  resetSwitching();
}
