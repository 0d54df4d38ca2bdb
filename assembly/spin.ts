// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ADDRESS, BYTES, KIND, Kind_ACQUIRE, Kind_COPY, Kind_TRY_ACQUIRE, SOURCE, WHAT, isLock, valueAt } from './event';
import { isSeenByOthers } from './granules';
import { holdsOf, holdsUsed } from './holds';
import { LOOKED, LOOKED_BYTES, SNAPSHOT_BYTES, SNAPSHOTS, SNAPSHOTS_OF_ONE, SPIN_SITES, SPIN_SITES_BYTES, THREADS } from './map';
import { buffer, get, NOWHERE, pending, set, stackPointer, stackStart, stateBytes, states, ticks, tls } from './threads';
import { top, UNDO_ENTRY } from './undo';

/**
 * Threads that wait by looking again: `while (!READ_ONCE(x)) cpu_relax();`, a test-and-set lock, a flag that is
 * polled under a mutex. A thread that comes back to a place in the code with its own state unchanged, and that has changed
 * nothing on the way, would do the same again for as long as no other thread changes what it has looked at. Without that
 * round the execution would have had the same outcome, so that the thread stops there. (SAVer's idea, applied at run time:
 * Kokologiannakis, Ren, Vafeiadis, "Dynamic Partial Order Reductions for Spinloops", FMCAD 2021.)
 *
 * With partial-order reduction, a thread that spins stays where it is. If at the end something that it has looked at has
 * changed, the execution is given up: in another one it looks later. If nothing has, no thread will ever end the loop: a
 * livelock, however fair the scheduler. Other strategies let it go on once something has changed.
 *
 * A thread's own state: what Asyncify has saved of its locals and calls, its stack and thread-local storage, the locks that it
 * holds, and the lab's state of it. To compare it at each access would cost too much. Of a thread that has changed nothing for
 * a while a snapshot is taken now and then (Brent's way of finding cycles), and where a loop was found once, the exploration
 * starts again and takes one of each thread that comes there.
 */

/** Ticks that a thread has behind it before it is watched at all, where no place is known: most come to their end before. */
const LATE: u32 = 512;
/** Ticks without a change after which a thread that is watched is first remembered. */
const QUIET: u32 = 32;
/** Snapshots are for any place, for loops that access nothing, and for places where threads are known to spin. */
const ANYWHERE: u32 = 0;
const IN_A_LOOP: u32 = 1;
const KNOWN: u32 = 2;

// A snapshot.
const WHERE: u32 = 0;
const WHERE_ADDRESS: u32 = 4;
/** 1 + how many accesses had been looked at, 0: there is no snapshot. */
const SINCE: u32 = 8;
const LOCK_STEPS: u32 = 12;
const CAUGHT: u32 = 16;
const SAVED_BYTES: u32 = 20;
const STACK_BYTES: u32 = 24;
const HELD_BYTES: u32 = 28;
const HELD: u32 = 0x100;
const OWN: u32 = 0x400;
const SAVED: u32 = 0x4000;
const SAVED_MAX: u32 = 0x1_0000;
const STACK: u32 = 0x1_4000;
const STACK_MAX: u32 = 0x1_0000;
const STORAGE: u32 = 0x2_4000;
const STORAGE_MAX: u32 = 0x1_0000;

// What was looked at: 16 bytes each.
const LOOKED_ADDRESS: u32 = 0;
const LOOKED_WIDTH: u32 = 4;
const LOOKED_VALUE: u32 = 8;
const LOOKED_ENTRY: u32 = 16;
const LOOKED_MAX: u32 = LOOKED_BYTES / LOOKED_ENTRY;

/** Snapshots that a thread has, its looks since the first, and its lock steps. */
const active = memory.data(THREADS * 4);
const looks = memory.data(THREADS * 4);
const lockSteps = memory.data(THREADS * 4);
const turn = memory.data(THREADS * 4);
/** The tick at which it has changed something, and the one at which it is to be remembered. */
const change = memory.data(THREADS * 4);
const due = memory.data(THREADS * 4);
/** It polls something under a lock, and is to be remembered where it takes one. */
const wantsAcquire = memory.data(THREADS * 4);

/** Some place is known where threads spin; there is one more than when this was last reset. */
let knowsSites: bool = false;
/** ... and one of these accesses nothing. */
export let knowsLoops: bool = false;
export let learned: bool = false;
/** Where the program counts what its kernel has caught; 0: nowhere. */
let caughtAt: u32 = 0;

/** Bytes of a thread's thread-local storage. */
let storageBytes: u32 = 0;

export function setStorage(bytes: u32): void {
  storageBytes = bytes;
}

export function watchCaught(address: u32): void {
  caughtAt = address;
}

export function resetLearned(): void {
  learned = false;
}

export function forgetSites(): void {
  memory.fill(SPIN_SITES, 0, SPIN_SITES_BYTES);
  knowsSites = false;
  knowsLoops = false;
  learned = false;
}

/** Of executions of so many events at most: the tick from which on a thread is watched. */
export function watchedFrom(steps: u32): u32 {
  return knowsSites ? 0 : min(LATE, steps >>> 2);
}

/** The thread is not watched. */
@inline export function stopWatching(thread: u32): void {
  set(active, thread, 0);
}

/** A thread is watched from here on. */
export function startWatching(thread: u32): void {
  set(lockSteps, thread, 0);
  set(wantsAcquire, thread, 0);
  set(turn, thread, 0);
  set(active, thread, 1);
  changed(thread);
}

/** The thread has changed something that others may see. */
export function changed(thread: u32): void {
  const now = get(ticks, thread);
  set(change, thread, now);
  set(due, thread, now + QUIET);
  forget(thread);
}

function forget(thread: u32): void {
  if (get(active, thread) == 0) return;
  set(active, thread, 0);
  set(looks, thread, 0);
  for (let i: u32 = 0; i < SNAPSHOTS_OF_ONE; i++) store<u32>(snapshotAt(thread, i), 0, SINCE);
}

@inline export function isWatched(thread: u32): bool {
  return get(active, thread) != 0;
}

/** It has taken, or given back, a lock that others can do nothing about but wait. */
@inline export function stepsLock(thread: u32): void {
  set(lockSteps, thread, get(lockSteps, thread) + 1);
}

/** What lies in [from, top) of the undo log was written by the running thread: has that changed anything? */
export function settleWrite(thread: u32, from: u32): void {
  const stackEnd = get(stackStart, thread);
  for (let at = from; at < top; at += UNDO_ENTRY) {
    const granule = load<u32>(at, 8);
    if (load<u64>(granule) == load<u64>(at)) continue;
    // Its own stack is compared as a whole.
    if (granule < stackEnd && granule >= stackEnd - STACK_MAX && !isSeenByOthers(granule)) continue;
    changed(thread);
    return;
  }
}

@inline function snapshotAt(thread: u32, i: u32): u32 {
  return SNAPSHOTS + (thread * SNAPSHOTS_OF_ONE + i) * SNAPSHOT_BYTES;
}

@inline function siteOf(what: u32, address: u32): u32 {
  // A lock's step has no place of its own in `what`.
  const key = (what & 15) >= Kind_ACQUIRE ? what + address : what;
  return SPIN_SITES + (((key * 0x9e37_79b1) >>> 16) & (SPIN_SITES_BYTES - 1));
}

/** Is it a place where threads have been seen to spin? */
@inline export function isKnown(what: u32, address: u32): bool {
  return load<u8>(siteOf(what, address)) != 0;
}

/** Is the thread, which has come to an access, to be checked by lookAt()? */
@inline export function isDue(thread: u32, what: u32, address: u32): bool {
  if (get(ticks, thread) >= get(due, thread)) return true;
  if (get(active, thread) != 0 && find(thread, what, address) != 0) return true;
  if (knowsSites && isKnown(what, address)) return true;
  return (what & 15) == Kind_ACQUIRE && get(wantsAcquire, thread) != 0;
}

function find(thread: u32, what: u32, address: u32): u32 {
  for (let i: u32 = 0; i < SNAPSHOTS_OF_ONE; i++) {
    const snapshot = snapshotAt(thread, i);
    if (load<u32>(snapshot, SINCE) != 0 && load<u32>(snapshot, WHERE) == what && load<u32>(snapshot, WHERE_ADDRESS) == address)
      return snapshot;
  }
  return 0;
}

/** Does a thread that was left at an access spin? If not, a snapshot of it may be taken. */
export function lookAt(thread: u32): bool {
  const label = pending(thread);
  const what = load<u32>(label, WHAT);
  const address = load<u32>(label, ADDRESS);
  let snapshot = find(thread, what, address);
  if (snapshot != 0 && isSame(thread, snapshot)) {
    if (get(looks, thread) > LOOKED_MAX) return false;
    if (load<u32>(snapshot, LOCK_STEPS) == get(lockSteps, thread) || (what & 15) == Kind_ACQUIRE) {
      spins(thread, snapshot, what, address);
      return true;
    }
    // It took and released a lock on the way: it must not be left holding it.
    set(wantsAcquire, thread, 1);
    return false;
  }
  if (snapshot == 0) {
    const now = get(ticks, thread);
    if (address == NOWHERE) snapshot = snapshotAt(thread, IN_A_LOOP);
    else if (now >= get(due, thread)) {
      forget(thread);
      snapshot = snapshotAt(thread, ANYWHERE);
      set(due, thread, 2 * now - get(change, thread));
    } else {
      const i = get(turn, thread);
      set(turn, thread, (i + 1) % (SNAPSHOTS_OF_ONE - KNOWN));
      snapshot = snapshotAt(thread, KNOWN + i);
    }
    set(wantsAcquire, thread, 0);
  }
  remember(thread, snapshot, what, address);
  return false;
}

function spins(thread: u32, snapshot: u32, what: u32, address: u32): void {
  // What it looked at before that round does not matter.
  const since = load<u32>(snapshot, SINCE) - 1;
  const all = get(looks, thread);
  memory.copy(lookAtEntry(thread, 0), lookAtEntry(thread, since), (all - since) * LOOKED_ENTRY);
  set(looks, thread, all - since);
  const site = siteOf(what, address);
  if (load<u8>(site) == 0) {
    store<u8>(site, 1);
    knowsSites = true;
    knowsLoops = knowsLoops || address == NOWHERE;
    learned = true;
  }
}

function remember(thread: u32, snapshot: u32, what: u32, address: u32): void {
  const from = get(buffer, thread) + 8;
  const saved = load<u32>(get(buffer, thread)) - from;
  const sp = get(stackPointer, thread);
  const stack = get(stackStart, thread) - sp;
  if (saved > SAVED_MAX || stack > STACK_MAX || stateBytes > SAVED - OWN || storageBytes > STORAGE_MAX) return;
  if (load<u32>(snapshot, SINCE) == 0) set(active, thread, get(active, thread) + 1);
  store<u32>(snapshot, what, WHERE);
  store<u32>(snapshot, address, WHERE_ADDRESS);
  store<u32>(snapshot, 1 + get(looks, thread), SINCE);
  store<u32>(snapshot, get(lockSteps, thread), LOCK_STEPS);
  store<u32>(snapshot, caughtAt == 0 ? 0 : load<u32>(caughtAt), CAUGHT);
  store<u32>(snapshot, saved, SAVED_BYTES);
  store<u32>(snapshot, stack, STACK_BYTES);
  store<u32>(snapshot, holdsUsed(thread), HELD_BYTES);
  memory.copy(snapshot + HELD, holdsOf(thread), holdsUsed(thread));
  memory.copy(snapshot + OWN, get(states, thread), stateBytes);
  memory.copy(snapshot + SAVED, from, saved);
  memory.copy(snapshot + STACK, sp, stack);
  memory.copy(snapshot + STORAGE, get(tls, thread), storageBytes);
}

function isSame(thread: u32, snapshot: u32): bool {
  const from = get(buffer, thread) + 8;
  const saved = load<u32>(get(buffer, thread)) - from;
  const sp = get(stackPointer, thread);
  const stack = get(stackStart, thread) - sp;
  return (
    load<u32>(snapshot, SAVED_BYTES) == saved &&
    load<u32>(snapshot, STACK_BYTES) == stack &&
    load<u32>(snapshot, HELD_BYTES) == holdsUsed(thread) &&
    load<u32>(snapshot, CAUGHT) == (caughtAt == 0 ? 0 : load<u32>(caughtAt)) &&
    memory.compare(snapshot + SAVED, from, saved) == 0 &&
    memory.compare(snapshot + STACK, sp, stack) == 0 &&
    memory.compare(snapshot + STORAGE, get(tls, thread), storageBytes) == 0 &&
    memory.compare(snapshot + HELD, holdsOf(thread), holdsUsed(thread)) == 0 &&
    memory.compare(snapshot + OWN, get(states, thread), stateBytes) == 0
  );
}

@inline function lookAtEntry(thread: u32, i: u32): u32 {
  return LOOKED + thread * LOOKED_BYTES + i * LOOKED_ENTRY;
}

/** The thread is about to access these bytes, whichever way: what is there now? */
export function look(thread: u32, address: u32, bytes: u32): void {
  const end = address + bytes;
  for (let at = address; at < end; ) {
    const width = min(end - at, 8);
    const i = get(looks, thread);
    if (i > LOOKED_MAX) return;
    set(looks, thread, i + 1);
    if (i == LOOKED_MAX) return; // one too many
    const entry = lookAtEntry(thread, i);
    store<u32>(entry, at, LOOKED_ADDRESS);
    store<u32>(entry, width, LOOKED_WIDTH);
    store<u64>(entry, valueAt(at, width), LOOKED_VALUE);
    at += width;
  }
}

/** The same of all that an event is about to access; of locks only a try-lock looks at the word. */
export function lookAtEvent(thread: u32, event: u32): void {
  const kind: u32 = load<u8>(event, KIND);
  if (isLock(kind) && kind != Kind_TRY_ACQUIRE) return;
  const bytes = load<u32>(event, BYTES);
  look(thread, load<u32>(event, ADDRESS), bytes);
  if (kind == Kind_COPY) look(thread, load<u32>(event, SOURCE), bytes);
}

/** Has something changed that a spinning thread has looked at? */
export function wouldSeeOther(thread: u32): bool {
  const all = get(looks, thread);
  for (let i: u32 = 0; i < all; i++) {
    const entry = lookAtEntry(thread, i);
    if (valueAt(load<u32>(entry, LOOKED_ADDRESS), load<u32>(entry, LOOKED_WIDTH)) != load<u64>(entry, LOOKED_VALUE))
      return true;
  }
  return false;
}
