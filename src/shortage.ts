// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from './errors.js';

/** What a machine has too little of: how that shows, and what helps. */
interface Shortage {
  readonly what: string;
  readonly codes: readonly string[];
  /** For errors without a code. */
  readonly message?: RegExp;
  readonly hint: string;
}

const shortages: readonly Shortage[] = [
  {
    what: 'no more files can be opened',
    codes: ['EMFILE', 'ENFILE'],
    hint: 'raise the limit on open files: ulimit -n 1024',
  },
  {
    what: 'there is no memory left',
    codes: ['ENOMEM', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_MEMORY_ALLOCATION_FAILED'],
    message: /allocation failed|could not allocate|out of memory|invalid array buffer length/i,
    hint: 'raise what limits it (ulimit -v, the container’s limit, NODE_OPTIONS=--max-old-space-size=MiB), or run less beside it',
  },
  {
    what: 'no more threads or processes can be started',
    codes: ['EAGAIN', 'ERR_WORKER_INIT_FAILED'],
    hint: 'raise the limits on processes and open files: ulimit -u, ulimit -n 1024',
  },
  {
    what: 'the disk is full',
    codes: ['ENOSPC', 'EDQUOT'],
    hint: 'make room there; LOSTBIT_CACHE and TMPDIR move what lostbit keeps itself',
  },
];

/**
 * An error that comes from too little memory, files, threads or room on a disk is not lostbit's: it says what to raise.
 * `null` for any other. Looks at what an error was caused by, too.
 */
export function shortageOf(error: unknown): LostbitError | null {
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++) {
    const { code } = one as NodeJS.ErrnoException;
    const { message, name } = one;
    const found = shortages.find(
      ({ codes, message: pattern }) =>
        (code !== undefined && codes.includes(code)) || (name === 'RangeError' && pattern?.test(message)),
    );
    if (found !== undefined)
      return new LostbitError('E_RESOURCES', `${found.what}: ${message}`, { hint: found.hint }, error);
  }
  return null;
}
