// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { open, realpath } from 'node:fs/promises';
import { Cache, keyOf } from './cache.js';
import { execute } from './execute.js';

/**
 * What a program prints on standard output, which says what it is. It is kept until another one lies there: by size, time and number of
 * its file, as ccache knows compilers. A script, which may start anything, is asked every time.
 *
 * @throws LostbitError `E_TOOLCHAIN` where it cannot be run.
 */
export async function printedBy(path: string, args: readonly string[]): Promise<string> {
  const stamp = await stampOf(path);
  const cache = new Cache(null);
  const key = keyOf('printed', stamp, args);
  const kept = stamp === null ? undefined : await cache.get(key);
  if (kept !== undefined) return kept.diagnostics;
  const { status, stdout } = await execute({ path }, args);
  if (stamp !== null && status === 0) await cache.put(key, { bytes: new Uint8Array(), diagnostics: stdout });
  return stdout;
}

/** Null for a script, and for what cannot be read. */
async function stampOf(path: string): Promise<readonly string[] | null> {
  try {
    const real = await realpath(path);
    const file = await open(real, 'r');
    try {
      const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
      const { ino, size, mtimeNs } = await file.stat({ bigint: true });
      return buffer.toString('latin1') === '#!' ? null : [path, real, `${ino} ${size} ${mtimeNs}`];
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
