// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../../machine/machine.js';
import { type Inside, isDeadlock } from '../stuck.js';

/** Watches that every thread begins new batches; barks when none has for too long. */
export class Watchdog {
  /** What {@link bark} rejects with. */
  readonly hung = new Error('the race hangs');
  /** Never fulfilled; rejected when the race makes no progress. */
  readonly bark: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  #patience: number;

  constructor(machine: Machine, workers: number, patience: number) {
    const turns = () =>
      Array.from({ length: workers }, (_, i) => machine.global('lab_workers', i).get('turns'));
    let bark: (error: Error) => void;
    this.bark = new Promise((_, reject) => {
      bark = reject;
    });
    this.#patience = patience;
    let seen = turns();
    let deadlocked = false;
    let since = performance.now();
    this.#timer = setInterval(() => {
      const now = turns();
      if (now.some((count, i) => count !== seen[i])) {
        seen = now;
        since = performance.now();
        deadlocked = false;
        return;
      }
      // Checked twice: a thread that has just left its actor records that a moment later.
      const before = deadlocked;
      const inside = threadsInside(machine, workers);
      deadlocked = isDeadlock(
        machine,
        inside.map(({ state }) => state),
      );
      if ((before && deadlocked) || performance.now() - since > this.#patience * 1000) bark(this.hung);
    }, 100);
  }

  /** The end is waited for: from now on, at most a second without progress. */
  hurry(): void {
    this.#patience = Math.min(this.#patience, 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The threads of a race that are inside an actor. */
export function threadsInside(machine: Machine, workers: number): Inside[] {
  return Array.from({ length: workers }, (_, i) => machine.global('lab_workers', i))
    .filter((state) => state.get('running') !== 0)
    .map((state) => ({ actor: state.get('actor'), instance: state.get('instance'), state }));
}
