// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  clockUpTo,
  couldGoBefore,
  eventsOf,
  forgetFrom,
  happensBefore,
  isWithdrawn,
  keepRaces,
  RACE_FIRST,
  RACE_SECOND,
  raceAt,
  races,
  racesOfPending,
  threadEvent,
} from './clocks';
import { keepSchedule } from './data-races';
import { able, cut } from './ending';
import {
  conflict,
  copyLabel,
  EVENT_BYTES,
  EXPLORED,
  eventAt,
  FAILED,
  failsAt,
  isRaw,
  KIND,
  Kind_ACQUIRE,
  Kind_CMPXCHG,
  Kind_TRY_ACQUIRE,
  OTHERS,
  SLEEP,
  SLEEP_FAILED,
  TID,
  UNDONE_BY,
} from './event';
import { depth, enabled, force, forced, stepLimit } from './execution';
import { EVENTS, STOP } from './map';
import { valueWithout } from './reversed';
import { current } from './switching';
import { bitOf, count, found, get, pending, State_DONE, State_SPINNING, state } from './threads';
import { tired } from './ticks';
import {
  append,
  firstChild,
  freeNode,
  insert,
  nextSibling,
  nodeThread,
  resetTrees,
  sequenceAt,
  sequenceLength,
  startSequence,
  weakInitial,
} from './wakeup';

/**
 * Optimal dynamic partial-order reduction with source sets and wakeup trees: Abdulla, Aronis, Jonsson, Sagonas, "Source
 * Sets: A Foundation for Optimal Dynamic Partial Order Reduction", JACM 64(4), 2017, algorithm 2 and section 9 on
 * locks. Each Mazurkiewicz trace is run once, and none is begun in vain.
 *
 * Where it differs:
 * - A race is looked at again in later executions that share its events only while what stands for its reversal may
 *   be disturbed by what comes behind them; once a thread stands for it whose event lies before the race's second
 *   event, or is that one and turns out alike, it does so in all of them.
 * - An acquire races with the acquire that it could have gone before, found by what the lock's word would have been
 *   without what comes after that one; so that shared locks and completions need no rule of their own.
 * - Dependency looks at what an event did: a compare-and-swap or a try-lock that failed is a read. Planned for another
 *   place, the second event of a race counts as what it will do there (reversed.ts); all others do what they did.
 */

/** The wakeup tree behind the events so far: its first node. */
let tree: u32 = 0;
/** Executions that ended with only sleeping threads left. By optimality there are none. */
export let blocked: u32 = 0;
let asleep: bool = false;

/** A sleeping thread's event, and a race's second one in front of the first, as they would turn out. */
const sleeper = memory.data(32, 16);
const reversed = memory.data(32, 16);
/** What a thread is about to do when the execution is over, as an event. */
const ahead = memory.data(EVENT_BYTES, 16);

/** Events that a thread has at a time, while others could go on: so that all have a few turns. */
let quantum: u32 = 0;
const QUANTUM_MAX: u32 = 256;
const TURNS: u32 = 4;
/** The thread that had the last turn, and how many in a row. */
let last: i32 = -1;
let inARow: u32 = 0;

export function start(): void {
  quantum = max(1, min(QUANTUM_MAX, stepLimit / (TURNS * count)));
  last = -1;
  resetTrees();
  tree = 0;
  blocked = 0;
  asleep = false;
}

function sleepingLabel(label: u32, failed: bool): u32 {
  copyLabel(<u32>sleeper, label);
  store<u8>(sleeper, failed ? 1 : 0, FAILED);
  return <u32>sleeper;
}

/** The threads that still sleep behind the last event: those whose next event does not depend on it. */
function fallAsleep(event: u32): u64 {
  let sleep: u64 = 0;
  let failed: u64 = 0;
  if (depth > 0) {
    const before = eventAt(depth - 1);
    sleep = load<u64>(before, SLEEP);
    failed = load<u64>(before, SLEEP_FAILED);
    for (let mask = sleep; mask != 0; mask &= mask - 1) {
      const thread = <u32>ctz(mask);
      const bit = bitOf(thread);
      if (conflict(sleepingLabel(pending(thread), (failed & bit) != 0), before)) {
        sleep &= ~bit;
        failed &= ~bit;
      }
    }
  }
  store<u64>(event, sleep, SLEEP);
  store<u64>(event, failed, SLEEP_FAILED);
  return sleep;
}

export function choose(): i32 {
  const event = eventAt(depth);
  if (depth < forced) return turn(load<u8>(event, TID));
  const sleep = fallAsleep(event);
  store<u32>(event, 0, EXPLORED);
  if (tree != 0) {
    const node = tree;
    store<u32>(event, nextSibling(node), OTHERS);
    tree = firstChild(node);
    freeNode(node);
    return turn(nodeThread(node));
  }
  store<u32>(event, 0, OTHERS);
  const could = enabled();
  const awake = could & ~sleep;
  if (awake == 0) {
    asleep = could != 0;
    return -1;
  }
  const goesOn = current >= 0 && (awake & bitOf(current)) != 0;
  return turn(goesOn ? goOn(<u32>current, awake) : <u32>ctz(awake));
}

/**
 * Who runs goes on: a switch costs more than a step. Though not for ever: it may go round until another one does something,
 * which nothing that is reversed would lead to while that one has not come to it.
 */
function goOn(thread: u32, awake: u64): u32 {
  const others = awake & ~bitOf(thread);
  if (others == 0 || (inARow < quantum && !tired)) return thread;
  const behind = others & ~((bitOf(thread) << 1) - 1);
  return <u32>ctz(behind != 0 ? behind : others);
}

function turn(thread: u32): i32 {
  inARow = <i32>thread == last ? inARow + 1 : 0;
  last = thread;
  return thread;
}

/** The next event of a thread that sleeps before an event. */
function nextEventOf(thread: u32, index: u32): u32 {
  let low: u32 = 0;
  let high = eventsOf(thread);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (threadEvent(thread, middle + 1) > index) high = middle;
    else low = middle + 1;
  }
  return low < eventsOf(thread) ? eventAt(threadEvent(thread, low + 1)) : pending(thread);
}

/**
 * Sees to it that the race's second event is run before its first one as well, unless that is seen to already. Says
 * whether later executions can leave it at that.
 */
function reverse(first: u32, second: u32, label: u32): bool {
  startSequence();
  // An acquire may need more out of its way than the one event.
  const crowded =
    load<u8>(label, KIND) == Kind_ACQUIRE && !isRaw(label) && couldGoBefore(first, label, second);
  for (let i = first + 1; i < depth; i++)
    if (!happensBefore(first, i) && !(crowded && isWithdrawn(i))) append(eventAt(i));
  append(label);

  const event = eventAt(first);
  const failed = load<u64>(event, SLEEP_FAILED);
  for (let mask = load<u64>(event, SLEEP); mask != 0; mask &= mask - 1) {
    const thread = <u32>ctz(mask);
    const place = weakInitial(sleepingLabel(nextEventOf(thread, first), (failed & bitOf(thread)) != 0));
    if (place >= 0) return <u32>place < sequenceLength() && isUpTo(sequenceAt(place), second);
  }
  const witness = insert(first);
  return witness != 0 && isUpTo(witness, second);
}

/** A race's second event as it turns out where the first one, and what comes after that one, has not happened. */
function withoutFirst(first: u32, second: u32): u32 {
  const kind: u32 = load<u8>(second, KIND);
  if (kind != Kind_CMPXCHG && kind != Kind_TRY_ACQUIRE) return second;
  copyLabel(<u32>reversed, second);
  const failed = <u8>failsAt(second, valueWithout(first, second));
  if (load<u8>(second, FAILED) == failed) return second;
  store<u8>(reversed, failed, FAILED);
  return <u32>reversed;
}

@inline function isUpTo(event: u32, index: u32): bool {
  // What turns out otherwise may depend on what came behind it, which was of no interest to it there.
  if (event == <u32>reversed) return false;
  // What is pending lies elsewhere, and is the race's second event itself.
  return event < EVENTS || event > EVENTS + index * EVENT_BYTES ? event < EVENTS : true;
}

function reverseRaces(): void {
  clockUpTo(depth);
  if (load<u32>(STOP) != 0) return;
  let kept: u32 = 0;
  const all = races;
  for (let i: u32 = 0; i < all; i++) {
    if ((i & 63) == 0 && load<u32>(STOP) != 0) return;
    const race = raceAt(i);
    const second = load<u32>(race, RACE_SECOND);
    const first = load<u32>(race, RACE_FIRST);
    if (reverse(first, second, withoutFirst(eventAt(first), eventAt(second)))) continue;
    if (kept != i) store<u64>(raceAt(kept), load<u64>(race));
    kept++;
  }
  keepRaces(kept);
  // A thread that waits for ever might have been first; where the execution was cut short, so might all others.
  for (let t: u32 = 0; t < count; t++) {
    const at = get(state, t);
    const waits = (able & bitOf(t)) == 0;
    if (at == State_DONE || at == State_SPINNING || !(waits || cut != 0)) continue;
    const label = <u32>ahead;
    copyLabel(label, pending(t));
    store<u32>(label, get(found, t), UNDONE_BY);
    racesOfPending(label, depth, waits);
    for (let i = kept; i < races; i++) {
      if ((i & 63) == 0 && load<u32>(STOP) != 0) return;
      const first = load<u32>(raceAt(i), RACE_FIRST);
      reverse(first, depth, withoutFirst(eventAt(first), label));
    }
    keepRaces(kept);
  }
}

export function advance(): bool {
  reverseRaces();
  keepSchedule();
  // What was not reversed is not known to be all there is: the next execution ends as soon as it begins.
  if (load<u32>(STOP) != 0) return true;
  if (asleep) blocked++;
  asleep = false;
  for (let d = depth; d > 0; ) {
    const event = eventAt(--d);
    const node = load<u32>(event, OTHERS);
    if (node == 0) continue;
    const bit = bitOf(load<u8>(event, TID));
    store<u64>(event, load<u64>(event, SLEEP) | bit, SLEEP);
    if (load<u8>(event, FAILED)) store<u64>(event, load<u64>(event, SLEEP_FAILED) | bit, SLEEP_FAILED);
    store<u32>(event, load<u32>(event, EXPLORED) + 1, EXPLORED);
    forgetFrom(d);
    store<u32>(event, nextSibling(node), OTHERS);
    store<u8>(event, <u8>nodeThread(node), TID);
    tree = firstChild(node);
    freeNode(node);
    force(d + 1, d);
    return true;
  }
  return false;
}

/** How much of what is known of the tree of executions is done: a leaf counts as much as its siblings. */
export function done(): f64 {
  let sum: f64 = 0;
  let share: f64 = 1;
  for (let d: u32 = 0; d < forced; d++) {
    const event = eventAt(d);
    const explored = load<u32>(event, EXPLORED);
    let all = explored + 1;
    for (let node = load<u32>(event, OTHERS); node != 0; node = nextSibling(node)) all++;
    sum += (share * <f64>explored) / <f64>all;
    share /= <f64>all;
  }
  return sum;
}

/** Was the execution cut short by sleeping threads? */
export function wasAsleep(): bool {
  return asleep;
}
