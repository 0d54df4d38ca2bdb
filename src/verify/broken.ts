// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { EngineResult } from '../engine/engine.js';
import { LostbitError } from '../errors.js';
import { isLack } from './applicability.js';
import { judge } from './judge.js';
import type { Broken, EngineName, Result, Tested } from './result.js';

const nothing: EngineResult = {
  outcomes: [],
  violations: [],
  warnings: [],
  idle: [],
  samples: 0,
  seconds: 0,
  interrupted: false,
};

/** The result of a cell whose engine has ended with an error. */
export function unjudgedCell(tested: Tested, engine: EngineName, error: unknown, reproduce: string): Result {
  if (error instanceof LostbitError) {
    if (error.code === 'E_MISSING_FUNCTION') return undecidedCell(tested, engine, error.message);
    // What a scenario names is in the excerpt; a kernel's sources need not have it.
    if (tested.of.known !== undefined && isLack(error))
      return inapplicableCell(tested, engine, error.message);
  }
  return brokenCell(tested, engine, error, reproduce);
}

/** A scenario that says nothing of the sources, and why. */
export const inapplicableCell = (tested: Tested, engine: EngineName, inapplicable: string): Result => ({
  ...judge(tested, { engine, found: nothing, reproduce: '' }),
  verdict: 'not-applicable',
  undecided: null,
  inapplicable,
  exhaustive: false,
  agreement: 'agrees',
  reproduce: null,
});

const undecidedCell = (tested: Tested, engine: EngineName, undecided: string): Result => ({
  ...judge(tested, { engine, found: nothing, reproduce: '' }),
  verdict: 'undecided',
  undecided,
  unsupported: true,
  exhaustive: false,
  agreement: 'undecided',
  reproduce: null,
});

/** No verdict, and why. */
export function brokenCell(tested: Tested, engine: EngineName, error: unknown, reproduce: string): Result {
  return {
    ...judge(tested, { engine, found: nothing, reproduce }),
    verdict: null,
    undecided: null,
    exhaustive: false,
    agreement: 'broken',
    reproduce,
    broken: reasonOf(error),
  };
}

function reasonOf(error: unknown): Broken {
  if (error instanceof LostbitError) {
    const { code, message, advice } = error;
    return { code, message, hint: advice.hint ?? null, stack: null };
  }
  // Without a code it is a defect of lostbit: the stack is what helps.
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return { code: null, message, hint: null, stack: stack ?? null };
}
