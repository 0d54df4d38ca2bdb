// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DataRace, isWrite, type RaceSide } from '../../../src/engine/interleaving.js';
import { appliesTo } from '../../../src/scenario/expectation.js';
import { isRace } from '../../../src/scenario/scenario.js';
import type { Optimize, ToolchainName } from '../../../src/toolchain/types.js';
import { catalogue } from '../../../subjects/vfio-pci/scenarios/index.js';
import { build, type Config, closeToolchains, quickest } from '../../support/race.js';
import { stages } from '../../support/run.js';
import { closeSimulations, explore } from '../../support/simulation.js';

const stage = 'base';
const races = Object.entries(catalogue).flatMap(([name, scenario]) =>
  isRace(scenario) && appliesTo(scenario, { stages }, stage) && [undefined, stage].includes(scenario.stage)
    ? [{ name, config: scenario.config ?? {} }]
    : [],
);
/** Those in which a compiler makes one access of several, and what it does best; `LOSTBIT_LEVELS=1` has all, of npm's LLVM too. */
const isWhole = process.env.LOSTBIT_LEVELS !== undefined;
const merged = ['dirty-page-report-vs-qp-error', 'intx-mask-vs-bar-write', 'pf-takes-vf-vs-reset'];
const chosen = races.filter(({ name }) => isWhole || merged.includes(name));
const levels: readonly Optimize[] = ['1', '2', 's'];
const compilers: readonly ToolchainName[] = isWhole
  ? [...new Set([await quickest, 'llvm'] as const)]
  : [await quickest];

afterAll(closeToolchains);

/** The fields of a side, as far as they are in bytes that the other side is of: a compiler may store two fields at once. */
function fieldsOf(side: RaceSide, other: RaceSide): string[] {
  const named = side.fields.filter((name) => {
    const mask = side.span.find((field) => field.name === name)?.mask ?? 0n;
    const bytes = Array.from({ length: Math.min(side.bytes, 8) }, (_, i) => i);
    return bytes.some((i) => {
      const at = side.address + i;
      return (
        (mask & (0xffn << BigInt(8 * i))) !== 0n && at >= other.address && at < other.address + other.bytes
      );
    });
  });
  // An address is another one in each build.
  return named.length > 0 ? named : [side.object.startsWith('0x') ? 'memory without a name' : side.object];
}

/** Who races with whom for which fields, each pair once; of those races alone in which both write, or of all. */
function fieldsNamed(found: readonly DataRace[], wanted: (sides: DataRace['sides']) => boolean): string[] {
  const pairs = found
    .filter(({ sides }) => wanted(sides))
    .flatMap(({ sides: [one, other] }) =>
      fieldsOf(one, other).flatMap((field) =>
        fieldsOf(other, one).map((against) =>
          [`${one.task} ${field}`, `${other.task} ${against}`].sort().join(' × '),
        ),
      ),
    );
  return [...new Set(pairs)].sort();
}

async function found(name: string, config: Config, toolchain: ToolchainName, optimize: Optimize) {
  const made = await build(stage, { toolchain, optimize, config });
  const { races } = await explore(made, name, {}, stage);
  return {
    writes: fieldsNamed(races, (sides) => sides.every(isWrite)),
    all: fieldsNamed(races, () => true),
    // What two writes mean is always known.
    unknown: races.filter(({ sides }) => sides.every(isWrite) && sides.some(({ oneOf }) => oneOf.length > 0)),
    withoutLine: races.flatMap(({ sides }) =>
      sides.flatMap(({ stack }) => stack.filter(({ line }) => line === null)),
    ),
  };
}

describe.each(compilers)('by %s', (compiler) => {
  describe.each(chosen)('the races of $name', ({ name, config }) => {
    let plain: Awaited<ReturnType<typeof found>>;
    beforeAll(async () => {
      plain = await found(name, config, compiler, '0');
    });
    afterAll(closeSimulations);

    test.each(levels)('are of the same fields at -O%s as at -O0', async (level) => {
      expect(plain).toMatchObject({ unknown: [], withoutLine: [] });
      expect(await found(name, config, compiler, level)).toEqual(plain);
    });
  });
});
