// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';

/** What a shell reports of a program that SIGINT ended. */
export const interruptedStatus = 130;

const interrupted = new AbortController();

/** Aborted by the first signal after {@link endBySignal}, and where going on has become pointless. */
export const interruption = interrupted.signal;

let endsBySignal: () => void = () => {};

/** The listener is called once the command ends by itself when it is interrupted. */
export function onEndBySignal(listener: () => void): void {
  endsBySignal = listener;
}

/**
 * From here on the first signal lets the command stop its threads and compilers and report what it has found; the second
 * one does not wait for that, nor does the first where the command does not react. Before, a signal ends it at once.
 */
export function endBySignal(): void {
  endsBySignal();
}

/** A signal has arrived. */
export function interrupt(): void {
  interrupted.abort(new LostbitError('E_INTERRUPTED', 'interrupted'));
}

/** Ends the command by an error outside of what it awaits. */
export function giveUp(error: LostbitError): void {
  interrupted.abort(error);
}
