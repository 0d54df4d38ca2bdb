// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Failure_FULL, fail } from './failure';
import { UNDO, UNDO_END } from './map';

/**
 * What the program's memory was like before the execution: for every 8 bytes about to be written, where they are and
 * what they were. Putting back goes from the newest to the oldest, so that the oldest value stays.
 */

/** An entry: the 8 bytes, and their address. */
export const UNDO_ENTRY: u32 = 16;
export let top: u32 = UNDO;

/** Is there room for so many bytes, and some more? */
@inline export function hasRoom(bytes: u32): bool {
  return UNDO_END - top > 2 * bytes + 0x1_0000;
}

/** Bytes [address, address + bytes) are about to be written. */
@inline export function remember(address: u32, bytes: u32): void {
  let granule = address & ~7;
  const end = address + bytes;
  do {
    if (top + 16 > UNDO_END) fail(Failure_FULL);
    store<u64>(top, load<u64>(granule));
    store<u32>(top, granule, 8);
    top += 16;
    granule += 8;
  } while (granule < end);
}

/**
 * What was in a byte before a write that remembered [address, ...) from an entry on. Holds until the next execution
 * gets as far.
 */
@inline export function byteBefore(entry: u32, address: u32, byte: u32): u32 {
  // An entry of 16 bytes a granule of 8.
  return load<u8>(entry + ((byte & ~7) - (address & ~7)) * 2 + (byte & 7));
}

export function undo(): void {
  let at = top;
  while (at > UNDO) {
    at -= 16;
    store<u64>(load<u32>(at, 8), load<u64>(at));
  }
  top = UNDO;
}
