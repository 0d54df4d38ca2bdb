// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isBusy, shareGranule } from './granules';
import { EVENTS, THREADS } from './map';

/**
 * An event: one access of memory that threads share, or one step of a lock. What a thread is about to do has the same
 * shape, and so has a node's event in a wakeup tree.
 */

export const EVENT_BYTES: u32 = 80;

// Label.
export const TID: u32 = 0;
export const KIND: u32 = 1;
/** It was found to change nothing: a compare-and-swap or a try-lock that failed. */
export const FAILED: u32 = 2;
/** Bits: it touches a raw granule (granules.ts); and, once it has clocks, what it commutes with. */
export const TRAITS: u32 = 3;
export const RAW: u8 = 1;
const LOADS: u8 = 2;
const ADDS: u8 = 4;
const COMES_AND_GOES: u8 = 8;
const COMMUTING: u8 = LOADS | ADDS | COMES_AND_GOES;
export const ADDRESS: u32 = 4;
export const BYTES: u32 = 8;
/** Of a compare-and-swap: what it is to find, 8 bytes, the ones beyond its width 0. */
export const EXPECTED: u32 = 12;
/** Of a copy: where it reads. */
export const SOURCE: u32 = 12;
/** Of a lock: bits that must be clear, and what is added. */
export const BUSY: u32 = 12;
export const CLAIM: u32 = 16;
export const WHAT: u32 = 20;
// Place in an execution.
/** Which of its thread's events, from 1. */
export const NTH: u32 = 24;
/** Ticks of its thread before it. */
export const TICKS: u32 = 28;
/** A lock's word before it. */
export const BEFORE: u32 = 32;
/** Of an addition: what was added, 8 bytes. */
export const ADDED: u32 = 32;
/** First of its cells. */
export const CELL: u32 = 40;
/** Of one that may write: where undo.ts has what was there before. */
export const UNDONE_BY: u32 = 44;
/** What else is to be explored in its place: the first node of a list; with dfs, a mask of threads, 8 bytes. */
export const OTHERS: u32 = 48;
export const PREEMPTIONS: u32 = 56;
/** Alternatives at its place that are done with. */
export const EXPLORED: u32 = 60;
/** Threads asleep before it, and those of them whose event would fail; masks of 8 bytes. */
export const SLEEP: u32 = 64;
export const SLEEP_FAILED: u32 = 72;

export const Kind_LOAD: u32 = 0;
export const Kind_STORE: u32 = 1;
export const Kind_ATOMIC_LOAD: u32 = 2;
export const Kind_ATOMIC_STORE: u32 = 3;
export const Kind_RMW: u32 = 4;
/** An addition whose result is unused. */
export const Kind_ADD: u32 = 5;
export const Kind_CMPXCHG: u32 = 6;
export const Kind_COPY: u32 = 7;
export const Kind_ACQUIRE: u32 = 8;
export const Kind_TRY_ACQUIRE: u32 = 9;
export const Kind_RELEASE: u32 = 10;

/** The bit of a lock's word that alone keeps a shared acquire out. */
const SHARED_BUSY: u32 = 0x8000;

@inline export function eventAt(index: u32): u32 {
  return EVENTS + index * EVENT_BYTES;
}

/** All ones in so many bytes, up to 8. */
@inline export function maskOf(bytes: u32): u64 {
  return (~(<u64>0)) >> (64 - 8 * bytes);
}

/** Up to 8 bytes as a number. */
@inline export function valueAt(address: u32, bytes: u32): u64 {
  return load<u64>(address) & maskOf(bytes);
}

@inline export function isLock(kind: u32): bool {
  return kind >= Kind_ACQUIRE;
}

@inline export function isAtomic(kind: u32): bool {
  return kind >= Kind_ATOMIC_LOAD && kind != Kind_COPY;
}

@inline export function isRaw(event: u32): bool {
  return (load<u8>(event, TRAITS) & RAW) != 0;
}

/** May it write? A compare-and-swap may. */
@inline export function writes(kind: u32): bool {
  return kind != Kind_LOAD && kind != Kind_ATOMIC_LOAD;
}

@inline function overlap(a: u32, aBytes: u32, b: u32, bBytes: u32): bool {
  return a < b + bBytes && b < a + aBytes;
}

@inline function isShared(event: u32): bool {
  return load<u32>(event, BUSY) == SHARED_BUSY;
}

/** Does it take the lock, in its own way or, after all, by trying? */
@inline export function takes(event: u32, kind: u32): bool {
  return kind == Kind_ACQUIRE || (kind == Kind_TRY_ACQUIRE && !load<u8>(event, FAILED));
}

@inline export function isSharing(event: u32, kind: u32): bool {
  return takes(event, kind) && isShared(event);
}

/**
 * Of two steps of one lock: does their order matter? Two releases commute, two shared acquires do, and so do a shared
 * acquire and another sharer's release. A failed attempt is a look at the lock.
 */
function locksConflict(a: u32, aKind: u32, b: u32, bKind: u32): bool {
  if (aKind == Kind_RELEASE && bKind == Kind_RELEASE) return false;
  const aTakes = takes(a, aKind);
  const bTakes = takes(b, bKind);
  if (aTakes && bTakes) return !(isShared(a) && isShared(b));
  if (aTakes && bKind == Kind_RELEASE) return !isShared(a) || load<u32>(b, CLAIM) == SHARED_BUSY;
  if (bTakes && aKind == Kind_RELEASE) return !isShared(b) || load<u32>(a, CLAIM) == SHARED_BUSY;
  // At least one of them is a failed attempt: it conflicts with all but another one.
  return aTakes || bTakes || aKind == Kind_RELEASE || bKind == Kind_RELEASE;
}

/** Does a compare-and-swap, or a try-lock, fail where it finds this? */
@inline export function failsAt(event: u32, found: u64): bool {
  if (load<u8>(event, KIND) == Kind_CMPXCHG) return found != load<u64>(event, EXPECTED);
  return isBusy(<u32>found, load<u32>(event, BUSY));
}

/** Does it change what others may see? */
@inline export function changes(event: u32, kind: u32): bool {
  return writes(kind) && !load<u8>(event, FAILED);
}

/** Of two events of different threads: are they dependent, so that their order makes a different execution? */
export function conflict(a: u32, b: u32): bool {
  const aKind: u32 = load<u8>(a, KIND);
  const bKind: u32 = load<u8>(b, KIND);
  return meet(a, aKind, b, bKind) || (isRaw(a) && isRaw(b) && meetRaw(a, aKind, b, bKind));
}

/** Do they, by the very bytes that they touch? */
@inline export function conflictInBytes(a: u32, b: u32): bool {
  return meet(a, load<u8>(a, KIND), b, load<u8>(b, KIND));
}

@inline function meet(a: u32, aKind: u32, b: u32, bKind: u32): bool {
  const aAddress = load<u32>(a, ADDRESS);
  const bAddress = load<u32>(b, ADDRESS);
  const aBytes = load<u32>(a, BYTES);
  const bBytes = load<u32>(b, BYTES);
  if (overlap(aAddress, aBytes, bAddress, bBytes)) {
    if (isLock(aKind) && isLock(bKind)) {
      if (locksConflict(a, aKind, b, bKind)) return true;
    } else {
      // Additions commute, unless a carry leads out of the one and into the other.
      const add = aKind == Kind_ADD && bKind == Kind_ADD && aAddress == bAddress && aBytes == bBytes;
      if ((changes(a, aKind) || changes(b, bKind)) && !add) return true;
    }
  }
  if (aKind == Kind_COPY && changes(b, bKind) && overlap(load<u32>(a, SOURCE), aBytes, bAddress, bBytes)) return true;
  return bKind == Kind_COPY && changes(a, aKind) && overlap(load<u32>(b, SOURCE), bBytes, aAddress, aBytes);
}

/** Of two that touch raw granules: do they touch the same one, and one of them changes it? */
function meetRaw(a: u32, aKind: u32, b: u32, bKind: u32): bool {
  const aAddress = load<u32>(a, ADDRESS);
  const bAddress = load<u32>(b, ADDRESS);
  const aBytes = load<u32>(a, BYTES);
  const bBytes = load<u32>(b, BYTES);
  const aChanges = changes(a, aKind);
  const bChanges = changes(b, bKind);
  if ((aChanges || bChanges) && shareGranule(aAddress, aBytes, bAddress, bBytes)) return true;
  if (aKind == Kind_COPY && bChanges && shareGranule(load<u32>(a, SOURCE), aBytes, bAddress, bBytes)) return true;
  return bKind == Kind_COPY && aChanges && shareGranule(load<u32>(b, SOURCE), bBytes, aAddress, aBytes);
}

/** Notes what an event commutes with: loads, the same additions, those who share a lock and come and go. */
export function classify(event: u32): void {
  const kind: u32 = load<u8>(event, KIND);
  const raw = load<u8>(event, TRAITS) & RAW;
  let own: u8 = 0;
  if (kind == Kind_LOAD || kind == Kind_ATOMIC_LOAD) own = LOADS;
  else if (raw) own = 0;
  else if (kind == Kind_ADD) own = ADDS;
  else if (isSharing(event, kind) || (kind == Kind_RELEASE && load<u32>(event, CLAIM) != SHARED_BUSY)) own = COMES_AND_GOES;
  store<u8>(event, raw | own, TRAITS);
}

@inline export function isLoad(event: u32): bool {
  return (load<u8>(event, TRAITS) & LOADS) != 0;
}

/** Do both, which have been classified, belong to one class of what commutes? */
@inline export function commutes(a: u32, b: u32): bool {
  const both = load<u8>(a, TRAITS) & load<u8>(b, TRAITS) & COMMUTING;
  if (both == 0 || both == LOADS) return both != 0;
  return load<u32>(a, ADDRESS) == load<u32>(b, ADDRESS) && load<u32>(a, BYTES) == load<u32>(b, BYTES);
}

/** Does it conflict with whatever touches its bytes, so that what lies before it need not be checked? */
@inline export function isStrong(event: u32, kind: u32): bool {
  if (isLock(kind)) return isRaw(event) ? !load<u8>(event, FAILED) : takes(event, kind) && !isShared(event);
  return writes(kind) && kind != Kind_ADD && kind != Kind_COPY && !load<u8>(event, FAILED);
}

@inline export function covers(a: u32, b: u32): bool {
  return (
    load<u32>(a, ADDRESS) <= load<u32>(b, ADDRESS) &&
    load<u32>(a, ADDRESS) + load<u32>(a, BYTES) >= load<u32>(b, ADDRESS) + load<u32>(b, BYTES)
  );
}

@inline export function copyLabel(to: u32, from: u32): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
}

@inline export function clockOf(clocks: u32, index: u32): u32 {
  return clocks + index * (THREADS * 4);
}
