// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CommanderError } from 'commander';
import { ExitStatus, LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { failureOf } from './failure.js';
import { program } from './program.js';
import { interruptedStatus, interruption } from './signals.js';
import { printError } from './terminal.js';

/** Runs one command line, without the program's name. What went wrong is printed, and the exit status returned. */
export async function execute(args: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    args.forEach(checkArgument);
    await (await program(args)).parseAsync(args, { from: 'user' });
    const failed = endedBy();
    if (failed !== null) return complain(failed);
    return Number(process.exitCode ?? ExitStatus.expected);
  } catch (error) {
    const failed = endedBy();
    if (failed !== null) return complain(failed);
    if (interruption.aborted) {
      printError('interrupted');
      return interruptedStatus;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ExitStatus.refused;
    return complain(error);
  }
}

/** Arguments are repeated in error messages: one with a line break could look like another message. */
function checkArgument(text: string): void {
  if (!/[\n\v\f\r\x85\u2028\u2029]/.test(text)) return;
  throw new LostbitError('E_USAGE', `an argument has a line break in it: '${printable(text)}'`, {
    hint: 'rename the file, if it is one',
  });
}

/** The error that ended the command from outside, `null` where nothing or a signal did. */
function endedBy(): unknown {
  const reason = interruption.reason as { readonly code?: string } | undefined;
  return reason === undefined || reason.code === 'E_INTERRUPTED' ? null : reason;
}

function complain(error: unknown): number {
  const { text, status } = failureOf(error);
  printError(text);
  return status;
}
