// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ADDRESS, TID, WHAT } from './event';

/**
 * What ends an exploration for good, unlike a trap of the program: the other side asks for it after every trap.
 */

/** A table has no room left. */
export const Failure_FULL: u32 = 1;
/** The program does not do the same thing twice. */
export const Failure_STRAYED: u32 = 2;

export let failure: u32 = 0;

/** Which event was another one than in the execution before: its index and thread, what it was then, what it is now. */
export let strayedAt: u32 = 0;
export let strayedThread: u32 = 0;
export let strayedFrom: u32 = 0;
export let strayedFromAddress: u32 = 0;
export let strayedTo: u32 = 0;
export let strayedToAddress: u32 = 0;

export function fail(what: u32): void {
  failure = what;
  unreachable();
}

export function failAt(index: u32, event: u32, label: u32): void {
  strayedAt = index;
  strayedThread = load<u8>(label, TID);
  strayedFrom = load<u32>(event, WHAT);
  strayedFromAddress = load<u32>(event, ADDRESS);
  strayedTo = load<u32>(label, WHAT);
  strayedToAddress = load<u32>(label, ADDRESS);
  fail(Failure_STRAYED);
}

export function forgetFailure(): void {
  failure = 0;
}
