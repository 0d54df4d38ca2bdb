// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { runInNewContext } from 'node:vm';
import picomatch from 'picomatch';
import { LostbitError } from '../errors.js';

/** Longest pattern: longer than any written by hand. */
const longest = 1000;
/** Milliseconds for a pattern with all names, where a sensible one takes none. */
const patience = 1000;

/**
 * The names that a glob pattern matches. A pattern becomes a regular expression, which may backtrack for ever: such ones
 * are stopped.
 *
 * @throws LostbitError `E_PATTERN` for one that is too long, or takes too long.
 */
export function matching(pattern: string, names: readonly string[]): string[] {
  if (names.includes(pattern)) return [pattern];
  if (pattern.length > longest)
    throw refusal(`a pattern has ${pattern.length} characters; it may have ${longest}`);
  const expression = picomatch.makeRe(pattern);
  try {
    // Regular expressions can be interrupted, though only in a context.
    return [
      ...(runInNewContext(
        'names.filter((name) => expression.test(name))',
        { expression, names },
        { timeout: patience },
      ) as string[]),
    ];
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw refusal(`the pattern '${pattern}' takes too long to be held against names`);
  }
}

const refusal = (message: string) =>
  new LostbitError('E_PATTERN', message, { hint: "write it with fewer stars and brackets, as in 'open-*'" });
