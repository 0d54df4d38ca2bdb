// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { cellsLeft } from './clocks';
import { failAt } from './failure';
import {
  ADDED,
  ADDRESS,
  BEFORE,
  BUSY,
  BYTES,
  CLAIM,
  copyLabel,
  EXPECTED,
  eventAt,
  FAILED,
  failsAt,
  isLock,
  KIND,
  Kind_ACQUIRE,
  Kind_ADD,
  Kind_ATOMIC_LOAD,
  Kind_CMPXCHG,
  Kind_COPY,
  Kind_LOAD,
  Kind_RELEASE,
  Kind_TRY_ACQUIRE,
  PREEMPTIONS,
  RAW,
  SOURCE,
  TICKS,
  TID,
  TRAITS,
  UNDONE_BY,
  WHAT,
  writes,
} from './event';
import { enterArea, isInAreas, isOwn, isVisited, ownArea, ownBytes, takeDepth, visit } from './areas';
import { Fault_OVERFLOW, nameFaults, noteFault, NOBODY, noteFree, startFaults } from './faults';
import { checkWord, grow, isOnlyWaitedFor, Lock_UNKNOWN, lockKind, loosen, Touch_RAW, Touch_SHARED, touch, touchLock } from './granules';
import { forgetHolds, hold, unhold } from './holds';
import { EVENTS_MAX, PROGRAM, STOP, THREADS } from './map';
import {
  changed,
  isDue,
  isKnown,
  isWatched,
  knowsLoops,
  look,
  lookAt,
  lookAtEvent,
  settleWrite,
  startWatching,
  stepsLock,
  stopWatching,
  watchedFrom,
  wouldSeeOther,
} from './spin';
import {
  clearFrames,
  inspect,
  inspectCopy,
  isFrame,
  setUpAccess,
  setUpCopy,
  logShadow,
  markFrame,
  markFreed,
  markOutside,
  markUnwritten,
  markValid,
} from './shadow';
import { choose } from './strategy';
import {
  bitOf,
  buffer,
  bufferEnd,
  count,
  forgetFirst,
  found,
  get,
  keepFirst,
  knowsFirst,
  NOWHERE,
  pending,
  result,
  set,
  stackPointer,
  stackStart,
  standAtFirst,
  state,
  State_DONE,
  State_NEW,
  State_PAUSED,
  State_SPINNING,
  stateBytes,
  states,
  ticks,
  tls,
} from './threads';
import { recordAccess } from './trace';
import { hasRoom, remember, top } from './undo';

/**
 * Logical threads as coroutines of Asyncify. A thread runs up to the next access of what threads share, or the next
 * step of a lock, and says what it is about to do; who goes next is the strategy's to say. Only where that is another
 * thread is the stack unwound, and rewound later. Both are wasm: nothing but a trap leads out to JavaScript.
 *
 * What a thread does up to its first event depends on no other, so that it is the same in each execution. Once it is
 * known a thread is not begun before that event is its turn, which saves the way there, out and back in.
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

/** The program's functions in the shared table. */
export const ACTOR: u32 = 64;
export const OBSERVE: u32 = 65;

/** Events so far, those that are given, and those among them that are known from the execution before. */
export let depth: u32 = 0;
export let forced: u32 = 0;
export let prefix: u32 = 0;

export function force(length: u32, known: u32): void {
  forced = length;
  prefix = known;
}

/** Most events of an execution: beyond, it is taken for a livelock. */
export let stepLimit: u32 = EVENTS_MAX - 1;

export function limitSteps(limit: u32): void {
  stepLimit = min(limit, EVENTS_MAX - 1);
}

export let current: i32 = -1;
let next: i32 = -1;
/** What choose() cannot say: nobody has been chosen, or nobody is to go on. */
const NOBODY_YET: i32 = -3;
const TOO_LONG: i32 = -2;
const STOPPED: i32 = -4;
/** Accesses are told apart: the threads run. */
let watching: bool = false;
/** Threads are being brought to their first event; the one that runs is, which is next. */
let starting: bool = false;
let beginning: bool = false;
/** Every access is an event, whoever shares it. */
let everything: bool = false;
export let tracing: bool = false;

export function watchEverything(all: bool, trace: bool): void {
  everything = all;
  tracing = trace;
}

/** Who spins goes on once it would see something else. */
let awakes: bool = false;
let spins: bool = false;
/** The running thread is watched, and from which tick on all are. */
let careful: bool = false;
let carefulFrom: u32 = 0;
/** The tick of the running thread at which there is something to be seen to. */
let slowAt: u32 = 0;
const carefuls = memory.data(THREADS * 4);
const slowAts = memory.data(THREADS * 4);

/** Threads that spin are found out, and what becomes of them: they stay where they are, or go on in time. */
export function watchSpins(watch: bool, awake: bool): void {
  spins = watch;
  awakes = awake;
}

/** Why the running thread has been left, if not for another one to go on. */
let leaving: u32 = 0;
/** It is to be looked at whether it spins: at what is no event, at one, at its first one. */
const Leaving_LOOKED_AT: u32 = 1;
const Leaving_AT_EVENT: u32 = 2;
const Leaving_BEGINNING: u32 = 3;
/** It has come to its end: it has trapped, or there is no end to it. */
const Leaving_FOR_GOOD: u32 = 4;

/** Where the undo log has what the running thread has written last, if that has not been looked at; 0: nowhere. */
let lastWrite: u32 = 0;

/** Granules that there is room for in the chains of clocks.ts. */
let granulesLeft: u32 = 0;

/** The running thread has gone a long way without an event: what it comes to next is one, and others are to have a turn. */
let pauses: bool = false;
export let tired: bool = false;

/** Threads that could go on when the execution was over. */
export let able: u64 = 0;
/** A thread has trapped in this execution. */
export let trapped: bool = false;
/** What has cut this execution short; 0: nothing. */
export let cut: u32 = 0;
/** The same of all executions, as a mask. */
export let cuts: u32 = 0;
/** As many events as there may be; no room for what it writes; a thread that goes on by itself; calls without room. */
export const Cut_STEPS: u32 = 1;
export const Cut_ROOM: u32 = 2;
export const Cut_ALONE: u32 = 4;
export const Cut_CALLS: u32 = 8;

function cutShort(why: u32): void {
  cut |= why;
  cuts |= why;
}

/** The other side has had it end. */
export let stopped: bool = false;
/** What paused threads have left of themselves is overwritten. */
let lost: bool = false;

export function forgetCuts(): void {
  cuts = 0;
}

@inline export function isEnabled(thread: u32): bool {
  const at = get(state, thread);
  if (at == State_DONE || (at == State_SPINNING && !(awakes && wouldSeeOther(thread)))) return false;
  const label = pending(thread);
  return (
    load<u8>(label, KIND) != Kind_ACQUIRE || (load<u32>(load<u32>(label, ADDRESS)) & load<u32>(label, BUSY)) == 0
  );
}

/** Threads that could go on, as a mask. */
export function enabled(): u64 {
  let mask: u64 = 0;
  for (let t: u32 = 0; t < count; t++) if (isEnabled(t)) mask |= bitOf(t);
  return mask;
}

/** Threads that spin, though they would see something else now than they have seen: what becomes of them is seen elsewhere. */
export function spinInVain(): bool {
  for (let t: u32 = 0; t < count; t++) if (get(state, t) == State_SPINNING && wouldSeeOther(t)) return true;
  return false;
}

export function anySpins(): bool {
  for (let t: u32 = 0; t < count; t++) if (get(state, t) == State_SPINNING) return true;
  return false;
}

/** Up to 8 bytes as a number. */
@inline function valueAt(address: u32, bytes: u32): u64 {
  return load<u64>(address) & maskOf(bytes);
}

@inline function maskOf(bytes: u32): u64 {
  return (~(<u64>0)) >> (64 - 8 * bytes);
}

/** Now that it has happened: what has the last event added? */
@inline function settle(): void {
  if (depth <= prefix) return;
  const event = eventAt(depth - 1);
  if (load<u8>(event, KIND) == Kind_ADD) {
    const address = load<u32>(event, ADDRESS);
    const bytes = load<u32>(event, BYTES);
    store<u64>(event, valueAt(address, bytes) - load<u64>(event, ADDED), ADDED);
  }
  if (tracing) recordAccess(depth - 1, event, true);
}

/** What the thread is about to do happens now: it becomes the next event. */
function commit(thread: u32): void {
  const label = pending(thread);
  const event = eventAt(depth);
  const kind: u32 = load<u8>(label, KIND);
  const address = load<u32>(label, ADDRESS);
  const known = depth < prefix;
  if (!known) {
    copyLabel(event, label);
    store<u32>(event, get(ticks, thread) - 1, TICKS);
    let preemptions: u32 = 0;
    if (depth > 0) {
      const before = eventAt(depth - 1);
      const last: u32 = load<u8>(before, TID);
      preemptions = load<u32>(before, PREEMPTIONS);
      if (last != thread && isEnabled(last)) preemptions++;
    }
    store<u32>(event, preemptions, PREEMPTIONS);
    granulesLeft -= granulesOf(label);
    if (tracing) recordAccess(depth, event, false);
  } else if (load<u32>(event, ADDRESS) != address || load<u32>(event, WHAT) != load<u32>(label, WHAT)) {
    failAt(depth, event, label);
  }
  if (isWatched(thread)) lookAtEvent(thread, label);
  if (writes(kind)) store<u32>(event, top, UNDONE_BY);
  if (kind >= Kind_ACQUIRE) {
    const word = load<u32>(address);
    if (!known) store<u32>(event, word, BEFORE);
    const taken = stepLock(thread, kind, address, load<u32>(label, BUSY), load<u32>(label, CLAIM));
    if (!known && kind != Kind_RELEASE) store<u8>(event, taken ? 0 : 1, FAILED);
    set(result, thread, u32(taken));
  } else if (writes(kind)) {
    const bytes = load<u32>(label, BYTES);
    if (get(carefuls, thread) != 0) lastWrite = top;
    if (!known && kind == Kind_ADD) store<u64>(event, valueAt(address, bytes), ADDED); // of which settle() makes one
    if (!known && kind == Kind_CMPXCHG) store<u8>(event, <u8>failsAt(label, valueAt(address, bytes)), FAILED);
    remember(address, bytes);
  }
  depth++;
  const what = load<u32>(label, WHAT);
  if (isFrame(what)) markFrame(address, load<u32>(label, BYTES), what);
  else if (kind == Kind_COPY) inspectCopy(thread, what, address, load<u32>(label, SOURCE), load<u32>(label, BYTES));
  else inspect(thread, kind, what, address, load<u32>(label, BYTES));
}

/** Takes a lock if it can be had, or gives it back; says whether it has. Whoever waits comes here once it can be had. */
function stepLock(thread: u32, kind: u32, address: u32, busy: u32, claim: u32): bool {
  const word = load<u32>(address);
  // One that fails is remembered too: what it has found is asked for later (reversed.ts).
  remember(address, 4);
  if (kind != Kind_RELEASE && (word & busy) != 0) return false;
  if (kind == Kind_RELEASE) {
    store<u32>(address, word - claim);
    if (!unhold(thread, address, claim)) loosen(address, thread);
  } else {
    checkWord(address, word, lockKind(busy), thread);
    store<u32>(address, word + claim);
    if (!hold(thread, address, claim)) loosen(address, thread);
  }
  if (claim != 0 && get(carefuls, thread) != 0) {
    if (isOnlyWaitedFor(address)) stepsLock(thread);
    else changed(thread);
  }
  return true;
}

/**
 * Does the running thread go on with an event that is known from the execution before? All that was written down of
 * it stands, so that only memory needs to be looked after, as where nobody is told: what it writes is remembered next.
 */
@inline function goesOnAsKnown(address: u32, bytes: u32, what: u32): bool {
  if (depth >= prefix || starting || beginning) return false;
  const event = eventAt(depth);
  if (<i32>load<u8>(event, TID) != current) return false;
  if (load<u32>(event, ADDRESS) != address || load<u32>(event, WHAT) != what)
    failAt(depth, event, label(<u32>current, what & 15, address, bytes, what, 0));
  if (careful && isWatched(<u32>current)) lookAtEvent(<u32>current, event);
  pauses = false;
  store<u32>(event, top, UNDONE_BY);
  depth++;
  return true;
}

/**
 * The running thread is at its next event: goes on if it is to, unwinds if not. One that waits for what it has taken itself
 * is no first event to be known beforehand: whether it can go on depends on what lies before.
 */
function arrive(touches: u32): void {
  const thread = <u32>current;
  if (beginning) {
    beginning = false;
    commit(thread);
    return;
  }
  if (starting) {
    if (!everything && (touches & Touch_SHARED) != 0) keepFirst(thread);
  } else {
    settle();
    tired = pauses;
    pauses = false;
    next = whoIsNext();
    tired = false;
    if (next == current) {
      next = NOBODY_YET;
      commit(thread);
      return;
    }
  }
  leave(thread, State_PAUSED, 0);
}

/** Has the running thread unwind. */
function leave(thread: u32, to: u32, why: u32): void {
  leaving = why;
  set(state, thread, to);
  set(stackPointer, thread, cStackPointer);
  asyncifyData = get(buffer, thread);
  asyncifyState = UNWINDING;
}

/** The running thread ends here. */
function leaveForGood(): void {
  leave(<u32>current, State_PAUSED, Leaving_FOR_GOOD);
}

/** The running thread is at an access, of which it is not known yet whether it goes round in a loop. */
function leaveToBeLookedAt(thread: u32, isEvent: bool, touches: u32): void {
  if (isEvent && starting && !everything && (touches & Touch_SHARED) != 0) keepFirst(thread);
  const why = !isEvent ? Leaving_LOOKED_AT : beginning ? Leaving_BEGINNING : Leaving_AT_EVENT;
  beginning = beginning && !isEvent;
  leave(thread, State_PAUSED, why);
}

function whoIsNext(): i32 {
  if (load<u32>(STOP) != 0) return STOPPED;
  if (depth >= stepLimit) {
    cutShort(Cut_STEPS);
    return TOO_LONG;
  }
  const chosen = choose();
  if (chosen < 0) return chosen;
  const label = pending(<u32>chosen);
  if (hasRoom(load<u32>(label, BYTES)) && granulesOf(label) <= granulesLeft) return chosen;
  cutShort(Cut_ROOM);
  return TOO_LONG;
}

/** How many granules an event touches, or one more at either end. */
@inline function granulesOf(label: u32): u32 {
  const granules = (load<u32>(label, BYTES) >>> 3) + 2;
  return load<u8>(label, KIND) == Kind_COPY ? 2 * granules : granules;
}

function resume(thread: u32): void {
  current = thread;
  enterArea(thread, everything);
  ticksThen = NEVER;
  lookedAt = 0;
  careful = get(carefuls, thread) != 0;
  slowAt = get(slowAts, thread);
  pauses = false;
  cTlsBase = get(tls, thread);
  asyncifyData = get(buffer, thread);
  if (get(state, thread) == State_NEW) {
    set(ticks, thread, 0);
    careful = false;
    slowAt = 0;
    breathe(thread, 0);
    const at = get(buffer, thread);
    store<u32>(at, at + 8);
    cStackPointer = get(stackStart, thread);
  } else rewind(thread);
  for (;;) {
    call_indirect<void>(ACTOR, thread);
    lastWrite = 0;
    if (asyncifyState != UNWINDING) {
      set(state, thread, State_DONE);
      return;
    }
    asyncifyState = 0;
    if (load<u32>(get(buffer, thread)) > get(bufferEnd, thread)) {
      tooDeep(thread);
      return;
    }
    const why = leaving;
    leaving = 0;
    if (why == 0) return;
    if (why == Leaving_FOR_GOOD) {
      set(state, thread, State_DONE);
      return;
    }
    if (load<u32>(STOP) != 0) {
      next = STOPPED;
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
    rewind(thread);
  }
}

@inline function rewind(thread: u32): void {
  if (get(state, thread) == State_SPINNING) startWatching(thread);
  set(state, thread, State_PAUSED);
  cStackPointer = get(stackPointer, thread);
  asyncifyState = REWINDING;
}

/**
 * The thread's calls are nested deeper than there is room for to unwind them, and what has had no room lies where other
 * threads have theirs: nobody can go on.
 */
function tooDeep(thread: u32): void {
  noteFault(Fault_OVERFLOW, thread, 0, 0, 0, 0);
  set(state, thread, State_DONE);
  // A schedule that leads there leaves it where it would be unwound.
  set(ticks, thread, get(ticks, thread) - 1);
  trapped = true;
  lost = true;
  // Others would have gone on.
  cuts |= Cut_CALLS;
  next = NOBODY_YET;
}

export function begin(): void {
  depth = 0;
  current = -1;
  trapped = false;
  cut = 0;
  stopped = false;
  asyncifyState = 0;
  leaving = 0;
  lastWrite = 0;
  next = NOBODY_YET;
  granulesLeft = cellsLeft();
  carefulFrom = watchedFrom(stepLimit);
  lost = false;
  startFaults(tracing);
  logShadow(true);
  for (let t: u32 = 0; t < count; t++) {
    if ((cuts & Cut_CALLS) != 0) store<u32>(get(buffer, t), get(bufferEnd, t), 4);
    clearFrames(takeDepth(t), get(stackStart, t));
    set(state, t, State_NEW);
    set(carefuls, t, 0);
    stopWatching(t);
    forgetHolds(t);
    if (knowsFirst(t)) standAtFirst(t);
  }
  // A reader of the execution would take what the last one has left for what is so now.
  if (tracing) for (let t: u32 = 0; t < count; t++) memory.fill(get(states, t), 0, stateBytes);
  watching = true;
}

/** Runs until nobody goes on any more. */
export function run(): void {
  starting = true;
  for (let t: u32 = 0; t < count; t++) {
    if (get(state, t) == State_NEW && !knowsFirst(t)) resume(t);
    if (next == STOPPED || lost) break;
  }
  starting = false;
  settle();
  next = next == STOPPED ? STOPPED : lost ? NOBODY_YET : whoIsNext();
  while (next >= 0) {
    const thread = <u32>next;
    next = NOBODY_YET;
    if (get(state, thread) == State_NEW) beginning = true;
    else commit(thread);
    resume(thread);
    beginning = false;
    if (lost) break;
    // It has ended, or spins.
    if (next == NOBODY_YET) {
      settle();
      next = whoIsNext();
    }
  }
  stopped = next == STOPPED;
  next = NOBODY_YET;
  // Who never had a turn has done what lies before it.
  starting = true;
  for (let t: u32 = 0; t < count && !stopped && !lost; t++) if (get(state, t) == State_NEW) resume(t);
  starting = false;
  watching = false;
  able = enabled();
  if (cut != 0) for (let t: u32 = 0; t < count; t++) lookAhead(t);
}

/** Where an execution is cut short: what would a thread's compare-and-swap or try-lock find next, and do? */
function lookAhead(thread: u32): void {
  const label = pending(thread);
  const kind: u32 = load<u8>(label, KIND);
  if (get(state, thread) == State_DONE || (kind != Kind_CMPXCHG && kind != Kind_TRY_ACQUIRE)) return;
  const address = load<u32>(label, ADDRESS);
  const bytes = load<u32>(label, BYTES);
  store<u8>(label, <u8>failsAt(label, valueAt(address, bytes)), FAILED);
  set(found, thread, top);
  remember(address, bytes);
}

/** The running thread has trapped, which has led out of run(); `deep`: its calls had no room. */
export function afterTrap(deep: bool): void {
  if (deep) noteFault(Fault_OVERFLOW, <u32>current, 0, 0, 0, 0);
  set(state, <u32>current, State_DONE);
  asyncifyState = 0;
  leaving = 0;
  lastWrite = 0;
  beginning = false;
  next = NOBODY_YET;
  trapped = true;
}

/** The execution at hand is given up in the middle: what runs from here on is none of its threads. */
export function abandon(): void {
  watching = false;
  asyncifyState = 0;
  leaving = 0;
  lastWrite = 0;
  starting = false;
  beginning = false;
}

export function observe(values: u32): void {
  watching = false;
  cTlsBase = get(tls, 0);
  cStackPointer = get(stackStart, 0);
  call_indirect<void>(OBSERVE, values);
}

// ---- what the program calls ----

/** Most ticks of a thread: one that is never at an end, for ever counting what is its own, comes to no event. */
const TICKS_MAX: u32 = 1 << 24;
/** Ticks after which to ask whether to stop. */
const BREATH: u32 = 1 << 14;
/**
 * Ticks after which one is an event, whoever shares it: a thread may go round for ever in what nobody else has touched
 * yet, and only because nobody else has had a turn.
 */
const PAUSE: u32 = 1 << 16;

/** Says whether the thread goes on. */
@inline function tick(thread: u32): bool {
  const count = get(ticks, thread) + 1;
  set(ticks, thread, count);
  return count < slowAt || breathe(thread, count);
}

/** Sees to what is not to be seen to at each tick, and says when the next time is. */
function breathe(thread: u32, count: u32): bool {
  if (load<u32>(STOP) != 0) {
    next = STOPPED;
    leaveForGood();
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

/** Is this the second call of a hook that a thread was unwound in? */
@inline function hasRewound(): bool {
  if (asyncifyState == 0) return false;
  asyncifyState = 0;
  if (tracing) nameFaults(<u32>current);
  return true;
}

@inline function label(thread: u32, kind: u32, address: u32, bytes: u32, what: u32, touches: u32): u32 {
  const at = pending(thread);
  store<u32>(at, thread | (kind << 8) | ((touches & Touch_RAW) != 0 ? <u32>RAW << (8 * TRAITS) : 0));
  store<u32>(at, address, ADDRESS);
  store<u32>(at, bytes, BYTES);
  store<u32>(at, what, WHAT);
  return at;
}

/** Where a NULL pointer and its members lead: no data is there. */
const FIRST_PAGE: u32 = 4096;

/** Is there memory? If not, the thread has trapped. */
@inline function check(address: u32, bytes: u32): bool {
  if (address >= FIRST_PAGE && address <= PROGRAM && bytes <= PROGRAM - address) return true;
  trapped = true;
  leaveForGood();
  return false;
}

/** The thread does what is no event; says whether there is room for that. */
@inline function passes(thread: u32, kind: u32, what: u32, address: u32, bytes: u32, writing: bool): bool {
  inspect(thread, kind, what, address, bytes);
  return passesUnseen(thread, address, bytes, writing);
}

function passesCopy(thread: u32, what: u32, to: u32, from: u32, bytes: u32): bool {
  inspectCopy(thread, what, to, from, bytes);
  if (careful && isWatched(thread)) look(thread, from, bytes);
  return passesUnseen(thread, to, bytes, true);
}

function passesUnseen(thread: u32, address: u32, bytes: u32, writing: bool): bool {
  if (careful && isWatched(thread)) look(thread, address, bytes);
  if (!writing) return true;
  if (!hasRoom(bytes)) {
    cutShort(Cut_ROOM);
    leaveForGood();
    return false;
  }
  if (careful) lastWrite = top;
  remember(address, bytes);
  return true;
}

/** The thread is at its next access. */
@inline function arrives(thread: u32): void {
  if (lastWrite == 0) return;
  settleWrite(thread, lastWrite);
  lastWrite = 0;
}

/** Is it in the running thread's own area, where nobody else has ever been? Another thread's has been, from now on. */
@inline function isPrivate(address: u32, thread: u32): bool {
  if (!isInAreas(address)) return false;
  if (isOwn(address)) return !isVisited(thread);
  if (visit(address)) grow();
  return false;
}

export function sim_access(address: u32, bytes: u32, what: u32): void {
  // Most of what is on a stack is nobody else's, and never was.
  if (address - ownArea < ownBytes && watching && asyncifyState == 0 && bytes != 0) {
    const thread = <u32>current;
    if (!tick(thread)) return;
    arrives(thread);
    inspect(thread, what & 15, what, address, bytes);
    return;
  }
  if (hasRewound() || bytes == 0) return;
  const kind = what & 15;
  if (!watching) {
    setUpAccess(kind, what, address, bytes);
    return;
  }
  const thread = <u32>current;
  const writing = kind != Kind_LOAD && kind != Kind_ATOMIC_LOAD;
  if (!check(address, bytes) || !tick(thread)) return;
  arrives(thread);
  if (isPrivate(address, thread) && !everything) {
    inspect(thread, kind, what, address, bytes);
    return;
  }
  const touches = touch(address, bytes, thread, writing);
  const told = (touches & Touch_SHARED) != 0 || everything || pauses;
  if (careful && isDue(thread, what, address)) {
    if (!told && !passes(thread, kind, what, address, bytes, writing)) return;
    label(thread, kind, address, bytes, what, touches);
    leaveToBeLookedAt(thread, told, touches);
    return;
  }
  if (!told) {
    passes(thread, kind, what, address, bytes, writing);
    return;
  }
  if (goesOnAsKnown(address, bytes, what)) {
    inspect(thread, kind, what, address, bytes);
    if (writing) {
      if (careful) lastWrite = top;
      remember(address, bytes);
    }
    return;
  }
  label(thread, kind, address, bytes, what, touches);
  arrive(touches);
}

/** One that writes what it expects is a load, however it ends. */
export function sim_cas(address: u32, bytes: u32, what: u32, expected: u64, replacement: u64): void {
  if (hasRewound()) return;
  if (!watching) {
    setUpAccess(Kind_CMPXCHG, what, address, bytes);
    return;
  }
  const thread = <u32>current;
  const mask = maskOf(bytes);
  const writing = ((expected ^ replacement) & mask) != 0;
  const kind = writing ? Kind_CMPXCHG : Kind_ATOMIC_LOAD;
  if (!check(address, bytes) || !tick(thread)) return;
  arrives(thread);
  const touches = isPrivate(address, thread) ? 0 : touch(address, bytes, thread, writing);
  const told = (touches & Touch_SHARED) != 0 || everything || pauses;
  if (careful && isDue(thread, what, address)) {
    if (!told && !passes(thread, kind, what, address, bytes, writing)) return;
    store<u64>(label(thread, kind, address, bytes, what, touches), expected & mask, EXPECTED);
    leaveToBeLookedAt(thread, told, touches);
    return;
  }
  if (!told) {
    passes(thread, kind, what, address, bytes, writing);
    return;
  }
  if (goesOnAsKnown(address, bytes, what)) {
    inspect(thread, kind, what, address, bytes);
    if (writing) {
      if (careful) lastWrite = top;
      remember(address, bytes);
    }
    return;
  }
  store<u64>(label(thread, kind, address, bytes, what, touches), expected & mask, EXPECTED);
  arrive(touches);
}

export function sim_copy(to: u32, from: u32, bytes: u32, what: u32): void {
  if (hasRewound() || bytes == 0) return;
  if (!watching) {
    setUpCopy(what, to, from, bytes);
    return;
  }
  const thread = <u32>current;
  if (!check(to, bytes) || !check(from, bytes) || !tick(thread)) return;
  arrives(thread);
  const touches = (isPrivate(from, thread) ? 0 : touch(from, bytes, thread, false)) |
    (isPrivate(to, thread) ? 0 : touch(to, bytes, thread, true));
  const told = (touches & Touch_SHARED) != 0 || everything || pauses;
  if (careful && isDue(thread, what, to)) {
    if (!told && !passesCopy(thread, what, to, from, bytes)) return;
    store<u32>(label(thread, Kind_COPY, to, bytes, what, touches), from, SOURCE);
    leaveToBeLookedAt(thread, told, touches);
    return;
  }
  if (!told) {
    passesCopy(thread, what, to, from, bytes);
    return;
  }
  if (goesOnAsKnown(to, bytes, what)) {
    inspectCopy(thread, what, to, from, bytes);
    if (careful) lastWrite = top;
    remember(to, bytes);
    return;
  }
  store<u32>(label(thread, Kind_COPY, to, bytes, what, touches), from, SOURCE);
  arrive(touches);
}

const NEVER: u32 = u32.MAX_VALUE;
/** Rounds of loops after which to look at what a loop is about, and how often in vain before it has no end. */
const ROUNDS: u32 = 1 << 16;
const ROUNDS_MAX: u32 = 1 << 10;
/** Rounds that are looked at then, one by one: more than a loop has that only waits. */
const LOOKED_AT_MAX: u32 = 64;
let rounds: u32 = 0;
let inVain: u32 = 0;
let lookedAt: u32 = 0;
let ticksThen: u32 = NEVER;

/** A loop may go round without an access: for ever, unless what its thread has for itself changes. */
export function sim_loop(what: u32): void {
  if (hasRewound() || !watching) return;
  if ((++rounds & (ROUNDS - 1)) == 0) goRound(what);
  else if (knowsLoops && spins && isKnown(what, NOWHERE)) lookAtLoop(what);
}

function goRound(what: u32): void {
  if (lookedAt > 0) {
    // All of a loop that waits lies in the next few rounds, and this one.
    if (--lookedAt > 0) rounds = ROUNDS - 1;
    lookAtLoop(what);
    return;
  }
  const at = get(ticks, <u32>current);
  if (load<u32>(STOP) != 0) {
    next = STOPPED;
    leaveForGood();
  } else if (at != ticksThen) {
    ticksThen = at;
    inVain = 0;
  } else if (++inVain > ROUNDS_MAX) {
    cutShort(Cut_ALONE);
    leaveForGood();
  } else if (spins) {
    lookedAt = LOOKED_AT_MAX;
    rounds = ROUNDS - 1;
  }
}

function lookAtLoop(what: u32): void {
  const thread = <u32>current;
  arrives(thread);
  // What is left there is of another time.
  if (!careful && !isWatched(thread)) startWatching(thread);
  label(thread, Kind_LOAD, NOWHERE, 0, what, 0);
  leaveToBeLookedAt(thread, false, 0);
}

/**
 * A lock's step is an event where threads share the lock; nobody else can have it otherwise. Says whether the thread is at
 * one, or has been left there: then the step is done, or not, when it goes on.
 */
@inline function lockStep(kind: u32, word: u32, busy: u32, claim: u32): bool {
  const thread = <u32>current;
  if ((word & 3) != 0) {
    trapped = true;
    leaveForGood();
    return true;
  }
  if (!check(word, 4) || !tick(thread)) return true;
  arrives(thread);
  const touches = isPrivate(word, thread)
    ? 0
    : touchLock(word, thread, kind == Kind_RELEASE ? Lock_UNKNOWN : lockKind(busy), kind == Kind_TRY_ACQUIRE);
  // One that waits is an event at any rate: it may wait for ever.
  const told =
    (touches & Touch_SHARED) != 0 || everything || pauses || (kind == Kind_ACQUIRE && (load<u32>(word) & busy) != 0);
  if (careful && isDue(thread, kind, word)) {
    stepLabel(thread, kind, word, busy, claim, touches);
    // What is no event is done when the thread goes on.
    leaveToBeLookedAt(thread, told, touches);
    return true;
  }
  if (!told && !hasRoom(4)) {
    cutShort(Cut_ROOM);
    leaveForGood();
    return true;
  }
  if (!told || goesOnAsKnown(word, 4, kind)) {
    inspect(thread, kind, kind, word, 4);
    return false;
  }
  stepLabel(thread, kind, word, busy, claim, touches);
  arrive(touches);
  return true;
}

function stepLabel(thread: u32, kind: u32, word: u32, busy: u32, claim: u32, touches: u32): void {
  const at = label(thread, kind, word, 4, kind, touches);
  store<u32>(at, busy, BUSY);
  store<u32>(at, claim, CLAIM);
}

export function stub_acquire(word: u32, busy: u32, claim: u32): void {
  if (hasRewound()) return;
  if (watching) {
    if (!lockStep(Kind_ACQUIRE, word, busy, claim)) stepLock(<u32>current, Kind_ACQUIRE, word, busy, claim);
    return;
  }
  // Set-up and observation have the machine to themselves.
  if ((load<u32>(word) & busy) != 0) unreachable();
  store<u32>(word, load<u32>(word) + claim);
}

export function stub_try_acquire(word: u32, busy: u32, claim: u32): u32 {
  if (hasRewound()) return get(result, <u32>current);
  if (watching) {
    if (!lockStep(Kind_TRY_ACQUIRE, word, busy, claim))
      return u32(stepLock(<u32>current, Kind_TRY_ACQUIRE, word, busy, claim));
    return asyncifyState == 0 ? get(result, <u32>current) : 0;
  }
  if ((load<u32>(word) & busy) != 0) return 0;
  store<u32>(word, load<u32>(word) + claim);
  return 1;
}

export function stub_release(word: u32, claim: u32): void {
  if (hasRewound()) return;
  if (watching) {
    if (!lockStep(Kind_RELEASE, word, 0, claim)) stepLock(<u32>current, Kind_RELEASE, word, 0, claim);
    return;
  }
  store<u32>(word, load<u32>(word) - claim);
}

/**
 * A frame of the stack has been made, or is about to go. To its own thread that is nothing; where others have been in
 * its area, it orders what they do there.
 */
export function sim_frame(frame: u32, bytes: u32, what: u32): void {
  if (hasRewound() || !watching || bytes == 0) return;
  const thread = <u32>current;
  if (!check(frame, bytes) || !tick(thread)) return;
  arrives(thread);
  const touches = isVisited(thread) ? touch(frame, bytes, thread, true) : 0;
  const told = (touches & Touch_SHARED) != 0 || everything;
  if (!told || goesOnAsKnown(frame, bytes, what)) {
    markFrame(frame, bytes, what);
    if (told) remember(frame, bytes);
    return;
  }
  label(thread, what & 15, frame, bytes, what, touches);
  arrive(touches);
}

export function stub_shadow_valid(object: u32, bytes: u32): void {
  markValid(object, bytes);
}

export function stub_shadow_unwritten(object: u32, bytes: u32): void {
  markUnwritten(object, bytes);
}

export function stub_shadow_outside(start: u32, bytes: u32): void {
  markOutside(start, bytes);
}

export function stub_shadow_freed(object: u32, bytes: u32): void {
  markFreed(object, bytes);
  noteFree(watching ? <u32>current : NOBODY, object, bytes);
}

export function stub_stack_overflow(): void {
  if (watching) noteFault(Fault_OVERFLOW, <u32>current, 0, 0, 0, 0);
  unreachable();
}
