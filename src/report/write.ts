// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { randomUUID } from 'node:crypto';
import { access, constants, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LostbitError } from '../errors.js';
import { leftover } from '../leftovers.js';
import { printable } from '../printable.js';

/** A file to be written later: where it really lies, and whether it is one that can be replaced. */
export interface Target {
  readonly path: string;
  /** Regular or not there yet; a device or a pipe is written to instead. */
  readonly regular: boolean;
}

/**
 * Checks before long work whether its result can be written. Symbolic links are followed.
 *
 * @throws LostbitError `E_WRITE`.
 */
export async function writable(file: string): Promise<Target> {
  try {
    if (file === '') throw new Error('the name is empty');
    const path = await realpath(file).catch(() => resolve(file));
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory()) throw new Error('it is a directory');
    const regular = found === null || found.isFile();
    await access(regular ? dirname(path) : path, constants.W_OK);
    return { path, regular };
  } catch (error) {
    throw unwritable(file, error);
  }
}

/**
 * Writes a whole file or none: beside it first, then into its place.
 *
 * @throws LostbitError `E_WRITE`.
 */
export async function writeWhole({ path, regular }: Target, text: string): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  const settled = leftover(beside);
  try {
    if (!regular) return await writeFile(path, text);
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw unwritable(path, error);
  } finally {
    settled();
  }
}

const unwritable = (file: string, error: unknown) =>
  new LostbitError(
    'E_WRITE',
    `cannot write '${printable(file)}': ${printable((error as Error).message)}`,
    {},
    error,
  );
