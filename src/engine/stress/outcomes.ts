// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../../machine/machine.js';
import type { Values } from '../../scenario/grade.js';
import { readObserved } from '../observed.js';

export interface CountedOutcome {
  readonly values: Values;
  count: number;
}

/** The threads' outcome tables (`struct lab_outcome`), read and added up while they are being written. */
export class OutcomeTables {
  readonly address: number;
  readonly #machine: Machine;
  readonly #workers: number;
  readonly #names: readonly string[];
  readonly #slotBytes: number;
  /** Of one thread. */
  readonly #slots: number;

  constructor(machine: Machine, workers: number, names: readonly string[]) {
    this.#machine = machine;
    this.#workers = workers;
    this.#names = names;
    this.#slotBytes = machine.debugInfo.struct('lab_outcome').size;
    this.#slots = machine.arrayLength('lab_outcomes', 'slot');
    const bytes = workers * this.#slots * this.#slotBytes;
    this.address = machine.allocate(bytes);
    new Uint8Array(machine.memory.buffer, this.address, bytes).fill(0);
  }

  /** Iterations tallied so far. */
  samples(): number {
    let sum = 0;
    for (let i = 0; i < this.#workers; i++) sum += this.#machine.global('lab_workers', i).get('samples');
    return sum;
  }

  /** Iterations whose outcome no table had room for. */
  dropped(): number {
    let sum = 0;
    for (let i = 0; i < this.#workers; i++) sum += this.#machine.global('lab_workers', i).get('dropped');
    return sum;
  }

  /** All outcomes of all threads, most frequent first. */
  read(): CountedOutcome[] {
    const view = new DataView(this.#machine.memory.buffer);
    const counts = new Map<string, CountedOutcome>();
    for (let slot = 0; slot < this.#workers * this.#slots; slot++) {
      const at = this.address + slot * this.#slotBytes;
      const count = Number(view.getBigUint64(at, true));
      if (count === 0) continue;
      const values = readObserved(view, at + 8, this.#names);
      const key = Object.values(values).join();
      const known = counts.get(key);
      if (known !== undefined) known.count += count;
      else counts.set(key, { values, count });
    }
    return [...counts.values()].sort((a, b) => b.count - a.count);
  }
}
