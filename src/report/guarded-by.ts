// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { GuardReport } from '../hazards/guard-report.js';
import type { UnguardedField } from '../hazards/guarded-by.js';
import { printable } from '../printable.js';

/** What is said beside the diff, for people. */
export function guardText(
  { units, locksOf, proved, notProved, unguarded }: GuardReport,
  verbose: boolean,
): string {
  const unknown = unguarded.filter(({ isUnknown }) => isUnknown);
  const known = unguarded.filter(({ isUnknown }) => !isUnknown);
  const head =
    proved.length === 0
      ? notProved.length === 0
        ? 'nothing to annotate: no bit-field has writers that all hold one lock of its struct, or a global one'
        : `nothing to annotate: clang confirms none of ${fields(notProved.length)} whose writers hold one lock`
      : pc.green(
          `${fields(proved.length)} annotated, proved by clang’s context analysis of ${units} file${units === 1 ? '' : 's'}`,
        );
  return [
    head,
    ...(proved.length > 0 && locksOf === 'lostbit'
      ? [
          'these sources have no context analysis (Linux 7.0 and later do): what locks are was said by lostbit for the proof,',
          'and __guarded_by() may have to be defined before the diff compiles',
        ]
      : []),
    ...notProved.map(
      ({ guarded, why }) => `not proved: ${nameOf(guarded)} by ${printable(guarded.lock)}: ${printable(why)}`,
    ),
    ...listed(
      unknown,
      `of ${fields(unknown.length)} it is not known whether a lock guards ${unknown.length === 1 ? 'it' : 'them'}: code that was not read may hold it`,
      verbose,
    ),
    ...listed(known, `of ${fields(known.length)} the writers do not agree on a lock`, verbose),
    ...(unguarded.length > 0 && !verbose ? [pc.dim('--verbose lists them')] : []),
  ].join('\n');
}

function listed(unguarded: readonly UnguardedField[], head: string, verbose: boolean): string[] {
  if (unguarded.length === 0) return [];
  const lines = unguarded.map((one) => `  ${nameOf(one)} by ${printable(one.lock)}: ${printable(one.why)}`);
  return [head, ...(verbose ? lines : [])];
}

const nameOf = ({ struct, field }: { readonly struct: string; readonly field: string }): string =>
  printable(`${struct}.${field}`);

const fields = (number: number): string => `${number} bit-field${number === 1 ? '' : 's'}`;
