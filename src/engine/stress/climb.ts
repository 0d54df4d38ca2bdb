// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Grid, type Room, type Search, type Timing } from './timing.js';

/** Of so many slices one goes to another timing than the best: at first, while a neighbour may be better, and later. */
const searching = 2;
const climbing = 3;
const settled = 12;
/** Slices that a timing is judged by, as what is best changes with the machine's load; more where they bring few outcomes. */
const remembered = 5;
const enough = 100;
/** By what share a slice may be worse through no fault of its timing, since the machine was busy. */
const disturbance = 0.3;

/** What a timing has yielded, older slices weighted less. */
interface Brought {
  rare: number;
  ms: number;
  slices: number;
}

/**
 * Looks for the timing that brings the most rare outcomes a second, as a bandit whose arms are on a grid: it tries
 * the likely ones, then goes from the best to whichever neighbour may be better, by its upper confidence bound (Auer,
 * Cesa-Bianchi and Fischer, Finite-time Analysis of the Multiarmed Bandit Problem, 2002, after a Poisson distribution's
 * deviation). From then on a small share goes to the neighbours and to all others, in turn. Where nothing
 * rare is seen, all timings get the same time.
 */
export class Climb implements Search {
  readonly first: Timing;
  readonly #grid: Grid;
  readonly #brought: Brought[];
  #current = 0;
  #best = 0;
  /** Slices that the best one has had since another one had one. */
  #since = 0;
  /** How many had their turn: among all timings, among the best one's neighbours, and of both. */
  #ofAll = 1;
  #ofNear = 0;
  #turns = 0;

  constructor(room: Room) {
    this.#grid = new Grid(room);
    this.#brought = this.#grid.timings.map(() => ({ rare: 0, ms: 0, slices: 0 }));
    this.first = this.#grid.timings[0]!;
  }

  /** What has been the best so far. */
  get best(): Timing {
    return this.#grid.timings[this.#best]!;
  }

  next(rare: number, ms: number): Timing {
    this.#learn(rare, ms);
    this.#current = this.#choose();
    return this.#grid.timings[this.#current]!;
  }

  #learn(rare: number, ms: number): void {
    const brought = this.#brought[this.#current]!;
    const kept = brought.slices < remembered || brought.rare < enough ? 1 : 1 - 1 / remembered;
    brought.rare = kept * brought.rare + rare;
    brought.ms = kept * brought.ms + ms;
    brought.slices = kept * brought.slices + 1;
    for (let i = 0; i < this.#brought.length; i++) if (this.#rate(i) > this.#rate(this.#best)) this.#best = i;
  }

  /** Rare outcomes a millisecond. */
  #rate(index: number): number {
    const { rare, ms } = this.#brought[index]!;
    return ms === 0 ? 0 : rare / ms;
  }

  /** The most that it may be. */
  #bound(index: number): number {
    const { rare, ms, slices } = this.#brought[index]!;
    if (slices === 0) return Number.POSITIVE_INFINITY;
    return ((1 + disturbance / Math.sqrt(slices)) * (rare + Math.sqrt(rare) + 1)) / ms;
  }

  #choose(): number {
    const rate = this.#rate(this.#best);
    if (rate === 0) return this.#amongAll();
    const near = this.#grid.neighbours(this.#best);
    const hopeful = near.reduce((a, b) => (this.#bound(b) > this.#bound(a) ? b : a));
    const likely = this.#ofAll < this.#grid.likely;
    const better = this.#bound(hopeful) > rate;
    const fresh = this.#brought[hopeful]!.slices === 0;
    const every = likely || (better && fresh) ? searching : better ? climbing : settled;
    if (++this.#since < every) return this.#best;
    this.#since = 0;
    if (likely) return this.#amongAll();
    if (better) return hopeful;
    return this.#turns++ % 2 === 0 ? near[this.#ofNear++ % near.length]! : this.#amongAll();
  }

  #amongAll(): number {
    return this.#ofAll++ % this.#grid.timings.length;
  }
}
