// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { availableParallelism } from 'node:os';

/** Lets at most `count` pieces of work run at a time; the others wait in order. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` once there is room. Rejects with the signal's reason if that comes first. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** At most one compiler process a core in all: more only slow each other down. */
export const compilerSlots = new Slots(availableParallelism());
