// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { resetClocks } from './clocks';
import * as dfs from './dfs';
import * as dpor from './dpor';
import * as follow from './follow';
import * as random from './random';
import { count } from './threads';

/**
 * A strategy chooses which thread goes next, and, when an execution is over, whether there is another one to run.
 *
 * choose() returns a thread that can go on; -1 where none is to: all are done, blocked or asleep.
 */

export const Strategy_DPOR: u32 = 0;
export const Strategy_DFS: u32 = 1;
export const Strategy_RANDOM: u32 = 2;
export const Strategy_PCT: u32 = 3;
export const Strategy_FOLLOW: u32 = 4;

let strategy: u32 = 0;

export function useStrategy(value: u32): void {
  strategy = value;
}

export function choose(): i32 {
  if (strategy == Strategy_DPOR) return dpor.choose();
  if (strategy == Strategy_DFS) return dfs.choose();
  if (strategy == Strategy_FOLLOW) return follow.choose();
  return random.choose();
}

/** Prepares for the first execution. */
export function start(): void {
  resetClocks(count);
  if (strategy == Strategy_DPOR) dpor.start();
  else if (strategy == Strategy_FOLLOW) follow.start();
  else if (strategy != Strategy_DFS) random.start(strategy == Strategy_PCT);
}

/** The execution is over: is there another one? */
export function advance(): bool {
  if (strategy == Strategy_DPOR) return dpor.advance();
  if (strategy == Strategy_DFS) return dfs.advance();
  if (strategy == Strategy_FOLLOW) return false;
  return random.advance();
}

/** How much of the exploration is done, from 0 to 1; of one by chance, 0. */
export function done(): f64 {
  if (strategy == Strategy_DPOR) return dpor.done();
  return strategy == Strategy_DFS ? dfs.done() : 0;
}
