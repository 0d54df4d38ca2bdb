// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { LostbitError } from './errors.js';
import { printable } from './printable.js';

/**
 * Reads a file that somebody has named. Only regular ones: a FIFO never ends where nobody writes to it, and a device may
 * do anything when it is read.
 *
 * @param code of the error where it cannot be read.
 * @param most bytes that it may have.
 * @throws LostbitError `code`, naming the file and why.
 */
export async function readRegularFile(
  path: string,
  code: string,
  most = Number.POSITIVE_INFINITY,
): Promise<Buffer<ArrayBuffer>> {
  let file: FileHandle | undefined;
  try {
    // Opening a FIFO would wait for a writer, and opening a device may act on it; not so with this.
    checkRegular(path, await stat(path), code);
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // It may have become another one meanwhile.
    const found = await file.stat();
    checkRegular(path, found, code);
    if (found.size > most) throw tooLarge(path, found.size, most, code);
    return await file.readFile();
  } catch (error) {
    if (error instanceof LostbitError) throw error;
    throw cannotRead(path, code, error as Error);
  } finally {
    await file?.close();
  }
}

/**
 * The same at once, for what is read where nobody can wait, with what the file was known by when it was read.
 *
 * @throws LostbitError `code`, naming the file and why.
 */
export function readRegularFileSync(
  path: string,
  code: string,
  most: number,
): { readonly bytes: Buffer; readonly found: BigIntStats } {
  let file: number | undefined;
  try {
    checkRegular(path, statSync(path), code);
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(file, { bigint: true });
    checkRegular(path, found, code);
    if (found.size > most) throw tooLarge(path, Number(found.size), most, code);
    return { bytes: readFileSync(file), found };
  } catch (error) {
    if (error instanceof LostbitError) throw error;
    throw cannotRead(path, code, error as Error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const cannotRead = (path: string, code: string, error: Error): LostbitError =>
  new LostbitError(code, `cannot read '${printable(path)}': ${printable(error.message)}`, {}, error);

/** Of a file of text, so many bytes at most: a string of JavaScript has no room for many more. */
export const mostText = 256 * 1024 * 1024;

function tooLarge(path: string, size: number, most: number, code: string): LostbitError {
  return new LostbitError(code, `'${printable(path)}' is too large: ${size} bytes, of at most ${most}`);
}

/** Reads a file that may or may not be there. Null where it is not, is not a regular file, or has more than `most` bytes. */
export async function readIfRegular(path: string, most: number): Promise<Buffer<ArrayBuffer> | null> {
  if (path.includes('\0')) return null;
  let file: FileHandle;
  try {
    if (!(await stat(path)).isFile()) return null;
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= most ? await file.readFile() : null;
  } finally {
    await file.close();
  }
}

/** Refuses what is not a regular file. Throws `code`. */
export function checkRegular(path: string, found: Stats | BigIntStats, code: string): void {
  if (found.isFile()) return;
  throw new LostbitError(code, `'${printable(path)}' is not a regular file: it is ${kindOf(found)}`, {
    hint: 'name a file; what another command writes goes into one first',
  });
}

function kindOf(found: Stats | BigIntStats): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}
