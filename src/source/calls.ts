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
    const { head, args } = partsOf(call);
    return `${head}${args.join(separator)}))`;
  });
  return `\n#include <lab/call.h>\n${lines.join('\n')}\n`;
}

const separator = ', ';

const partsOf = (call: Call) => ({
  head: `LAB_CALL(${symbolOf(call)}, ${call.function}(`,
  args: call.args.map((text, i) => (text === null ? `lab_step->arg[${i}]` : `(${text})`)),
});

/** Which of the calls behind a unit's own text a line of the whole is, counted from 1; `null` where it is none. */
export function callAt(text: string, calls: readonly Call[], line: number): Call | null {
  // The code begins with the end of a line, and an #include.
  return calls[line - text.split('\n').length - 2] ?? null;
}

/** Index of the argument that a column of a call's line lies in, counted from 1; `null` where it is none's. */
export function argumentAt(call: Call, column: number): number | null {
  const { head, args } = partsOf(call);
  let end = head.length;
  for (const [i, text] of args.entries()) {
    if (column > end && column <= end + text.length) return i;
    end += text.length + separator.length;
  }
  return null;
}

/** C that makes no call, and has the compiler keep what is known of the functions. */
export const codeThatKeeps = (calls: readonly Call[]): string =>
  [...new Set(calls.map((call) => call.function))]
    .map((name, i) => `\nvoid *const lab_kept_${i} __attribute__((used)) = (void *)${name};`)
    .join('');
