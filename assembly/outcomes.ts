// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { eventAt, PREEMPTIONS, TICKS, TID } from './event';
import { depth } from './execution';
import { Failure_FULL, fail } from './failure';
import { OUTCOME_SLOTS, OUTCOMES, OUTCOMES_MAX, RUNS, RUNS_END, THREADS } from './map';
import { count, done, get, set } from './threads';

/**
 * Outcomes of executions: how they ended, what was observed, and of each the schedule with the fewest preemptions.
 *
 * An outcome takes 128 bytes: 8 values, then the count, how it ended, a hash of the violations, its schedule's first
 * run, how many there are, its preemptions, the hash of all that distinguishes it, and where the hash table has it.
 */

export const OUTCOME_BYTES: u32 = 128;
export const COUNT: u32 = 64;
export const ENDING: u32 = 72;
export const CAUGHT: u32 = 76;
export const FIRST_RUN: u32 = 80;
export const RUN_COUNT: u32 = 84;
export const OUTCOME_PREEMPTIONS: u32 = 88;
const HASH: u32 = 92;
const SLOT: u32 = 96;

export const Ending_DONE: u32 = 0;
export const Ending_DEADLOCK: u32 = 1;
export const Ending_TRAP: u32 = 2;
export const Ending_LIMIT: u32 = 3;
/** A thread polls what no other thread will change. */
export const Ending_SPIN: u32 = 4;
/** No thread can go on, but something is due that a kernel would do by itself. */
export const Ending_UNSERVED: u32 = 5;

export let outcomes: u32 = 0;
let runsTop: u32 = RUNS;
let observed: u32 = 0;
const SLOTS: u32 = 0x2_0000;
export const values = memory.data(64, 16);

export function resetOutcomes(names: u32): void {
  for (let i: u32 = 0; i < outcomes; i++) store<u32>(OUTCOME_SLOTS + load<u32>(outcomeAt(i), SLOT) * 4, 0);
  outcomes = 0;
  runsTop = RUNS;
  observed = names;
}

@inline export function outcomeAt(index: u32): u32 {
  return OUTCOMES + index * OUTCOME_BYTES;
}

/** Of each thread, the ticks that its runs come to so far, and its last run: that one goes on up to its next event. */
const reached = memory.data(THREADS * 4);
const lastRun = memory.data(THREADS * 4);

/** The runs of the execution at hand: which thread ran how long. Returns how many there are. */
export function writeRuns(at: u32, end: u32): u32 {
  const first = at;
  memory.fill(reached, 0, THREADS * 4);
  memory.fill(lastRun, 0, THREADS * 4);
  let running: i32 = -1;
  for (let i: u32 = 0; i < depth; i++) {
    const event = eventAt(i);
    const thread: u32 = load<u8>(event, TID);
    if (<i32>thread == running) continue;
    running = thread;
    if (get(lastRun, thread) != 0) goUpTo(thread, load<u32>(event, TICKS));
    if (at + 8 > end) fail(Failure_FULL);
    store<u32>(at, thread);
    set(lastRun, thread, at);
    at += 8;
  }
  for (let t: u32 = 0; t < count; t++) {
    const all = done(t);
    if (get(lastRun, t) != 0) {
      goUpTo(t, all);
      continue;
    }
    // Threads that have no event run as well.
    if (all == 0) continue;
    if (at + 8 > end) fail(Failure_FULL);
    store<u32>(at, t);
    store<u32>(at, all, 4);
    at += 8;
  }
  return (at - first) >>> 3;
}

@inline function goUpTo(thread: u32, ticks: u32): void {
  store<u32>(get(lastRun, thread), ticks - get(reached, thread), 4);
  set(reached, thread, ticks);
}

/** Keeps the runs of the execution at hand; returns the first one's address. */
export let keptRuns: u32 = 0;
export function keepRuns(): u32 {
  keptRuns = writeRuns(runsTop, RUNS_END);
  const first = runsTop;
  runsTop += keptRuns * 8;
  return first;
}

/** Counts an execution; returns the outcome's index, or -1 where there is no room for another one. */
export function tally(ending: u32, caught: u32): i32 {
  let hash: u32 = (ending * 31 + caught) * 0x9e37_79b1;
  if (ending == Ending_DONE)
    for (let i: u32 = 0; i < observed; i++) {
      const value = load<u64>(values + i * 8);
      hash = (hash ^ <u32>value ^ <u32>(value >>> 32)) * 0x9e37_79b1;
      hash ^= hash >>> 15;
    }
  else memory.fill(values, 0, 64);

  const preemptions = depth > 0 ? load<u32>(eventAt(depth - 1), PREEMPTIONS) : 0;
  let slot = hash % SLOTS;
  for (;;) {
    const known = load<u32>(OUTCOME_SLOTS + slot * 4);
    if (known == 0) break;
    const outcome = outcomeAt(known - 1);
    if (load<u32>(outcome, HASH) == hash && isSame(outcome, ending, caught)) {
      store<u64>(outcome, load<u64>(outcome, COUNT) + 1, COUNT);
      if (preemptions < load<u32>(outcome, OUTCOME_PREEMPTIONS)) keep(outcome, preemptions);
      return known - 1;
    }
    slot = (slot + 1) % SLOTS;
  }
  if (outcomes >= OUTCOMES_MAX) return -1;
  const outcome = outcomeAt(outcomes);
  memory.fill(outcome, 0, OUTCOME_BYTES);
  memory.copy(outcome, values, observed * 8);
  store<u64>(outcome, 1, COUNT);
  store<u32>(outcome, ending, ENDING);
  store<u32>(outcome, caught, CAUGHT);
  store<u32>(outcome, hash, HASH);
  store<u32>(outcome, slot, SLOT);
  // There for good only with its schedule.
  keep(outcome, preemptions);
  store<u32>(OUTCOME_SLOTS + slot * 4, ++outcomes);
  return outcomes - 1;
}

function isSame(outcome: u32, ending: u32, caught: u32): bool {
  if (load<u32>(outcome, ENDING) != ending || load<u32>(outcome, CAUGHT) != caught) return false;
  for (let i: u32 = 0; i < observed; i++) if (load<u64>(outcome + i * 8) != load<u64>(values + i * 8)) return false;
  return true;
}

function keep(outcome: u32, preemptions: u32): void {
  const first = keepRuns();
  store<u32>(outcome, first, FIRST_RUN);
  store<u32>(outcome, keptRuns, RUN_COUNT);
  store<u32>(outcome, preemptions, OUTCOME_PREEMPTIONS);
}
