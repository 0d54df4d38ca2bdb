// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isEnabled } from './execution';
import { RUNS_END } from './map';
import { done } from './threads';

/**
 * Follows a schedule: runs of a thread and its ticks, 8 bytes each, below RUNS_END. The execution ends where the schedule
 * ends, or where a thread cannot do what it says.
 */

let runs: u32 = 0;
let at: u32 = 0;
/** Where its thread's ticks are to be when the run at hand is over. */
let goal: u32 = 0;
let begun: bool = false;
/** 1 + the run where a thread did not do what the schedule says; 0: none. */
export let strayed: u32 = 0;

export function giveRuns(count: u32): void {
  runs = count;
}

@inline export function runOf(index: u32): u32 {
  return RUNS_END - (index + 1) * 8;
}

export function start(): void {
  at = 0;
  begun = false;
  strayed = 0;
}

export function choose(): i32 {
  while (at < runs) {
    const thread = load<u32>(runOf(at));
    if (!begun) {
      goal = done(thread) + load<u32>(runOf(at), 4);
      begun = true;
    }
    if (done(thread) < goal) {
      if (isEnabled(thread)) return thread;
      strayed = at + 1;
      return -1;
    }
    at++;
    begun = false;
  }
  return -1;
}
