// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Failure_FULL, fail } from './failure';
import {
  Kind_ACQUIRE,
  Kind_ATOMIC_LOAD,
  Kind_ATOMIC_STORE,
  Kind_LOAD,
  Kind_STORE,
} from './event';
import { isInAreas, noteDepth } from './areas';
import { freeOf, NOBODY, noteFault } from './faults';
import { PROGRAM } from './map';
import { SHADOW, SHADOW_LOG, SHADOW_LOG_END, SITES, SITES_MAX } from './memory-map';

/**
 * Shadow memory: for each 8 bytes of the program 2, which hold in their lower half whether they are allocated, freed or out of
 * bounds, and in their upper half, a bit each, which bytes were not written since they were allocated. The program reports
 * objects of its heap by the stub_shadow_* functions, and stack frames by calls that it is instrumented with.
 *
 * None of these calls is an event. So that shadow memory is the same in all executions of a class, an object changes right
 * behind the event that writes all of it: each use comes before that, or after. What threads do not share is ordered by
 * its own thread.
 *
 * What changes on the heap in an execution is undone after it. Stacks start each execution empty.
 */

export const Shadow_VALID: u32 = 0;
/** In both halves alike, so that a fill of bytes writes them; below 8, so many bytes are an object's last ones. */
export const Shadow_RETURNED: u32 = 0xf5;
export const Shadow_OUTSIDE: u32 = 0xfa;
export const Shadow_FREED: u32 = 0xfd;
/** An access of the allocator's own, which may touch what it has not given out: it is never a fault. */
export const Site_EXCLUDED: u32 = 0x100;

/** Of a step's `what`: a frame that is made or, with the bit below, goes. */
const FRAME: u32 = 0x8000_0000;
const LEAVING: u32 = 0x4000_0000;

@inline export function isFrame(what: u32): bool {
  return (what & FRAME) != 0;
}

let top: u32 = SHADOW_LOG;
/** Changes are put back: an execution is under way. */
let logging: bool = false;

export function logShadow(on: bool): void {
  logging = on;
}

export function undoShadow(): void {
  while (top > SHADOW_LOG) {
    top -= 8;
    store<u16>(load<u32>(top), <u16>load<u32>(top, 4));
  }
  logging = false;
}

@inline function entryOf(address: u32): u32 {
  return SHADOW + ((address >>> 3) << 1);
}

function put(entry: u32, value: u32): void {
  if (logging) {
    if (top + 8 > SHADOW_LOG_END) fail(Failure_FULL);
    store<u32>(top, entry);
    store<u32>(top, load<u16>(entry), 4);
    top += 8;
  }
  store<u16>(entry, <u16>value);
}

/** All granules that have a byte in [address, address + bytes). */
function fill(address: u32, bytes: u32, value: u32): void {
  if (bytes == 0) return;
  const last = entryOf(address + bytes - 1);
  for (let entry = entryOf(address); entry <= last; entry += 2) put(entry, value);
}

export function markValid(object: u32, bytes: u32): void {
  fill(object, bytes & ~7, Shadow_VALID);
  if ((bytes & 7) != 0) put(entryOf(object + bytes - 1), bytes & 7);
}

export function markUnwritten(object: u32, bytes: u32): void {
  if (bytes == 0) return;
  const last = entryOf(object + bytes - 1);
  for (let entry = entryOf(object); entry <= last; entry += 2)
    put(entry, (load<u16>(entry) & 0xff) | 0xff00);
}

export function markFreed(object: u32, bytes: u32): void {
  fill(object, bytes, Shadow_FREED * 0x101);
}

export function markOutside(start: u32, bytes: u32): void {
  fill(start, bytes, Shadow_OUTSIDE * 0x101);
}

/** A frame of the running thread: of multiples of 16 bytes, and put back when the thread starts anew. */
export function markFrame(frame: u32, bytes: u32, what: u32): void {
  noteDepth(frame);
  // In place: a bulk fill costs more than what most frames take.
  const says: u32 = (what & LEAVING) != 0 ? Shadow_RETURNED * 0x101_0101 : Shadow_VALID;
  const end = entryOf(frame + bytes);
  for (let entry = entryOf(frame); entry < end; entry += 4) store<u32>(entry, says);
}

/** Clears a stack: neither frames nor what was there before. */
export function clearFrames(low: u32, high: u32): void {
  const end = entryOf(high);
  for (let entry = entryOf(low); entry < end; entry += 4) store<u32>(entry, 0);
}

/** Checks what a thread does now against shadow memory. */
@inline export function inspect(thread: u32, kind: u32, what: u32, address: u32, bytes: u32): void {
  const first = load<u16>(entryOf(address));
  const last = load<u16>(entryOf(address + bytes - 1));
  if ((first | last) != 0 || bytes > 8) lookInto(thread, kind, what, address, bytes);
}

export function inspectCopy(thread: u32, what: u32, to: u32, from: u32, bytes: u32): void {
  lookInto(thread, Kind_LOAD, what, from, bytes);
  lookInto(thread, Kind_STORE, what, to, bytes);
  // What was never written is no more so for having been copied, unless that was to a stack or from one.
  if (isInAreas(to) || isInAreas(from)) return;
  for (let n: u32 = 0; n < bytes; n++) {
    const i = to <= from ? n : bytes - 1 - n;
    const at = from + i;
    const says: u32 = load<u16>(entryOf(at));
    if (says < 0x100 || (says & 0xff) > 7 || ((says >>> (8 + (at & 7))) & 1) == 0) continue;
    const entry = entryOf(to + i);
    const there: u32 = load<u16>(entry);
    if ((there & 0xff) <= 7) put(entry, there | (0x100 << ((to + i) & 7)));
  }
}

/** A set-up is not checked; but what it writes counts as written. */
export function setUpAccess(kind: u32, what: u32, address: u32, bytes: u32): void {
  if (address < PROGRAM && bytes <= PROGRAM - address) lookInto(NOBODY, kind, what, address, bytes);
}

export function setUpCopy(what: u32, to: u32, from: u32, bytes: u32): void {
  if (max(to, from) < PROGRAM && bytes <= PROGRAM - max(to, from)) inspectCopy(NOBODY, what, to, from, bytes);
}

function lookInto(thread: u32, kind: u32, what: u32, address: u32, bytes: u32): void {
  const site = what >>> 4;
  const flags: u32 = kind < Kind_ACQUIRE && site < SITES_MAX ? load<u16>(SITES + site * 2) : 0;
  const end = address + bytes;
  let fault: u32 = 0;
  for (let at = address; at < end; at = (at | 7) + 1) {
    const entry = entryOf(at);
    const says: u32 = load<u16>(entry);
    if (says == 0) continue;
    const state = says & 0xff;
    const stop = min((at & ~7) + 8, end);
    if (state > 7) {
      fault = state;
      break;
    }
    if (state != 0 && stop - (at & ~7) > state) {
      fault = Shadow_OUTSIDE;
      break;
    }
    const touched = ((1 << (stop - (at & ~7))) - 1) & ~((1 << (at & 7)) - 1);
    const unwritten = (says >>> 8) & touched;
    if (unwritten == 0) continue;
    if (kind != Kind_STORE && kind != Kind_ATOMIC_STORE) {
      // The bytes whose values the code uses.
      const meant = at == address ? (flags & 0xff) << (at & 7) : (flags & 0xff) >>> (at - address);
      if ((unwritten & meant) != 0) fault = Shadow_VALID + 1;
    }
    if (kind != Kind_LOAD && kind != Kind_ATOMIC_LOAD) put(entry, says & ~(touched << 8));
  }
  if (fault == 0 || (flags & Site_EXCLUDED) != 0 || thread == NOBODY) return;
  noteFault(fault, thread, what, address, bytes, fault == Shadow_FREED ? freeOf(address) : 0);
}
