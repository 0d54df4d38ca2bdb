// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { Climb } from '../../../src/engine/stress/climb.js';
import { Grid, type Timing } from '../../../src/engine/stress/timing.js';

const room = { actors: 2, instances: 64 };
/** Of a race of 3 s, and of one of half a second. */
const slices = 600;
const shortSlices = 100;
const ms = 5;

/** A race of two actors, by where their critical steps are; all times are in turns of the pausing loop. */
interface Race {
  readonly title: string;
  /** From the start of each actor to its critical step, */
  readonly critical: readonly [number, number];
  /** to the end, */
  readonly length: readonly [number, number];
  /** and how far apart they may be to meet there. */
  readonly window: number;
  /** How exactly threads start together, having waited for each other, and what the waiting costs. */
  readonly jitter: number;
  readonly meeting: number;
}

const turnsPerMs = 3e6;

/** Rare outcomes a millisecond. */
function rate({ critical, length, window, jitter, meeting }: Race, timing: Timing): number {
  const { pace, delay, late, lag, batch } = timing;
  const apart = critical[0] - critical[1] + (lag === 0 ? 0 : late === 0 ? lag : -lag);
  const waits = pace === 0 ? 1 / batch : 1 / pace;
  const perSample = Math.max(...length) + delay / 2 + lag + meeting * waits + (200 * 64) / batch / 64;
  // Threads that have not met for long are anywhere.
  const drift = pace === 1 ? jitter : jitter + perSample / 4;
  const spread = Math.hypot(drift, delay / Math.sqrt(6));
  const density = Math.exp(-((apart / spread) ** 2) / 2) / (spread * Math.sqrt(2 * Math.PI));
  return Math.min(1, 2 * window * density) * (turnsPerMs / perSample);
}

const races: readonly Race[] = [
  { title: 'two stores', critical: [5, 5], length: [10, 10], window: 100, jitter: 50, meeting: 600 },
  { title: 'as long', critical: [900, 1000], length: [1500, 1500], window: 60, jitter: 80, meeting: 600 },
  { title: 'one later', critical: [500, 4500], length: [1200, 5000], window: 60, jitter: 200, meeting: 600 },
  {
    title: 'the other later',
    critical: [2500, 500],
    length: [3000, 800],
    window: 40,
    jitter: 90,
    meeting: 900,
  },
  {
    title: 'far apart',
    critical: [300, 40_000],
    length: [600, 42_000],
    window: 400,
    jitter: 900,
    meeting: 900,
  },
];

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Poisson's, by the normal distribution where that is near enough. */
function counted(mean: number, random: () => number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let count = 0;
  for (let left = Math.exp(-mean), product = random(); product > left; product *= random()) count++;
  return count;
}

const timings = new Grid(room).timings;
const bestOf = (race: Race) => Math.max(...timings.map((timing) => rate(race, timing)));

/** What a search ends with, and what it brings on the way, as shares of what the best timing would have brought. */
function climbed(race: Race, best: number, count: number, seed: number) {
  const random = randomOf(seed);
  const search = new Climb(room);
  let timing = search.first;
  let brought = 0;
  for (let i = 0; i < count; i++) {
    // The machine has other things to do as well.
    const rare = counted(ms * (0.7 + 0.3 * random()) * rate(race, timing), random);
    brought += rare;
    timing = search.next(rare, ms);
  }
  return { found: rate(race, search.best) / best, brought: brought / (0.85 * best * count * ms) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each(races)('$title: what is found is within 20 % of the best timing that there is', (race) => {
  const best = bestOf(race);
  const runs = Array.from({ length: 10 }, (_, seed) => climbed(race, best, slices, seed));
  expect(Math.min(...runs.map(({ found }) => found))).toBeGreaterThan(0.8);
  // To look for it takes its time, too.
  expect(mean(runs.map(({ brought }) => brought))).toBeGreaterThan(0.8);
  const short = Array.from({ length: 10 }, (_, seed) => climbed(race, best, shortSlices, seed));
  expect(Math.min(...short.map(({ brought }) => brought))).toBeGreaterThan(0);
});

test('where nothing rare is seen, every timing has its turn', () => {
  const search = new Climb(room);
  const tried = new Set([search.first]);
  for (let i = 1; i < timings.length; i++) tried.add(search.next(0, ms));
  expect(tried.size).toBe(timings.length);
});
