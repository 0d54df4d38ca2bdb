// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { stress } from '../src/engine/stress/stress.js';
import { openSubject } from '../src/subject/open.js';
import { type Build, buildModule } from '../src/toolchain/build.js';
import { listToolchains, openToolchain } from '../src/toolchain/find.js';
import type { Program } from '../src/toolchain/types.js';
import { programFor } from '../src/verify/builds.js';
import { wantedAt } from '../src/verify/selection.js';
import { embedded } from '../subjects/index.js';
import intxMaskVsBarWrite from '../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';
import { debianTree } from '../test/tree/trees.js';
import { withLineTransfer } from './line-transfer.js';
import { coldAndWarm, type MatrixRow } from './matrix.js';
import { driver, measure, type SimulateRow } from './simulate.js';
import { long, lostOf, median, type StressRow, short } from './stress.js';

/** A kernel's own sources from before the series, beside the excerpt. */
export interface TreeRows {
  /** Why there are no others. */
  readonly missing: string | null;
  readonly races: readonly StressRow[];
  readonly explorations: readonly SimulateRow[];
  readonly verifies: readonly MatrixRow[];
}

const name = 'intx-mask-vs-bar-write';
const version = '6.12.95';

/** By the system's clang, where there is one: what is measured of races and explorations is no compiler. */
export async function benchTrees(progress: (what: string) => void, brief: boolean): Promise<TreeRows> {
  const found = debianTree(version);
  if ('missing' in found) return { ...found, races: [], explorations: [], verifies: [] };
  const linux = found.dir;
  const known = (await listToolchains()).filter((one) => one.version !== null).map((one) => one.name);
  const quickest = known.includes('clang') ? 'clang' : 'llvm';

  const programs: readonly (readonly [what: string, program: () => Promise<Program>])[] = [
    ['excerpt', () => programOf({})],
    [`Linux ${version}`, () => programOf({ linux })],
  ];
  const toolchain = await openToolchain(quickest);
  try {
    const builds: (readonly [string, Build])[] = [];
    for (const [what, program] of programs) {
      progress(`building ${what} with ${quickest}`);
      const options = { bitfieldAccess: 'fine', optimize: '2' } as const;
      builds.push([what, await buildModule(await program(), toolchain, options)]);
    }
    const races = await raceAll(builds, progress, brief);
    const explorations: SimulateRow[] = [];
    for (const [what, program] of programs) {
      progress(`exploring ${what}`);
      const row = await measure(driver(name, 'dpor', undefined, program), toolchain, brief ? 0.02 : 2);
      explorations.push({ ...row, program: `${name}, ${what}` });
    }
    const verifies: MatrixRow[] = [];
    for (const one of brief ? [quickest] : known.filter((one) => one !== 'emcc')) {
      const what = brief ? ['--scenario', name] : [];
      const args = ['--linux', linux, '--toolchain', one, ...what];
      const told = (how: string) => `${version}, ${one}, ${how}`;
      const rows = await coldAndWarm(args, (how) => progress(told(how)), brief);
      verifies.push(...rows.map((row) => ({ ...row, name: told(row.name) })));
    }
    return { missing: null, races, explorations, verifies };
  } finally {
    await toolchain.close();
  }
}

const programOf = async (options: { readonly linux?: string }): Promise<Program> =>
  programFor(wantedAt(await openSubject('vfio-pci', embedded, options), 'base'));

/** One after the other, so that what changes on the machine meanwhile meets both alike. */
function raceAll(
  builds: readonly (readonly [what: string, build: Build])[],
  progress: (what: string) => void,
  brief: boolean,
): Promise<StressRow[]> {
  const { runs, seconds, turns } = brief ? short : long;
  return withLineTransfer(turns, async (lineTransfer) => {
    const rows = new Map<string, StressRow[]>();
    for (let seed = 1; seed <= runs; seed++)
      for (const [what, build] of builds) {
        progress(`racing ${what}, ${seed} of ${runs}`);
        const lineTransferNs = await lineTransfer();
        const tested = { name, origin: name, scenario: intxMaskVsBarWrite, stage: 'base', build };
        const result = await stress(tested, { seconds, seed });
        const lost = lostOf(result);
        const row: StressRow = {
          ...{ name: `${name}, ${what}`, workers: result.workers, pinned: result.unpinned === null },
          ...{ ...lost, lineTransferNs },
          samplesPerSecond: Math.round(lost.samples / lost.seconds),
          lostPerSecond: Math.round(lost.lost / lost.seconds),
        };
        rows.set(what, [...(rows.get(what) ?? []), row]);
      }
    return [...rows.values()].map(median);
  });
}
