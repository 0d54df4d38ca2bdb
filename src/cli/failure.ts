// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { ExitStatus, LostbitError } from '../errors.js';
import { printable, printableLines } from '../printable.js';
import { shortageOf } from '../shortage.js';

/** The text printed for an error, and its exit status. */
export interface Failure {
  readonly text: string;
  readonly status: number;
}

export function failureOf(error: unknown): Failure {
  const shortage = shortageOf(error);
  if (error instanceof LostbitError) {
    const { code, message, advice } = error;
    return refusal(code, message, advice.hint === undefined ? { ...shortage?.advice, ...advice } : advice);
  }
  if (shortage !== null) return refusal(shortage.code, shortage.message, shortage.advice);
  return {
    text: `${pc.red('defect')} of lostbit: ${printableLines(spelt(error))}`,
    status: ExitStatus.defect,
  };
}

function refusal(code: string, message: string, { reproduce, hint }: LostbitError['advice']): Failure {
  // A line that a name or a compiler begins is not mistaken for one of ours.
  const lines = [`${pc.red('error')} ${code}: ${printableLines(message).replace(/\n(?=.)/g, '\n  ')}`];
  if (reproduce !== undefined) lines.push(`  reproduce: ${printable(reproduce)}`);
  if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`);
  return { text: lines.join('\n'), status: ExitStatus.refused };
}

/** Whatever was thrown, as text: it may be made so that this fails. */
function spelt(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack ?? error.message) : String(error);
  } catch {
    return 'something was thrown that cannot be shown';
  }
}
