// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { FAULT_BYTES, FAULTS, FAULTS_MAX, FREES, FREES_MAX } from './memory-map';

/**
 * The memory faults of an execution: each fault once, in whichever order independent ones came. And the frees, by which
 * a use after free is explained.
 */

/** A tracer writes where the running code was called from: function indices, innermost first. Returns how many. */
@external("env", "sim_backtrace")
declare function backtrace(at: u32, room: u32): u32;

export const FRAMES_MAX: u32 = 40;

/** Both kinds of entries begin alike. */
export const FAULT_KIND: u32 = 0;
export const FAULT_THREAD: u32 = 4;
export const FAULT_ADDRESS: u32 = 8;
export const FAULT_WIDTH: u32 = 12;
export const FAULT_WHAT: u32 = 16;
/** 1 + the index of the free; 0: it was not freed, or that is unknown. */
export const FAULT_FREE: u32 = 20;
export const FAULT_FRAMES: u32 = 24;
export const FAULT_FIRST_FRAME: u32 = 32;

export const Fault_UNWRITTEN: u32 = 1;
/** The rest are the shadow's states, and one more. */
export const Fault_OVERFLOW: u32 = 2;

/** Of a free, in place of its thread: it was before the threads ran. */
export const NOBODY: u32 = 0xff;

export let faults: u32 = 0;
export let frees: u32 = 0;
/** Frees of the set-up, which stay. */
let lasting: u32 = 0;
let hash: u32 = 0;
let tracing: bool = false;

export function startFaults(trace: bool): void {
  faults = 0;
  frees = lasting;
  hash = 0;
  tracing = trace;
}

export function forgetFrees(): void {
  lasting = 0;
  frees = 0;
  faults = 0;
  hash = 0;
}

/** A hash of the faults of this execution; 0: none. */
export function hashOfFaults(): u32 {
  return faults == 0 ? 0 : hash | 1;
}

@inline function at(table: u32, index: u32): u32 {
  return table + index * FAULT_BYTES;
}

function write(entry: u32, kind: u32, thread: u32, address: u32, bytes: u32, what: u32): void {
  store<u32>(entry, kind, FAULT_KIND);
  store<u32>(entry, thread, FAULT_THREAD);
  store<u32>(entry, address, FAULT_ADDRESS);
  store<u32>(entry, bytes, FAULT_WIDTH);
  store<u32>(entry, what, FAULT_WHAT);
  store<u32>(entry, 0, FAULT_FREE);
  store<u32>(entry, tracing ? backtrace(entry + FAULT_FIRST_FRAME, FRAMES_MAX) : 0, FAULT_FRAMES);
}

export function noteFree(thread: u32, object: u32, bytes: u32): void {
  if (frees >= FREES_MAX) return;
  write(at(FREES, frees++), 0, thread, object, bytes, 0);
  if (thread == NOBODY) lasting = frees;
}

export function freeOf(address: u32): u32 {
  for (let i = frees; i > 0; i--) {
    const entry = at(FREES, i - 1);
    if (address - load<u32>(entry, FAULT_ADDRESS) < load<u32>(entry, FAULT_WIDTH)) return i;
  }
  return 0;
}

/** The thread is back on the stack: records where it was called from, for faults that were found while it was not. */
export function nameFaults(thread: u32): void {
  for (let i: u32 = 0; i < faults; i++) {
    const entry = at(FAULTS, i);
    if (load<u32>(entry, FAULT_THREAD) == thread && load<u32>(entry, FAULT_FRAMES) == 0)
      store<u32>(entry, backtrace(entry + FAULT_FIRST_FRAME, FRAMES_MAX), FAULT_FRAMES);
  }
}

export function noteFault(kind: u32, thread: u32, what: u32, address: u32, bytes: u32, free: u32): void {
  for (let i: u32 = 0; i < faults; i++) {
    const entry = at(FAULTS, i);
    if (
      load<u32>(entry, FAULT_KIND) == kind && load<u32>(entry, FAULT_THREAD) == thread &&
      load<u32>(entry, FAULT_WHAT) == what && load<u32>(entry, FAULT_ADDRESS) == address
    )
      return;
  }
  const by = free == 0 ? NOBODY : load<u32>(at(FREES, free - 1), FAULT_THREAD);
  // A sum, since the order of two independent ones means nothing.
  let own = (kind * 31 + thread) * 0x9e37_79b1;
  own = (own ^ what) * 0x0100_0193;
  own = (own ^ address) * 0x9e37_79b1;
  own = (own ^ bytes ^ (by << 16)) * 0x0100_0193;
  hash += own | 1;
  if (faults >= FAULTS_MAX) return;
  const entry = at(FAULTS, faults++);
  write(entry, kind, thread, address, bytes, what);
  store<u32>(entry, free, FAULT_FREE);
}
