// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';

/** What a shell reports of a program that SIGINT ended. */
export const interruptedStatus = 130;

const interrupted = new AbortController();

/** Aborted by the first signal after {@link endBySignal}, and where going on has become pointless. */
export const interruption = interrupted.signal;

let tell: () => void = () => {};

/** Says who is to know that the command ends by itself when it is interrupted. */
export function onEndBySignal(listener: () => void): void {
  tell = listener;
}

/**
 * From here on the first signal lets the command stop its threads and compilers and say what it has; the second one does
 * not wait for that, nor does the first where the command is too busy to hear of it. Before, a signal ends it at once.
 */
export function endBySignal(): void {
  tell();
}

/** A signal has come. */
export function interrupt(): void {
  interrupted.abort(new LostbitError('E_INTERRUPTED', 'interrupted'));
}

/** Ends the command by an error that nobody waits for. */
export function giveUp(error: LostbitError): void {
  interrupted.abort(error);
}
