// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What a task waits for that waits until there is something to take: STUB_EMPTY of the stub kernel. */
const EMPTY = 0x10000;
/** What of a lock's word says who has it: STUB_STATE. */
const STATE = 0xffff;

/** Would an acquire that waits for this have to wait, with this in the lock's word? As stub_is_busy() of the stub kernel. */
export const isBusy = (word: number, busy: number): boolean =>
  busy === EMPTY ? (word & STATE) === 0 : (word & busy) !== 0;
