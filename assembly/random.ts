// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { clockUpTo, resetClocks } from './clocks';
import { keepSchedule } from './data-races';
import { depth, enabled, force } from './execution';
import { THREADS } from './map';
import { bitOf, count } from './threads';

/**
 * Random schedules. At random: any thread that can go on, at every event. With PCT (Burckhardt, Kothari, Musuvathi,
 * Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010): the thread of the
 * highest priority, where at a few random events the running one's drops below all others.
 */

/** Events at which priorities change; bugs of one more ordering constraint are found with the paper's probability. */
const CHANGES: u32 = 3;

let seed: u32 = 1;
let withPriorities: bool = false;
/** Events of the longest execution so far, as the places of the changes are drawn from them. */
let longest: u32 = 1;
const priorities = memory.data(THREADS * 4);
const changes = memory.data(THREADS * 4);

export function seedRandom(value: u32): void {
  // Xorshift stays at 0.
  seed = value | 1;
}

/** Marsaglia's xorshift32. */
function draw(below: u32): u32 {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed % below;
}

function deal(): void {
  force(0, 0);
  if (!withPriorities) return;
  for (let t: u32 = 0; t < count; t++) {
    // Insertion at a random place of those above all that the changes will give.
    const at = draw(t + 1);
    store<u32>(priorities + t * 4, CHANGES + at);
    for (let other: u32 = 0; other < t; other++) {
      const priority = load<u32>(priorities + other * 4);
      if (priority >= CHANGES + at) store<u32>(priorities + other * 4, priority + 1);
    }
  }
  for (let c: u32 = 0; c < CHANGES; c++) store<u32>(changes + c * 4, draw(longest));
}

export function start(pct: bool): void {
  withPriorities = pct;
  longest = 1;
  deal();
}

export function choose(): i32 {
  const able = enabled();
  if (able == 0) return -1;
  if (!withPriorities) {
    let skip = draw(<u32>popcnt(able));
    let mask = able;
    for (; skip > 0; skip--) mask &= mask - 1;
    return <i32>ctz(mask);
  }
  for (let c: u32 = 0; c < CHANGES; c++)
    if (load<u32>(changes + c * 4) == depth) store<u32>(priorities + highest(able) * 4, c);
  return highest(able);
}

function highest(able: u64): u32 {
  let best: u32 = 0;
  let priority: i32 = -1;
  for (let t: u32 = 0; t < count; t++) {
    const own = <i32>load<u32>(priorities + t * 4);
    if ((able & bitOf(t)) != 0 && own > priority) {
      priority = own;
      best = t;
    }
  }
  return best;
}

export function advance(): bool {
  longest = max(longest, depth);
  clockUpTo(depth);
  keepSchedule();
  resetClocks(count);
  deal();
  return true;
}
