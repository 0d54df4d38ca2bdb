// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createHash } from 'node:crypto';

/** A function that some step calls, with as many arguments; those that are C text stand in its code. */
export interface Call {
  readonly function: string;
  /** `null` for a number, which the step brings along. */
  readonly args: readonly (string | null)[];
}

/** The C's name of the constant that points to the step function which makes a call. */
export function symbolOf(call: Call): string {
  const digest = createHash('sha256').update(JSON.stringify(call.args)).digest('hex').slice(0, 8);
  return `lab_call_${call.function}_${digest}`;
}

/** C that makes the calls, to stand behind the unit that defines the functions: statics can be called there, too. */
export function codeOfCalls(calls: readonly Call[]): string {
  if (calls.length === 0) return '';
  const lines = calls.map((call) => {
    const args = call.args.map((text, i) => (text === null ? `lab_step->arg[${i}]` : `(${text})`));
    return `LAB_CALL(${symbolOf(call)}, ${call.function}(${args.join(', ')}))`;
  });
  return `\n#include <lab/call.h>\n${lines.join('\n')}\n`;
}
