// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createReadStream } from 'node:fs';
import { LostbitError } from './errors.js';
import { printable } from './printable.js';

let read: Promise<Buffer> | undefined;

/**
 * Reads what is piped in, to its end; whoever asks for it again is given the same. By its descriptor: in a thread, as
 * commands are, `process.stdin` is another one.
 *
 * @param code of the error where it cannot be read.
 * @param most bytes that it may have.
 * @throws LostbitError `code`.
 */
export function readStandardInput(code: string, most: number): Promise<Buffer> {
  read ??= readToItsEnd(code, most);
  return read;
}

async function readToItsEnd(code: string, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream('', { fd: 0, autoClose: false })) {
      size += chunk.length;
      if (size > most) throw new LostbitError(code, `standard input is too large: more than ${most} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof LostbitError) throw error;
    throw new LostbitError(
      code,
      `cannot read standard input: ${printable((error as Error).message)}`,
      {},
      error,
    );
  }
  return Buffer.concat(chunks);
}
