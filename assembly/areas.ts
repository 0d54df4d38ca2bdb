// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { THREADS } from './map';
import { get, set, stackStart } from './threads';

/**
 * The threads' areas: their thread-local storage and their stacks. A thread hardly ever accesses another one's, and as
 * long as none has, what its own thread does there orders nothing and need not be tracked.
 */

let first: u32 = 0;
let all: u32 = 0;
let each: u32 = 0;

/** Of the running thread. */
export let ownArea: u32 = 0;
/** How much of it is that thread's alone: all or nothing. */
export let ownBytes: u32 = 0;
/** How far down each thread's stack has been used in the execution at hand. */
const lowest = memory.data(64 * 4);
/** Another thread has been in it, over all executions. */
const visited = memory.data(64 * 4);

export function setAreas(start: u32, bytes: u32): void {
  first = start;
  each = bytes;
  all = bytes * THREADS;
  for (let t: u32 = 0; t < THREADS; t++) set(<usize>lowest, t, get(stackStart, t));
}

/** A thread runs; `open`: no area counts as private. */
export function enterArea(thread: u32, open: bool): void {
  ownArea = first + thread * each;
  ownBytes = open || isVisited(thread) ? 0 : each;
}

@inline export function isOwn(address: u32): bool {
  return address - ownArea < each;
}

@inline export function isInAreas(address: u32): bool {
  return address - first < all;
}

@inline export function isVisited(thread: u32): bool {
  return get(<usize>visited, thread) != 0;
}

/** Notes that another thread than its own is in the area of an address; returns whether that is new. */
export function visit(address: u32): bool {
  const owner = (address - first) / each;
  if (get(<usize>visited, owner) != 0) return false;
  set(<usize>visited, owner, 1);
  return true;
}

export function forgetVisits(): void {
  memory.fill(visited, 0, 64 * 4);
}

@inline export function noteDepth(frame: u32): void {
  const thread = (ownArea - first) / each;
  if (frame < get(<usize>lowest, thread)) set(<usize>lowest, thread, frame);
}

/** How far down it has been; from here on, nowhere. */
export function takeDepth(thread: u32): u32 {
  const depth = get(<usize>lowest, thread);
  set(<usize>lowest, thread, get(stackStart, thread));
  return depth;
}
