// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';

/** What a shell reports of a program that SIGINT ended. */
export const interruptedStatus = 130;

const interrupted = new AbortController();

/** Aborted by the first SIGINT or SIGTERM after {@link endBySignal}. */
export const interruption = interrupted.signal;

/**
 * From here on the first signal lets the command stop its threads and compilers and say what it has; the
 * second one does not wait for that. Before, a signal simply ends the process, which is all that helps
 * against a scenario file that loops.
 */
export function endBySignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interruption.aborted) process.exit(interruptedStatus);
      interrupted.abort(new LostbitError('E_INTERRUPTED', 'interrupted'));
    });
  }
}
