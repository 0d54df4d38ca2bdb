// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import intxMaskVsBarWrite from '../scenarios/intx-mask-vs-bar-write.js';
import { stress } from '../src/engine/stress/stress.js';
import type { RaceScenario } from '../src/scenario/scenario.js';
import { loadStage } from '../src/source/stage.js';
import { type Build, buildModule } from '../src/toolchain/build.js';
import { openToolchain } from '../src/toolchain/find.js';
import type { BitfieldAccess } from '../src/toolchain/types.js';
import { nativeRows, withLineTransfer } from './native.js';
import { bareFlags } from './scenarios.js';

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

const runs = 3;
const secondsOfRun = 3;

const races: readonly { name: string; scenario: RaceScenario; stage: string; access: BitfieldAccess }[] = [
  { name: 'bare-bitfields-fine', scenario: bareFlags('packed.a', 'packed.b'), stage: 'base', access: 'fine' },
  { name: 'bare-bitfields-wide', scenario: bareFlags('packed.a', 'packed.b'), stage: 'base', access: 'wide' },
  {
    name: 'bare-bitfields-two-bytes-fine',
    scenario: bareFlags('packed.a', 'packed.i'),
    stage: 'base',
    access: 'fine',
  },
  {
    name: 'bare-bitfields-two-bytes-wide',
    scenario: bareFlags('packed.a', 'packed.i'),
    stage: 'base',
    access: 'wide',
  },
  { name: 'bare-bools', scenario: bareFlags('plain.a', 'plain.b'), stage: 'base', access: 'fine' },
  ...(['base', 'p3'] as const).flatMap((stage) =>
    (['fine', 'wide'] as const).map((access) => ({
      name: `driver-${stage}-${access}`,
      scenario: intxMaskVsBarWrite,
      stage,
      access,
    })),
  ),
];

/** The median of three runs of each race, then the same loops compiled natively. */
export function benchStress(tell: (what: string) => void): Promise<StressRow[]> {
  return withLineTransfer((lineTransfer) => race(tell, lineTransfer));
}

async function race(
  tell: (what: string) => void,
  lineTransfer: () => Promise<number | null>,
): Promise<StressRow[]> {
  const builds = new Map<string, Build>();
  const toolchain = await openToolchain('llvm');
  try {
    for (const { stage, access } of races) {
      tell(`building ${stage}, ${access}`);
      const { tree } = await loadStage(stage);
      builds.set(
        `${stage} ${access}`,
        await buildModule(tree, toolchain, { bitfieldAccess: access, optimize: '2' }),
      );
    }
  } finally {
    await toolchain.close();
  }

  const rows: StressRow[] = [];
  for (const { name, scenario, stage, access } of races) {
    tell(name);
    const build = builds.get(`${stage} ${access}`)!;
    const measured: StressRow[] = [];
    for (let seed = 1; seed <= runs; seed++) {
      const line = await lineTransfer();
      const raced = await stress(
        { name, origin: name, scenario, stage, build },
        { seconds: secondsOfRun, seed },
      );
      const lost = raced.outcomes.reduce(
        (sum, { grade, count }) => sum + (grade === 'forbidden' ? count : 0),
        0,
      );
      measured.push(
        row(name, raced.workers, raced.unpinned === null, raced.samples, lost, raced.seconds, line),
      );
    }
    rows.push(median(measured));
  }
  return [...rows, ...(await nativeRows(tell, lineTransfer))];
}

export function row(
  name: string,
  workers: number,
  pinned: boolean,
  samples: number,
  lost: number,
  seconds: number,
  lineTransferNs: number | null,
): StressRow {
  return {
    name,
    workers,
    pinned,
    samples,
    lost,
    seconds,
    samplesPerSecond: Math.round(samples / seconds),
    lostPerSecond: Math.round(lost / seconds),
    lineTransferNs,
  };
}

function median(rows: readonly StressRow[]): StressRow {
  return [...rows].sort(
    (a, b) => a.lostPerSecond - b.lostPerSecond || a.samplesPerSecond - b.samplesPerSecond,
  )[Math.floor(rows.length / 2)]!;
}
