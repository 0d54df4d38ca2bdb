// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ADDRESS, BYTES, TID } from './event';
import { TRACE, TRACE_END } from './map';
import { get, stateBytes, states } from './threads';

/**
 * What a reader of an execution needs beyond its events: what was there before and after each access (up to 8 bytes),
 * and a copy of the thread's own state as it was then (which locks it held, which step it was at).
 */

export const VALUES_BYTES: u32 = 16;

export function recordBytes(): u32 {
  return VALUES_BYTES + stateBytes;
}

function read(address: u32, bytes: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < min(bytes, 8); i++) value |= (<u64>load<u8>(address + i)) << (8 * i);
  return value;
}

export function recordAccess(index: u32, event: u32, after: bool): void {
  const at = TRACE + index * recordBytes();
  if (at + recordBytes() > TRACE_END) return;
  const value = read(load<u32>(event, ADDRESS), load<u32>(event, BYTES));
  if (after) {
    store<u64>(at, value, 8);
    return;
  }
  store<u64>(at, value);
  memory.copy(at + VALUES_BYTES, get(states, load<u8>(event, TID)), stateBytes);
}
