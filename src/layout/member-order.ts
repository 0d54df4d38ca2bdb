// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { placeOf } from './gaps.js';
import type { Member } from './types.js';

/**
 * The members of a struct in the order of their addresses, which code about gaps and neighbours relies on. C declares them
 * so; Rust lays them out in an order of its own, and C++ debug information may have a base class last.
 */
export function inAddressOrder(members: readonly Member[], littleEndian: boolean): readonly Member[] {
  const placed = members.map((member) => ({ member, start: placeOf(member, littleEndian).start }));
  if (placed.every(({ start }, i) => i === 0 || start >= placed[i - 1]!.start)) return members;
  return placed.sort((a, b) => a.start - b.start).map(({ member }) => member);
}
