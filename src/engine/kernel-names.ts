// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../machine/machine.js';
import { type Context, contexts } from '../scenario/scenario.js';

// What the stub kernel has numbers for, by the names that its enumerators have.

/** What a task runs as, of the C side's `enum stub_context`; `null`: a number that it has no name for. */
export function taskContextOf(machine: Machine, context: number): Context | null {
  const name = machine.enumeratorName('stub_context', context);
  return contexts.find((one) => name === `STUB_${one.toUpperCase()}`) ?? null;
}

/** The number that the C side has for it. */
export const contextNumber = (machine: Machine, context: Context): number =>
  machine.enumerator('stub_context', `STUB_${context.toUpperCase()}`);

/** What an access does, of the C side's `enum stub_access`. */
export type AccessWord = 'load' | 'store' | 'atomic';

/** @throws Error where the module has no such number: a defect of lostbit's. */
export function accessWordOf(machine: Machine, access: number): AccessWord {
  const name = machine.enumeratorName('stub_access', access);
  const word = (['load', 'store', 'atomic'] as const).find((one) => name === `STUB_${one.toUpperCase()}`);
  if (word === undefined) throw new Error(`the stub kernel knows an access ${name}`);
  return word;
}
