// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { delta } from './clocks';
import { ADDED, ADDRESS, BYTES, isLock, KIND, Kind_ADD, UNDONE_BY, writes } from './event';
import { byteBefore } from './undo';

/**
 * What a compare-and-swap or a try-lock would have found, had the event not happened that it races with, nor anything
 * that comes after that one.
 *
 * It is what was found, with that one event taken back. Nothing else that is left out can have changed these bytes: it
 * would come after the race's first event and, as it conflicts with the second one, before that, so that there would be
 * something in between. The one exception is how many share a lock, which is of no interest to another sharer. Nor is
 * anything that lies between the two and is kept in need of a second look: what conflicts with the first event comes
 * after it. What commutes with it, additions and steps of a lock, is why it is taken back by what it added.
 */

/** Of an event, bytes before it that its part of the log of writes covers; up to 8. */
function before(event: u32, address: u32, bytes: u32): u64 {
  let value: u64 = 0;
  const entry = load<u32>(event, UNDONE_BY);
  const from = load<u32>(event, ADDRESS);
  for (let i: u32 = 0; i < bytes; i++) value |= (<u64>byteBefore(entry, from, address + i)) << (8 * i);
  return value;
}

/** The bytes of the second event. */
export function valueWithout(first: u32, second: u32): u64 {
  const address = load<u32>(second, ADDRESS);
  const bytes = load<u32>(second, BYTES);
  const found = before(second, address, bytes);
  const kind: u32 = load<u8>(first, KIND);
  // One that failed has left what was there before it.
  if (!writes(kind)) return found;

  const written = load<u32>(first, ADDRESS);
  const writtenBytes = load<u32>(first, BYTES);
  const from = max(address, written);
  const end = min(address + bytes, written + writtenBytes);
  // A copy of these bytes, which writes elsewhere.
  if (from >= end) return found;
  let there: u64;
  if (kind == Kind_ADD || isLock(kind)) {
    // Whole, as a borrow goes from byte to byte; atomic and so within the granule that the second event has logged.
    const added = kind == Kind_ADD ? load<u64>(first, ADDED) : <u64>delta(first, kind);
    there = (before(second, written, writtenBytes) - added) >> (8 * (from - written));
  } else there = before(first, from, end - from);
  const shift: u64 = 8 * (from - address);
  const bits: u64 = (end - from == 8 ? ~0 : ((<u64>1) << (8 * (end - from))) - 1) << shift;
  return (found & ~bits) | ((there << shift) & bits);
}
