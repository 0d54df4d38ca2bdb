// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { EngineResult } from '../engine/engine.js';
import { LostbitError } from '../errors.js';
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

/** The result of a cell whose engine has ended with an error: no verdict, and why. */
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
