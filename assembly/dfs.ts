// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { EXPLORED, eventAt, OTHERS, PREEMPTIONS, TID } from './event';
import { depth, enabled, force, forced } from './execution';
import { bitOf } from './threads';

/**
 * Depth-first search over all interleavings; with a bound, over those with so many preemptions at most (Musuvathi and
 * Qadeer, "Iterative context bounding", PLDI 2007). An event keeps the threads that are still to be tried in its place.
 */

let bound: u32 = u32.MAX_VALUE;

export function boundPreemptions(most: u32): void {
  bound = most;
}

export function choose(): i32 {
  const event = eventAt(depth);
  if (depth < forced) return load<u8>(event, TID);
  const able = enabled();
  if (able == 0) return -1;
  // The thread that ran last, if it can go on: any other would preempt it.
  const last = depth > 0 ? <i32>load<u8>(eventAt(depth - 1), TID) : -1;
  const goesOn = last >= 0 && (able & bitOf(last)) != 0;
  const thread = goesOn ? last : <i32>ctz(able);
  const used = depth > 0 ? load<u32>(eventAt(depth - 1), PREEMPTIONS) : 0;
  store<u32>(event, 0, EXPLORED);
  store<u64>(event, goesOn && used >= bound ? 0 : able & ~bitOf(thread), OTHERS);
  return thread;
}

export function advance(): bool {
  for (let d = depth; d > 0; ) {
    const event = eventAt(--d);
    const others = load<u64>(event, OTHERS);
    if (others == 0) continue;
    const thread = ctz(others);
    store<u64>(event, others & (others - 1), OTHERS);
    store<u32>(event, load<u32>(event, EXPLORED) + 1, EXPLORED);
    store<u8>(event, <u8>thread, TID);
    force(d + 1, d);
    return true;
  }
  return false;
}

/** How much of the tree of executions is done. */
export function done(): f64 {
  let sum: f64 = 0;
  let share: f64 = 1;
  for (let d: u32 = 0; d < forced; d++) {
    const explored = load<u32>(eventAt(d), EXPLORED);
    const all = explored + 1 + <u32>popcnt(load<u64>(eventAt(d), OTHERS));
    sum += (share * <f64>explored) / <f64>all;
    share /= <f64>all;
  }
  return sum;
}
