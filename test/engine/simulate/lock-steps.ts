// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { EMPTY, type Instruction } from './oracle.js';
import { instruction } from './random-program.js';

/** The steps of locks that are words of a random program's memory, as `answers.h` makes them. */

const acquire = (at: number, expected: number, value: number) =>
  instruction('acquire', { at, expected, value });
const tryAcquire = (at: number, expected: number, value: number, reg: number) =>
  instruction('try_acquire', { at, expected, value, reg });
const release = (at: number, value: number) => instruction('release', { at, value });

export interface LockSteps {
  readonly take: (at?: number) => Instruction;
  readonly tryTo: (at?: number, reg?: number) => Instruction;
  readonly give: (at?: number) => Instruction;
}

function lockSteps(busy: number, claim: number): LockSteps {
  return {
    take: (at = 0) => acquire(at, busy, claim),
    tryTo: (at = 0, reg = 1) => tryAcquire(at, busy, claim, reg),
    give: (at = 0) => release(at, claim),
  };
}

export const mutex = lockSteps(1, 1);
export const writer = lockSteps(0xffff, 0x8000);
export const reader = lockSteps(0x8000, 1);

/** What is in the word of a completion that nobody has completed, and -1 of it. */
export const NONE = 0;
const ONE = 0xffffffff;

/** `take` waits for it, `give` completes it. */
export const completion = lockSteps(EMPTY, ONE);
