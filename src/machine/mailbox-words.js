// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// How a mailbox is laid out, for both of its sides. Plain JavaScript, because Node 20 cannot run TypeScript in a worker.

/** The first 32-bit word. A caller that went on with other things is answered by message. */
export const State = /** @type {const} */ ({
  called: 1,
  awaited: 2,
  returned: 3,
  trapped: 4,
  assigned: 5,
  released: 6,
});

/** Bytes; the second and the third word are the length of the name and the number of arguments. */
export const mailboxBytes = 512;
/** Where the name's bytes begin, and how many there may be. */
export const nameAt = 16;
export const nameBytes = 112;
/** Where the numbers begin, 64-bit floats: the value that was returned, then the arguments. */
export const numbersAt = 128;
