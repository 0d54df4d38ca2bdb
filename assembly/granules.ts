// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { GRANULES, PROGRAM } from './map';

/**
 * Which threads have touched which 8 bytes, and how, over all executions. What only one thread has touched, or no thread has
 * written, orders nothing, and its accesses need not be events. When a second thread touches it, the exploration starts
 * again with the granule shared; since every class of executions under the smaller dependency is run, one that shares it
 * is met if there is any.
 *
 * A lock's word is a number that its steps add to and take from, and which of them commute is known as long as nothing
 * but they touch it, each giving back what its own thread has taken. Where that is not so (it is initialised while it is in use,
 * filled, copied, read, or part of another lock) its granule is raw: whatever touches it depends on whatever writes
 * there, as if it were one cell of memory. That is found out in the same way.
 *
 * A granule takes 8 bytes here: its state, and the newest of its cells (clocks.ts).
 */

/** The first thread that touched it, plus one. */
const FIRST: u32 = 0x7f;
/** Others have as well. */
const MANY: u32 = 1 << 7;
const WRITTEN: u32 = 1 << 8;
/** Something else than a lock's step has touched the lower word; the upper one's bit comes next, in all of these. */
const PLAIN: u32 = 1 << 9;
/** A release there gave back what its thread had not taken. */
const LOOSE: u32 = 1 << 11;
/** A lock's word had a value that does not show its steps. */
const STRANGE: u32 = 1 << 13;
const RAW: u32 = 1 << 14;
/** A thread has tried to take a lock there, and so has seen whether it was taken. */
const TRIED: u32 = 1 << 15;
/** Which kinds of locks the lower word has been; the upper one's bits come behind these five. */
const KINDS: u32 = 16;
const KINDS_OF_ONE: u32 = 0x1f;

/** Kinds of locks, known by what their acquire waits for. */
const Lock_OTHER: u32 = 1;
/** Shared and exclusive acquires, and those that never wait. */
const Lock_SHARED: u32 = 2;
const Lock_EXCLUSIVE: u32 = 4;
const Lock_COUNTED: u32 = 8;
/** What any thread may give, as a completion. */
const Lock_GIVEN: u32 = 16;

const BUSY_SHARED: u32 = 0x8000;
const BUSY_EXCLUSIVE: u32 = 0xffff;
/** Not a mask: who waits, waits for something to take. */
const BUSY_EMPTY: u32 = 0x10000;

/** Some granule has become shared, or raw, since this was last reset. */
export let grown: bool = false;

export function resetGrown(): void {
  grown = false;
}

export function grow(): void {
  grown = true;
}

@inline export function granuleOf(address: u32): u32 {
  return GRANULES + (address & ~7);
}

@inline export function headOf(granule: u32): u32 {
  return load<u32>(granule, 4);
}

@inline export function setHead(granule: u32, cell: u32): void {
  store<u32>(granule, cell, 4);
}

@inline function isShared(state: u32): bool {
  return (state & (MANY | WRITTEN)) == (MANY | WRITTEN);
}

/** What touch() returns: it is shared; it is raw. */
export const Touch_SHARED: u32 = 1;
export const Touch_RAW: u32 = 2;

@inline function touched(state: u32): u32 {
  return u32(isShared(state)) | (state & RAW ? Touch_RAW : 0);
}

/** Is one of the two words more kinds of locks than go together, or no lock alone? */
function isRaw(state: u32): bool {
  if ((state & STRANGE) != 0) return true;
  for (let word: u32 = 0; word < 2; word++) {
    const kinds = (state >>> (KINDS + 5 * word)) & KINDS_OF_ONE;
    if (kinds == 0) continue;
    if ((state & (PLAIN << word)) != 0) return true;
    if (kinds != Lock_GIVEN && (state & (LOOSE << word)) != 0) return true;
    const together = (kinds & ~(Lock_SHARED | Lock_EXCLUSIVE)) == 0 || (kinds & ~(Lock_COUNTED | Lock_EXCLUSIVE)) == 0;
    if (!together && (kinds & (kinds - 1)) != 0) return true;
  }
  return false;
}

/** Notes what is new of a granule; returns what it was before. */
@inline function note(granule: u32, thread: u32, bits: u32): u32 {
  const before = load<u32>(granule);
  let after = before | bits;
  if ((before & FIRST) == 0) after |= thread + 1;
  else if ((before & FIRST) != thread + 1) after |= MANY;
  if (after != before) change(granule, before, after);
  return touched(before);
}

/** 64 KiB of granules each: has one of them a state? To forget what threads share must not touch all there is. */
const PAGE_BITS: u32 = 16;
const known = memory.data(PROGRAM >>> PAGE_BITS);

export function forgetGranules(): void {
  for (let page: u32 = 0; page < PROGRAM >>> PAGE_BITS; page++) {
    if (load<u8>(known + page) == 0) continue;
    memory.fill(GRANULES + (page << PAGE_BITS), 0, 1 << PAGE_BITS);
    store<u8>(known + page, 0);
  }
}

function change(granule: u32, before: u32, state: u32): void {
  store<u8>(known + ((granule - GRANULES) >>> PAGE_BITS), 1);
  let after = state;
  if (isRaw(after)) after |= RAW;
  store<u32>(granule, after);
  if (isShared(after) && (!isShared(before) || ((after ^ before) & (RAW | TRIED)) != 0)) grown = true;
}

/** Notes that a thread touches the bytes in [address, address + bytes), by something else than a lock's step. */
@inline export function touch(address: u32, bytes: u32, thread: u32, writes: bool): u32 {
  const written = writes ? WRITTEN : 0;
  let granule = granuleOf(address);
  const last = granuleOf(address + bytes - 1);
  if (granule == last) return note(granule, thread, written | plain(address & 7, (address & 7) + bytes));
  let says = note(granule, thread, written | plain(address & 7, 8));
  for (granule += 8; granule < last; granule += 8) says |= note(granule, thread, written | plain(0, 8));
  return says | note(last, thread, written | plain(0, ((address + bytes - 1) & 7) + 1));
}

/** The words of a granule that have bytes in [from, end). */
@inline function plain(from: u32, end: u32): u32 {
  return (from < 4 ? PLAIN : 0) | (end > 4 ? PLAIN << 1 : 0);
}

/** Would an acquire have to wait? As stub_is_busy() of the stub kernel. */
@inline export function isBusy(word: u32, busy: u32): bool {
  return busy == BUSY_EMPTY ? (word & 0xffff) == 0 : (word & busy) != 0;
}

/** A release does not show the kind of its lock. */
export const Lock_UNKNOWN: u32 = 0;

export function lockKind(busy: u32): u32 {
  if (busy == BUSY_SHARED) return Lock_SHARED;
  if (busy == BUSY_EXCLUSIVE) return Lock_EXCLUSIVE;
  if (busy == BUSY_EMPTY) return Lock_GIVEN;
  return busy == 0 ? Lock_COUNTED : Lock_OTHER;
}

/** The same of a step of a lock. */
@inline export function touchLock(word: u32, thread: u32, kind: u32, tries: bool): u32 {
  const bits = WRITTEN | (kind << (KINDS + ((word & 4) != 0 ? 5 : 0)));
  return note(granuleOf(word), thread, tries ? bits | TRIED : bits);
}

/** It does not matter whether a lock there is taken for a while: all that threads do with it is wait until it is free. */
export function isOnlyWaitedFor(word: u32): bool {
  return (load<u32>(granuleOf(word)) & (RAW | TRIED)) == 0;
}

/** Can others see what is there? */
export function isSeenByOthers(address: u32): bool {
  return (load<u32>(granuleOf(address)) & MANY) != 0;
}

/** A thread releases what it has not taken. */
export function loosen(word: u32, thread: u32): void {
  note(granuleOf(word), thread, LOOSE << ((word >>> 2) & 1));
}

/**
 * What lies beyond this is too near to where counting would go wrong, in some other order of the same steps: those
 * who share take the lower 15 bits, and so do things to take.
 */
export function checkWord(word: u32, value: u32, kind: u32, thread: u32): void {
  const counted = kind == Lock_SHARED || kind == Lock_GIVEN;
  if (counted && (value & 0x4000) != 0) note(granuleOf(word), thread, STRANGE);
}

/** Does a thing that touches these bytes touch a granule that the other one does? */
@inline export function shareGranule(a: u32, aBytes: u32, b: u32, bBytes: u32): bool {
  return (a & ~7) <= ((b + bBytes - 1) & ~7) && (b & ~7) <= ((a + aBytes - 1) & ~7);
}
