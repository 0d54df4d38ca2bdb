// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { write } from 'node:fs';
import { LostbitError } from '../errors.js';
import type { Stream } from './terminal.js';

const descriptors: Readonly<Record<Stream, number>> = { out: 1, error: 2 };

/** Milliseconds until a pipe that takes nothing at the moment is tried again. */
const retry = 5;

/**
 * Standard output and standard error, in the order of what is written to them, and to the last byte: `process.stdout`
 * takes a short write to a full disk for a whole one. It waits for a slow reader without holding its thread.
 */
export class StandardStreams {
  /** Called once, when writing to standard output fails; nothing more is written then. */
  onFailure: (error: LostbitError) => void = () => {};
  #failure: LostbitError | null = null;
  #last: Promise<void> = Promise.resolve();

  /** Why standard output could not be written completely; `null` where it is, as far as it was written. */
  get failure(): LostbitError | null {
    return this.#failure;
  }

  write(stream: Stream, text: string): void {
    if (text === '') return;
    this.#last = this.#last.then(async () => {
      if (stream === 'out' && this.#failure !== null) return;
      try {
        await writeAll(descriptors[stream], Buffer.from(text));
      } catch (error) {
        // A failure of standard error cannot be reported anywhere.
        if (stream === 'out') this.#fail(error as NodeJS.ErrnoException);
      }
    });
  }

  /** Resolves when all that was written so far is out, or cannot be. */
  async flushed(): Promise<void> {
    for (let last: Promise<void> | null = null; last !== this.#last; ) {
      last = this.#last;
      await last;
    }
  }

  #fail(error: NodeJS.ErrnoException): void {
    const why = error.code === 'EPIPE' ? 'its reader has closed it' : error.message;
    this.#failure = new LostbitError(
      'E_WRITE',
      `standard output could not be written completely: ${why}`,
      {},
      error,
    );
    this.onFailure(this.#failure);
  }
}

async function writeAll(descriptor: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += await new Promise<number>((resolve, reject) => {
      write(descriptor, bytes, at, bytes.length - at, null, (error, written) => {
        if (error === null) resolve(written);
        else if (error.code === 'EAGAIN') setTimeout(resolve, retry, 0);
        else reject(error);
      });
    });
}
