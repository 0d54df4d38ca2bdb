// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isInAreas, isOwn, isVisited, ownArea, ownBytes, visit } from './areas';
import { Cut_ROOM, cutShort, noteTrap } from './ending';
import {
  BUSY,
  CLAIM,
  EXPECTED,
  Kind_ACQUIRE,
  Kind_ATOMIC_LOAD,
  Kind_CMPXCHG,
  Kind_COPY,
  Kind_LOAD,
  Kind_RELEASE,
  Kind_TRY_ACQUIRE,
  maskOf,
  SOURCE,
} from './event';
import { everything, goesOnAsKnown, stepLock, tracing, watching } from './execution';
import { Fault_OVERFLOW, NOBODY, nameFaults, noteFault, noteFree } from './faults';
import { grow, isBusy, Lock_UNKNOWN, lockKind, Touch_SHARED, touch, touchLock } from './granules';
import { countRound } from './loops';
import { PROGRAM } from './map';
import { arrive, leaveToBeLookedAt } from './scheduler';
import {
  inspect,
  inspectCopy,
  markFrame,
  markFreed,
  markOutside,
  markUnwritten,
  markValid,
  setUpAccess,
  setUpCopy,
} from './shadow';
import { isDue, isWatched, look } from './spin';
import { current, endRewind, isSwitching, leaveForGood } from './switching';
import { get, result, setPending } from './threads';
import { arrives, careful, noteWrite, pauses, tick } from './ticks';
import { hasRoom, remember, top } from './undo';

/**
 * What the program under test calls: right before each access of memory (sim_*), and in place of functions of its
 * stub kernel (stub_*). Each call is found to be an event, or not; if not, the thread goes on at once.
 */

/** Is this the second call of a hook that a thread was unwound in? */
@inline function hasRewound(): bool {
  if (!endRewind()) return false;
  if (tracing) nameFaults(<u32>current);
  return true;
}

/** The running thread has trapped. */
function trap(): void {
  noteTrap();
  leaveForGood();
}

/** Where a NULL pointer and its members lead: no data is there. */
const FIRST_PAGE: u32 = 4096;

/** Is there memory? If not, the thread has trapped. */
@inline function check(address: u32, bytes: u32): bool {
  if (address >= FIRST_PAGE && address <= PROGRAM && bytes <= PROGRAM - address) return true;
  trap();
  return false;
}

/** The thread does what is no event; returns whether there is room for that. */
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
  if (careful) noteWrite(top);
  remember(address, bytes);
  return true;
}

/** Is it in the running thread's own area, where no other thread has ever been? In another's, notes that one has now. */
@inline function isPrivate(address: u32, thread: u32): bool {
  if (!isInAreas(address)) return false;
  if (isOwn(address)) return !isVisited(thread);
  if (visit(address)) grow();
  return false;
}

export function sim_access(address: u32, bytes: u32, what: u32): void {
  // Most stack accesses are of memory that no other thread ever touched.
  if (address - ownArea < ownBytes && watching && !isSwitching() && bytes != 0) {
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
  const isEvent = (touches & Touch_SHARED) != 0 || everything || pauses;
  if (careful && isDue(thread, what, address)) {
    if (!isEvent && !passes(thread, kind, what, address, bytes, writing)) return;
    setPending(thread, kind, address, bytes, what, touches);
    leaveToBeLookedAt(thread, isEvent, touches);
    return;
  }
  if (!isEvent) {
    passes(thread, kind, what, address, bytes, writing);
    return;
  }
  if (goesOnAsKnown(address, bytes, what)) {
    inspect(thread, kind, what, address, bytes);
    if (writing) {
      if (careful) noteWrite(top);
      remember(address, bytes);
    }
    return;
  }
  setPending(thread, kind, address, bytes, what, touches);
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
  const isEvent = (touches & Touch_SHARED) != 0 || everything || pauses;
  if (careful && isDue(thread, what, address)) {
    if (!isEvent && !passes(thread, kind, what, address, bytes, writing)) return;
    store<u64>(setPending(thread, kind, address, bytes, what, touches), expected & mask, EXPECTED);
    leaveToBeLookedAt(thread, isEvent, touches);
    return;
  }
  if (!isEvent) {
    passes(thread, kind, what, address, bytes, writing);
    return;
  }
  if (goesOnAsKnown(address, bytes, what)) {
    inspect(thread, kind, what, address, bytes);
    if (writing) {
      if (careful) noteWrite(top);
      remember(address, bytes);
    }
    return;
  }
  store<u64>(setPending(thread, kind, address, bytes, what, touches), expected & mask, EXPECTED);
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
  const isEvent = (touches & Touch_SHARED) != 0 || everything || pauses;
  if (careful && isDue(thread, what, to)) {
    if (!isEvent && !passesCopy(thread, what, to, from, bytes)) return;
    store<u32>(setPending(thread, Kind_COPY, to, bytes, what, touches), from, SOURCE);
    leaveToBeLookedAt(thread, isEvent, touches);
    return;
  }
  if (!isEvent) {
    passesCopy(thread, what, to, from, bytes);
    return;
  }
  if (goesOnAsKnown(to, bytes, what)) {
    inspectCopy(thread, what, to, from, bytes);
    if (careful) noteWrite(top);
    remember(to, bytes);
    return;
  }
  store<u32>(setPending(thread, Kind_COPY, to, bytes, what, touches), from, SOURCE);
  arrive(touches);
}

/** A loop may go round without an access: for ever, unless what its thread has for itself changes. */
export function sim_loop(what: u32): void {
  if (hasRewound() || !watching) return;
  countRound(what);
}

/**
 * A lock's step is an event where threads share the lock; otherwise it is free. Returns whether the thread is at an event,
 * or has been left there: then the step is done, or not, when the thread goes on.
 */
@inline function lockStep(kind: u32, word: u32, busy: u32, claim: u32): bool {
  const thread = <u32>current;
  if ((word & 3) != 0) {
    trap();
    return true;
  }
  if (!check(word, 4) || !tick(thread)) return true;
  arrives(thread);
  const touches = isPrivate(word, thread)
    ? 0
    : touchLock(word, thread, kind == Kind_RELEASE ? Lock_UNKNOWN : lockKind(busy), kind == Kind_TRY_ACQUIRE);
  // One that waits is an event in any case: it may wait for ever.
  const isEvent =
    (touches & Touch_SHARED) != 0 || everything || pauses || (kind == Kind_ACQUIRE && isBusy(load<u32>(word), busy));
  if (careful && isDue(thread, kind, word)) {
    stepLabel(thread, kind, word, busy, claim, touches);
    // A step that is no event is done when the thread goes on.
    leaveToBeLookedAt(thread, isEvent, touches);
    return true;
  }
  if (!isEvent && !hasRoom(4)) {
    cutShort(Cut_ROOM);
    leaveForGood();
    return true;
  }
  if (!isEvent || goesOnAsKnown(word, 4, kind)) {
    inspect(thread, kind, kind, word, 4);
    return false;
  }
  stepLabel(thread, kind, word, busy, claim, touches);
  arrive(touches);
  return true;
}

function stepLabel(thread: u32, kind: u32, word: u32, busy: u32, claim: u32, touches: u32): void {
  const at = setPending(thread, kind, word, 4, kind, touches);
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
  if (isBusy(load<u32>(word), busy)) unreachable();
  store<u32>(word, load<u32>(word) + claim);
}

export function stub_try_acquire(word: u32, busy: u32, claim: u32): u32 {
  if (hasRewound()) return get(result, <u32>current);
  if (watching) {
    if (!lockStep(Kind_TRY_ACQUIRE, word, busy, claim))
      return u32(stepLock(<u32>current, Kind_TRY_ACQUIRE, word, busy, claim));
    return isSwitching() ? 0 : get(result, <u32>current);
  }
  if (isBusy(load<u32>(word), busy)) return 0;
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
 * A frame of the stack has been made, or is about to go. That matters only where other threads have been in the thread's
 * area: it orders what they do there.
 */
export function sim_frame(frame: u32, bytes: u32, what: u32): void {
  if (hasRewound() || !watching || bytes == 0) return;
  const thread = <u32>current;
  if (!check(frame, bytes) || !tick(thread)) return;
  arrives(thread);
  const touches = isVisited(thread) ? touch(frame, bytes, thread, true) : 0;
  const isEvent = (touches & Touch_SHARED) != 0 || everything;
  if (!isEvent || goesOnAsKnown(frame, bytes, what)) {
    markFrame(frame, bytes, what);
    if (isEvent) remember(frame, bytes);
    return;
  }
  setPending(thread, what & 15, frame, bytes, what, touches);
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
