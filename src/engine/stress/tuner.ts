// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../../machine/machine.js';

/** How threads are timed against each other: what `struct lab_stress` calls pace, delay and lag. */
export interface Timing {
  /** Instances after which threads wait for each other; 0: only at the barriers. */
  readonly pace: number;
  /** Longest random pause before an actor starts on an instance, in loop turns: 2^n - 1. */
  readonly delay: number;
  /** Loop turns that one actor, each in turn, starts later than the others. Default: 0. */
  readonly lag?: number;
}

/**
 * Short actors want threads that run freely, long ones want to start together and be moved about by as much
 * as they are long. Likely ones first, since a small time budget tries no more.
 */
export const timings: readonly Timing[] = [
  { pace: 0, delay: 0 },
  { pace: 1, delay: 255 },
  { pace: 8, delay: 0 },
  { pace: 1, delay: 63 },
  { pace: 0, delay: 31 },
  { pace: 1, delay: 1023 },
  { pace: 1, delay: 255, lag: 256 },
  { pace: 1, delay: 255, lag: 512 },
  { pace: 1, delay: 511, lag: 1024 },
  { pace: 4, delay: 15 },
];

interface Choice extends Timing {
  /** The actor that lags. */
  readonly late?: number;
}

const sliceMs = 25;
/** Of so many slices one goes to another timing than the best. */
const exploreEvery = 4;
/** Weight of a timing's newest slice in its running mean. */
const weight = 0.3;

/**
 * Tries timings in turn while a race runs, and stays with the one that brings the most rare outcomes a
 * second: an ε-greedy bandit (Sutton and Barto, Reinforcement Learning, §2.2) with a fixed share of
 * exploration, since what is best changes with the machine's load. Where nothing rare is seen, all get
 * the same time.
 */
export class Tuner {
  readonly #choices: readonly Choice[];
  readonly #rates: number[];
  readonly #timer: NodeJS.Timeout;
  readonly #rare: () => number;
  readonly #set: (choice: Choice) => void;
  #current = 0;
  #slices = 0;
  #next = 1;
  #since = performance.now();
  #before = 0;

  /** Begins to tune; `stop` ends it. */
  constructor(machine: Machine, workers: number, actors: number) {
    this.#choices = timings.flatMap((timing) =>
      timing.lag === undefined
        ? [timing]
        : Array.from({ length: actors }, (_, late) => ({ ...timing, late })),
    );
    this.#rates = this.#choices.map(() => Number.POSITIVE_INFINITY);
    const control = machine.global('lab_stress');
    this.#rare = () => {
      let sum = 0;
      for (let i = 0; i < workers; i++) sum += machine.global('lab_workers', i).get('rare');
      return sum;
    };
    this.#set = ({ pace, delay, lag = 0, late = 0 }) => {
      control.set('pace', pace);
      control.set('delay', delay);
      control.set('lag', lag);
      control.set('late', late);
    };
    this.#set(this.#choices[0]!);
    this.#timer = setInterval(() => this.#slice(), sliceMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #slice(): void {
    const now = performance.now();
    const rare = this.#rare();
    const rate = (rare - this.#before) / (now - this.#since);
    const known = this.#rates[this.#current]!;
    this.#rates[this.#current] = Number.isFinite(known) ? known + weight * (rate - known) : rate;
    this.#before = rare;
    this.#since = now;

    this.#slices++;
    const best = this.#rates.indexOf(Math.max(...this.#rates));
    const blind = this.#rates[best] === 0;
    if (blind || this.#slices % exploreEvery === 0) {
      this.#current = this.#next;
      this.#next = (this.#next + 1) % this.#choices.length;
    } else this.#current = best;
    this.#set(this.#choices[this.#current]!);
  }
}
