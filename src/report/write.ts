import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { LostbitError } from '../errors.js';

/**
 * Writes a whole file or none: beside it first, then into its place.
 *
 * @throws LostbitError `E_WRITE`.
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeFile(beside, text);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw new LostbitError('E_WRITE', `cannot write ${file}: ${(error as Error).message}`, {}, error);
  }
}
