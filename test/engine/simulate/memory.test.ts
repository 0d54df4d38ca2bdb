// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnswer, setUp } from '../../../bench/answers.js';
import { Replayer } from '../../../src/engine/replay/replay.js';
import type { RaceScenario } from '../../../src/scenario/scenario.js';
import type { Build } from '../../../src/toolchain/build.js';
import { bind, load, open } from '../../../subjects/vfio-pci/index.js';
import { does, type MemoryPart, memoryBuild } from '../../support/memory-parts.js';
import { caseOf, closeToolchains, race, toolchain } from '../../support/race.js';
import { closeSimulations, explore, simulationOf } from '../../support/simulation.js';
import { raceOf } from '../../support/vfio.js';

let base: Build;
let replayer: Replayer;
beforeAll(async () => {
  base = await memoryBuild();
  replayer = new Replayer(base);
});
afterAll(async () => {
  await replayer.close();
  await closeSimulations();
  await closeToolchains();
});

/** Actors a, b of such steps, behind a set-up of such steps; whatever comes out is fine. */
const among = (setUp: readonly MemoryPart[], ...actors: readonly (readonly MemoryPart[])[]): RaceScenario =>
  raceOf({
    title: 'memory',
    devices: { A: { intx: true } },
    setup: [load('vfio-pci'), bind('A'), open('A'), ...setUp.map(does)],
    actors: Object.fromEntries(actors.map((parts, i) => [String.fromCharCode(97 + i), parts.map(does)])),
    observe: { irq_type: 'A.irq_type' },
    outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
  });

/** What is caught in all executions, each with a schedule that leads there again, in the simulator. */
async function caughtIn(scenario: RaceScenario) {
  const { violations, bounded } = await explore(base, scenario);
  expect(bounded).toBe(null);
  for (const { kind, runs, message } of violations) {
    const again = await simulationOf(base).describe(caseOf(scenario, 'test', base), runs);
    expect(again.violations.map((one) => [one.kind, one.message])).toContainEqual([kind, message]);
    expect(again.strayed).toBe(0);
  }
  return violations;
}
const kindsOf = (violations: readonly { readonly kind: string }[]) => [
  ...new Set(violations.map(({ kind }) => kind)),
];

type Actors = readonly [readonly MemoryPart[], readonly MemoryPart[]];

/** A mutant whose actors cause a violation if they meet, and its twin whose actors may meet as they like. */
describe.each<[kind: string, setUp: MemoryPart[], mutant: Actors, twin: Actors]>([
  ['use-after-free', ['make'], [['free'], ['use']], [['free under lock'], ['use under lock']]],
  ['double-free', ['make'], [['free'], ['free']], [['free under lock'], ['free under lock']]],
  [
    'out-of-bounds',
    ['make', 'index at the end'],
    [['index behind the end'], ['write at index']],
    [['index at the end'], ['write at index']],
  ],
  [
    'uninitialised-read',
    ['have none'],
    [['make, hand out, write'], ['read if there']],
    [['make, write, hand out'], ['read if there']],
  ],
  ['uninitialised-read', ['make unwritten'], [['write'], ['read']], [['write', 'read'], ['nothing']]],
  [
    'use-after-return',
    [],
    [['hand out a local'], ['use the local']],
    [['hand out a local under lock'], ['use the local under lock']],
  ],
  ['stack-overflow', ['little depth'], [['much depth'], ['go as deep']], [['little depth'], ['go as deep']]],
])('%s', (kind, setUp, mutant, twin) => {
  test(`is caught: ${JSON.stringify(mutant)}`, async () => {
    const violations = await caughtIn(among(setUp, ...mutant));
    expect(kindsOf(violations)).toEqual([kind]);
    expect(violations[0]!.message).toMatch(/, by '[ab]'/);
    if (kind !== 'double-free')
      expect(violations[0]!.stack.map(({ file }) => file)).toContain('subjects/vfio-pci/parts.c');
    const { outcomes, executions } = await explore(base, among(setUp, ...mutant));
    expect(executions).toBeGreaterThan(1);
    expect(outcomes.length).toBeGreaterThan(0);
  });

  test(`is not: ${JSON.stringify(twin)}`, async () => {
    expect(await caughtIn(among(setUp, ...twin))).toEqual([]);
  });

  test('by dfs, in as many executions as hold it, and no other kinds', async () => {
    expect(kindsOf((await explore(base, among(setUp, ...mutant), { strategy: 'dfs' })).violations)).toEqual([
      kind,
    ]);
    expect((await explore(base, among(setUp, ...twin), { strategy: 'dfs' })).violations).toEqual([]);
  });
});

describe('who freed what is used', () => {
  test('is reported, with its place', async () => {
    const [found] = await caughtIn(among(['make'], ['free'], ['use']));
    expect(found).toMatchObject({ task: 'b', context: 'process' });
    expect(found!.message).toMatch(
      /^memory was used after it was freed \(a (load|store) of 4 bytes\), by 'b', freed by 'a' in give_back < op_part\b/,
    );
    expect(found!.stack[0]).toMatchObject({ function: 'op_part', file: 'subjects/vfio-pci/parts.c' });
    expect(found!.stack[0]!.line).toBeGreaterThan(0);
    expect(found!.stack.map(({ function: name }) => name)).toContain('lab_run_step');
  });

  test('is reported where it is freed again', async () => {
    const [found] = await caughtIn(among(['make'], ['free'], ['free']));
    expect(found!.message).toMatch(
      /^an object was freed twice, by '([ab])', freed by '(?!\1)[ab]' in give_back < /,
    );
  });

  test('may be the set-up', async () => {
    const [found] = await caughtIn(among(['make', 'free'], ['use'], ['nothing']));
    expect(found!.message).toContain(", by 'a', freed by the set-up");
  });
});

test('a copy hands on what was never written; a flag’s neighbours are not read', async () => {
  const read = among(['make unwritten'], ['set flags', 'copy it', 'read the copy'], ['nothing']);
  expect(kindsOf(await caughtIn(read))).toEqual(['uninitialised-read']);
  expect(await caughtIn(among(['make unwritten'], ['set flags', 'copy it'], ['nothing']))).toEqual([]);
});

test('calls that are nested too deeply to be suspended are reported as that', async () => {
  const nested = (part: MemoryPart) => among([], [part], ['leave a local behind']);
  const found = await explore(base, nested('nest deeply'));
  expect(kindsOf(found.violations)).toEqual(['stack-overflow']);
  // The machine is as good as before.
  expect((await explore(base, nested('nest less deeply'))).violations).toEqual([]);
});

describe('a stack that overflows', () => {
  test('is reported in a race', async () => {
    const deep = caseOf(among([], ['go deep'], ['nothing']), 'test', base);
    const found = await race(deep, { seconds: 0.3, patience: 5 });
    expect(kindsOf(found.violations)).toEqual(['stack-overflow']);
    expect(found.violations[0]).toMatchObject({ task: 'a' });
    expect(found.violations[0]!.stack[1]).toMatchObject({
      function: 'deep',
      file: 'subjects/vfio-pci/parts.c',
    });
    const twin = caseOf(among([], ['go less deep'], ['nothing']), 'test', base);
    expect((await race(twin, { seconds: 0.3, patience: 5 })).violations).toEqual([]);
  });

  test('is reported on real threads that follow a schedule', async () => {
    const deep = among(['little depth'], ['much depth'], ['go as deep']);
    const [found] = await caughtIn(deep);
    const what = caseOf(deep, 'test', base);
    const real = await replayer.replay(what, found!.runs, { times: 3 });
    expect(real).toMatchObject({ diverged: null, endings: { trap: 3 } });
    expect(real.violations).toMatchObject([{ kind: 'stack-overflow', task: 'b', count: 3 }]);
    const done = (await explore(base, deep)).outcomes[0]!;
    const well = await replayer.replay(what, done.runs, { times: 1 });
    expect(well).toMatchObject({ diverged: null, endings: { done: 1 }, violations: [] });
  });
});

describe('what is on a stack', () => {
  test('races with whoever has its address', async () => {
    const simulator = await openAnswer('stack-local', await toolchain());
    try {
      await setUp(simulator, 1);
      const { races, executions, outcomes } = await simulator.explore({
        actors: 2,
        observed: 1,
        strategy: 'dpor',
      });
      expect(executions).toBe(4);
      expect(races.length).toBeGreaterThan(0);
      expect(outcomes.map(({ values, caught }) => [Number(values[0]), caught]).sort()).toEqual([
        [1, 0],
        [2, 0],
      ]);
    } finally {
      await simulator.close();
    }
  });

  test('is followed alike on real threads', async () => {
    const scenario = among([], ['hand out a local'], ['use the local']);
    const { outcomes, violations } = await explore(base, scenario);
    for (const { runs } of [...outcomes, ...violations]) {
      const real = await replayer.replay(caseOf(scenario, 'test', base), runs, { times: 2 });
      expect(real).toMatchObject({ diverged: null, endings: { done: 2 } });
    }
  });
});
