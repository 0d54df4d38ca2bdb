// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../../machine/machine.js';
import type { Search, Timing } from './timing.js';

/** How long a race has one timing, in milliseconds: many batches, also where threads wait for a processor. */
const sliceMs = 5;
const crowdedSliceMs = 25;

/** Gives a race that runs one timing after the other, as a search says. */
export class Tuner {
  readonly #timer: NodeJS.Timeout;

  /** Begins to tune; `stop` ends it. */
  constructor(machine: Machine, workers: number, search: Search, crowded: boolean) {
    const control = machine.global('lab_stress');
    const rare = () => {
      let sum = 0;
      for (let i = 0; i < workers; i++) sum += machine.global('lab_workers', i).get('rare');
      return sum;
    };
    const set = (timing: Timing) => {
      for (const [name, value] of Object.entries(timing)) control.set(name, value);
    };
    let since = performance.now();
    let before = 0;
    set(search.first);
    this.#timer = setInterval(
      () => {
        const now = performance.now();
        const seen = rare();
        set(search.next(seen - before, now - since));
        before = seen;
        since = now;
      },
      crowded ? crowdedSliceMs : sliceMs,
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
