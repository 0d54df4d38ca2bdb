// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A directory, with those above it. Unlike the recursive mkdir() it ends where the file system is not one for
 * directories (/proc).
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const above = dirname(path);
    if (code !== 'ENOENT' || above === path) throw error;
    await makeDirectory(above);
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      // Another process has made it meanwhile.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
