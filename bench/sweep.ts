// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { Track } from '../src/engine/stress/stress.js';
import { Grid, type Search, type Timing } from '../src/engine/stress/timing.js';
import intxMaskVsBarWrite from '../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';
import { buildStages } from './build-stages.js';
import { lostOf } from './stress.js';

/** What a timing brings, in forbidden outcomes a second; medians. */
export interface SweepRow extends Timing {
  readonly rate: number;
}

/** Races one after the other, time and again. Forbidden outcomes a second; medians. */
export interface Comparison {
  /** The tuner's, from its start on. */
  readonly tuned: number;
  /** The best timing of the sweep's. */
  readonly best: number;
  readonly bestTiming: Timing;
  /** Of each turn the tuner's share of that; the median. */
  readonly ofBest: number;
}

export interface Sweep {
  readonly rows: readonly SweepRow[];
  readonly comparison: Comparison;
}

const long = { rounds: 3, every: 1, finalists: 8, finals: 7, finalMs: 150, turns: 9, seconds: 3 };
const short = { rounds: 1, every: 60, finalists: 2, finals: 1, finalMs: 20, turns: 1, seconds: 0.2 };
const sliceMs = 10;
/** Timings that one race goes through. */
const chunk = 40;
/** Instances of a group of two threads. */
const instances = 64;

/**
 * Every timing that the tuner could choose, on the driver's path at its base: each has a slice of its own, several times over.
 * The best ones are measured longer, and the best of these beside the tuner.
 */
export async function benchSweep(progress: (what: string) => void, brief: boolean): Promise<Sweep> {
  const { rounds, every, finalists, finals, finalMs, turns, seconds } = brief ? short : long;
  const stage = 'base';
  const base = { subject: 'vfio-pci', stage } as const;
  const build = (await buildStages(progress, [{ ...base, access: 'fine' }]))(base, 'fine');
  const tested = { name: 'sweep', origin: 'sweep', scenario: intxMaskVsBarWrite, stage, build };
  const grid = new Grid({ actors: 2, instances });
  const timings = grid.timings.filter((_, i) => i % every === 0);
  const track = new Track(build);

  try {
    const rates: number[][] = timings.map(() => []);
    for (let round = 1; round <= rounds; round++) {
      progress(`sweep, ${round} of ${rounds}: ${timings.length} timings`);
      for (let at = 0; at < timings.length; at += chunk) {
        const some = await raced(track, tested, timings.slice(at, at + chunk), sliceMs);
        for (const [i, rate] of some.entries()) rates[at + i]!.push(rate);
      }
    }
    const rows = timings.map((timing, i) => ({ ...timing, rate: median(rates[i]!) }));

    progress('finals');
    const top = rows
      .map(({ rate }, i) => ({ rate, timing: timings[i]! }))
      .sort((a, b) => b.rate - a.rate)
      .slice(0, finalists)
      .map(({ timing }) => timing);
    const longer: number[][] = top.map(() => []);
    for (let n = 0; n < finals; n++)
      for (const [i, rate] of (await raced(track, tested, top, finalMs)).entries()) longer[i]!.push(rate);
    const means = longer.map(median);
    const bestTiming = top[means.indexOf(Math.max(...means))]!;

    const turn: { tuned: number; best: number }[] = [];
    for (let n = 1; n <= turns; n++) {
      progress(`comparison, ${n} of ${turns}`);
      const tuned = lostOf(await track.race(tested, { seconds, seed: n }));
      const [best] = await raced(track, tested, [bestTiming], seconds * 1000);
      turn.push({ tuned: tuned.lost / tuned.seconds, best: best! });
    }
    const comparison: Comparison = {
      tuned: median(turn.map(({ tuned }) => tuned)),
      best: median(turn.map(({ best }) => best)),
      bestTiming,
      ofBest: median(turn.map(({ tuned, best }) => tuned / best)),
    };
    return { rows, comparison };
  } finally {
    await track.close();
  }
}

/**
 * Races with each of the timings so long; returns forbidden outcomes a second. A race's first slice, in which its threads begin,
 * is not counted.
 */
async function raced(
  track: Track,
  tested: Parameters<Track['race']>[0],
  timings: readonly Timing[],
  ms: number,
): Promise<number[]> {
  // A timer is late or early by a little.
  const nearly = 0.9 * ms;
  const rare = timings.map(() => 0);
  const spent = timings.map(() => 0);
  // It may need another race where this machine has other things to do.
  while (spent.some((one) => one < nearly)) {
    let current = -1;
    const unfinished = () => spent.findIndex((one) => one < nearly);
    const next = () => {
      current = unfinished();
      return timings[Math.max(current, 0)]!;
    };
    const search: Search = {
      first: timings[Math.max(unfinished(), 0)]!,
      next(count, took) {
        if (current >= 0) {
          rare[current]! += count;
          spent[current]! += took;
        }
        return next();
      },
    };
    const left = spent.reduce((sum, one) => sum + Math.max(0, ms - one), 0);
    await track.race(tested, { seconds: (left + 3 * sliceMs) / 1000, seed: 1, search: () => search });
  }
  return timings.map((_, i) => (1000 * rare[i]!) / spent[i]!);
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
