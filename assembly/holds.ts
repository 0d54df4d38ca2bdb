// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { THREADS } from './map';

/**
 * The locks that each thread holds, as a few entries of 12 bytes: the word, what was added to it, how often. A thread may
 * hold one lock in two ways.
 */

const ENTRIES: u32 = 16;
const ENTRY_BYTES: u32 = 12;
const CLAIM: u32 = 4;
const COUNT: u32 = 8;
export const HOLDS_BYTES: u32 = ENTRIES * ENTRY_BYTES;

const used = memory.data(THREADS * 4);
const entries = memory.data(THREADS * HOLDS_BYTES, 16);

@inline export function forgetHolds(thread: u32): void {
  store<u32>(used + thread * 4, 0);
}

@inline export function holdsOf(thread: u32): u32 {
  return <u32>entries + thread * HOLDS_BYTES;
}

@inline export function holdsUsed(thread: u32): u32 {
  return load<u32>(used + thread * 4) * ENTRY_BYTES;
}

/** Returns whether there was room to remember it. */
export function hold(thread: u32, word: u32, claim: u32): bool {
  if (claim == 0) return true;
  const first = holdsOf(thread);
  const end = first + holdsUsed(thread);
  for (let at = first; at < end; at += ENTRY_BYTES) {
    if (load<u32>(at) != word || load<u32>(at, CLAIM) != claim) continue;
    store<u32>(at, load<u32>(at, COUNT) + 1, COUNT);
    return true;
  }
  if (end == first + HOLDS_BYTES) return false;
  store<u32>(end, word);
  store<u32>(end, claim, CLAIM);
  store<u32>(end, 1, COUNT);
  store<u32>(used + thread * 4, load<u32>(used + thread * 4) + 1);
  return true;
}

/** Returns whether the thread had it. */
export function unhold(thread: u32, word: u32, claim: u32): bool {
  if (claim == 0) return true;
  const first = holdsOf(thread);
  const end = first + holdsUsed(thread);
  for (let at = first; at < end; at += ENTRY_BYTES) {
    if (load<u32>(at) != word || load<u32>(at, CLAIM) != claim) continue;
    const left = load<u32>(at, COUNT) - 1;
    store<u32>(at, left, COUNT);
    if (left == 0) {
      // The order of entries is the order of taking.
      memory.copy(at, at + ENTRY_BYTES, end - at - ENTRY_BYTES);
      store<u32>(used + thread * 4, load<u32>(used + thread * 4) - 1);
    }
    return true;
  }
  return false;
}
