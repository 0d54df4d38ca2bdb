// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What has ended the execution at hand, if not that all of its threads are done. */

/** Threads that could go on when the execution was over. */
export let able: u64 = 0;
/** A thread has trapped in this execution. */
export let trapped: bool = false;
/** The other side has had it end. */
export let stopped: bool = false;
/** What has cut this execution short; 0: nothing. */
export let cut: u32 = 0;
/** The same of all executions, as a mask. */
export let cuts: u32 = 0;
/** As many events as there may be; no room for what it writes; a thread that goes on by itself; calls without room. */
export const Cut_STEPS: u32 = 1;
export const Cut_ROOM: u32 = 2;
export const Cut_ALONE: u32 = 4;
export const Cut_CALLS: u32 = 8;

/** For an execution that begins. */
export function forgetEnding(): void {
  trapped = false;
  cut = 0;
  stopped = false;
}

export function forgetCuts(): void {
  cuts = 0;
}

export function cutShort(why: u32): void {
  cut |= why;
  cuts |= why;
}

/** Calls had no room to be unwound: the execution has trapped, and others would have gone on. */
export function trapDeep(): void {
  trapped = true;
  cuts |= Cut_CALLS;
}

@inline export function noteTrap(): void {
  trapped = true;
}

export function noteEnd(ableThreads: u64): void {
  able = ableThreads;
}

export function noteStop(isStopped: bool): void {
  stopped = isStopped;
}
