// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** How threads are timed against each other: what `struct lab_stress` calls so. */
export interface Timing {
  /** Instances between two barriers. */
  readonly batch: number;
  /** Instances after which threads wait for each other; 0: only at the barriers. */
  readonly pace: number;
  /** Longest random pause before an actor starts on an instance, in loop turns: 2^n - 1. */
  readonly delay: number;
  /** The actor that starts later than the others, by */
  readonly late: number;
  /** ... so many loop turns. */
  readonly lag: number;
}

/** What a race's timing can be made of. */
export interface Room {
  readonly actors: number;
  /** Instances that a group of threads has: the largest batch. */
  readonly instances: number;
}

/** Decides which timing a race has next. */
export interface Search {
  /** The timing to begin with. */
  readonly first: Timing;
  /** The current timing yielded so many rare outcomes in so many milliseconds; returns the next one. */
  next(rare: number, ms: number): Timing;
}

/** Values along each axis, in order: neighbours are alike. A batch is a share of the instances. */
const batches = [1, 1 / 4];
const paces = [0, 1, 8];
const delays = [0, 15, 63, 255, 1023, 4095, 16_383];
const lags = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/**
 * Likely timings, tried before all others, since a short race tries no more. Short actors want threads that run
 * freely; long ones want to start together, and to be moved about by as much as their critical steps lie apart: at
 * random, or one actor by a lag. Wide nets, so that something is seen with one of them at least.
 */
const likely: readonly { pace: number; delay: number; lag?: number }[] = [
  { pace: 0, delay: 0 },
  { pace: 1, delay: 255 },
  { pace: 8, delay: 0 },
  { pace: 1, delay: 63 },
  { pace: 1, delay: 255, lag: 512 },
  { pace: 1, delay: 1023, lag: 4096 },
  { pace: 1, delay: 1023, lag: 2048 },
  { pace: 0, delay: 15 },
  { pace: 1, delay: 4095, lag: 8192 },
  { pace: 1, delay: 16_383, lag: 16_384 },
  { pace: 1, delay: 16_383, lag: 32_768 },
];
/** In this order the others are tried. */
const pacesTried = [1, 0, 8];
const delaysTried = [1023, 255, 4095, 63, 16_383, 0, 15];

/** A point of the grid: positions along its axes. `lag` 0 is none; above, one more than that of `lags`. */
interface Point {
  readonly batch: number;
  readonly pace: number;
  readonly delay: number;
  readonly late: number;
  readonly lag: number;
}

/** All timings that a race of so many actors can have, the likely ones first, and which of them are alike. */
export class Grid {
  readonly timings: readonly Timing[];
  /** How many of them are likely. */
  readonly likely: number;
  readonly #points: readonly Point[];
  readonly #places: ReadonlyMap<string, number>;

  constructor({ actors, instances }: Room) {
    const everyone = Array.from({ length: actors }, (_, late) => late);
    const positions = (values: readonly unknown[]) => values.map((_, i) => i);
    const first = likely.flatMap(({ pace, delay, lag }): Point[] => {
      const point = { batch: 0, pace: paces.indexOf(pace), delay: delays.indexOf(delay) };
      return lag === undefined
        ? [{ ...point, late: 0, lag: 0 }]
        : everyone.map((late) => ({ ...point, late, lag: 1 + lags.indexOf(lag) }));
    });
    const all = positions(batches).flatMap((batch) =>
      pacesTried
        .map((pace) => paces.indexOf(pace))
        .flatMap((pace) =>
          delaysTried
            .map((delay) => delays.indexOf(delay))
            .flatMap((delay): Point[] => [
              { batch, pace, delay, late: 0, lag: 0 },
              ...everyone.flatMap((late) => lags.map((_, i) => ({ batch, pace, delay, late, lag: i + 1 }))),
            ]),
        ),
    );
    const known = new Map([...first, ...all].map((point) => [keyOf(point), point]));
    this.#points = [...known.values()];
    this.#places = new Map([...known.keys()].map((key, i) => [key, i]));
    this.likely = first.length;
    this.timings = this.#points.map(({ batch, pace, delay, late, lag }) => ({
      batch: Math.max(1, Math.floor(instances * batches[batch]!)),
      pace: paces[pace]!,
      delay: delays[delay]!,
      late,
      lag: lag === 0 ? 0 : lags[lag - 1]!,
    }));
    this.#everyone = everyone;
  }

  readonly #everyone: readonly number[];

  /** Indices of the timings one step away from that of an index, the lag's first. */
  neighbours(index: number): number[] {
    const point = this.#points[index]!;
    const { batch, pace, delay, lag } = point;
    const near: Point[] = [
      ...(lag === 0
        ? this.#everyone.map((late) => ({ ...point, late, lag: 1 }))
        : [
            { ...point, lag: lag + 1 },
            { ...point, lag: lag - 1 },
          ]),
      { ...point, delay: delay - 1 },
      { ...point, delay: delay + 1 },
      { ...point, batch: batch - 1 },
      { ...point, batch: batch + 1 },
      { ...point, pace: pace - 1 },
      { ...point, pace: pace + 1 },
    ];
    return near.flatMap((one) => this.#places.get(keyOf(one)) ?? []);
  }
}

/** Without a lag, no actor is the one that lags. */
const keyOf = ({ batch, pace, delay, late, lag }: Point) =>
  [batch, pace, delay, lag === 0 ? 0 : late, lag].join();
