// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { stress } from '../src/engine/stress/stress.js';
import type { RaceScenario } from '../src/scenario/scenario.js';
import type { BitfieldAccess } from '../src/toolchain/types.js';
import { twoFlags } from '../subjects/bare-flags/scenarios.js';
import intxMaskVsBarWrite from '../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';
import { buildStages, type Raced } from './build-stages.js';
import { withLineTransfer } from './line-transfer.js';

/** One measured race. Rates are per second of racing. */
export interface StressRow {
  readonly name: string;
  readonly workers: number;
  readonly pinned: boolean;
  readonly samples: number;
  readonly lost: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly lostPerSecond: number;
  /** Nanoseconds that a cache line took between two processors just before, `null` where unknown. */
  readonly lineTransferNs: number | null;
}

export const long = { runs: 3, seconds: 3, turns: 2_000_000 };
export const short = { runs: 1, seconds: 0.1, turns: 10_000 };

interface Race extends Raced {
  readonly name: string;
  readonly scenario: RaceScenario;
  readonly access: BitfieldAccess;
}

const bare = (name: string, access: BitfieldAccess, ...flags: Parameters<typeof twoFlags>): Race => ({
  ...{ name: `bare-${name}`, scenario: twoFlags(...flags), access },
  ...{ subject: 'bare-flags', stage: 'base' },
});

const driver = (stage: string, access: BitfieldAccess): Race => ({
  ...{ name: `driver-${stage}-${access}`, scenario: intxMaskVsBarWrite, access },
  ...{ subject: 'vfio-pci', stage },
});

const races: readonly Race[] = [
  bare('bitfields-fine', 'fine', 'packed.a', 'packed.b'),
  bare('bitfields-wide', 'wide', 'packed.a', 'packed.b'),
  bare('bitfields-two-bytes-fine', 'fine', 'packed.a', 'packed.i'),
  bare('bitfields-two-bytes-wide', 'wide', 'packed.a', 'packed.i'),
  bare('bools', 'fine', 'plain.a', 'plain.b'),
  driver('base', 'fine'),
  driver('base', 'wide'),
  driver('p3', 'fine'),
  driver('p3', 'wide'),
];

/**
 * The median of several runs of each race; each has its turn before the next run, so that what changes on the machine meanwhile
 * meets all alike.
 */
export async function benchStress(progress: (what: string) => void, brief: boolean): Promise<StressRow[]> {
  const { runs, seconds, turns } = brief ? short : long;
  const subjects = brief ? races.filter(({ stage, access }) => stage === 'base' && access === 'fine') : races;
  const builds = await buildStages(progress, subjects);
  return withLineTransfer(turns, async (lineTransfer) => {
    const rows = new Map<string, StressRow[]>();
    for (let seed = 1; seed <= runs; seed++) {
      for (const { name, scenario, access, ...raced } of subjects) {
        progress(`${name}, ${seed} of ${runs}`);
        const lineTransferNs = await lineTransfer();
        const build = builds(raced, access);
        const tested = { name, origin: name, scenario, stage: raced.stage, build };
        const result = await stress(tested, { seconds, seed });
        const { workers, unpinned } = result;
        const lost = lostOf(result);
        const row: StressRow = {
          ...{ name, workers, pinned: unpinned === null, ...lost, lineTransferNs },
          samplesPerSecond: Math.round(lost.samples / lost.seconds),
          lostPerSecond: Math.round(lost.lost / lost.seconds),
        };
        rows.set(name, [...(rows.get(name) ?? []), row]);
      }
    }
    return [...rows.values()].map(median);
  });
}

/** What of a race was forbidden. */
export function lostOf({
  samples,
  seconds,
  outcomes,
}: Awaited<ReturnType<typeof stress>>): Pick<StressRow, 'samples' | 'lost' | 'seconds'> {
  const lost = outcomes.reduce((sum, { grade, count }) => sum + (grade === 'forbidden' ? count : 0), 0);
  return { samples, lost, seconds };
}

export function median(rows: readonly StressRow[]): StressRow {
  return [...rows].sort(
    (a, b) => a.lostPerSecond - b.lostPerSecond || a.samplesPerSecond - b.samplesPerSecond,
  )[Math.floor(rows.length / 2)]!;
}
