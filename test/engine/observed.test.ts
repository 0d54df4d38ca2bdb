// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Replayer } from '../../src/engine/replay/replay.js';
import { Simulation } from '../../src/engine/simulate/simulation.js';
import { Track } from '../../src/engine/stress/stress.js';
import type { OutcomePattern } from '../../src/scenario/scenario.js';
import type { Build } from '../../src/toolchain/build.js';
import { compare } from '../../src/verify/fidelity.js';
import { cellsOf, verify } from '../../src/verify/verify.js';
import {
  bind,
  close,
  configRead,
  load,
  logStart,
  logStop,
  migStateSet,
  observe,
  open,
  type RaceScenario,
  returned,
  type SequenceScenario,
  type Step,
  scenario,
  sequence,
} from '../../subjects/vfio-pci/index.js';
import { build, caseOf, closeToolchains } from '../support/race.js';
import { closeSessions, runOn } from '../support/run.js';
import { selected } from '../support/selected.js';

/** Everything that can be asked of a build, its threads kept from one test to the next. */
class Engines {
  readonly build: Build;
  readonly simulation: Simulation;
  readonly track: Track;
  readonly replayer: Replayer;

  constructor(build: Build) {
    this.build = build;
    this.simulation = new Simulation(build);
    this.track = new Track(build);
    this.replayer = new Replayer(build);
  }

  close(): Promise<unknown> {
    return Promise.all([this.simulation.close(), this.track.close(), this.replayer.close()]);
  }
}

let base: Engines;
beforeAll(async () => {
  base = new Engines(await build('base'));
});
afterAll(async () => {
  await Promise.all([base.close(), closeSessions()]);
  await closeToolchains();
});

type Field = `A.${string}`;
const opened = [load('vfio-pci'), bind('A'), open('A')];
const anything: OutcomePattern[] = [{ when: {}, grade: 'acceptable', note: 'whatever it is' }];
const one: readonly [Step<'A'>] = [configRead('A', 0, 2)];
const devicesFor = (x: Field) => ({ A: { mlx5: x === stale } });
/** mlx5 goes on pointing to the ring of a completion queue that it has destroyed. */
const logging = [load('mlx5'), bind('A', 'mlx5'), open('A'), migStateSet('A', 'stop'), logStart('A')];
const stale = 'A.tracker.cq.ring[1].op_own';

function racing(x: Field, setup: readonly Step<'A'>[], last = one, outcomes = anything): RaceScenario {
  return scenario({
    title: 'two look, and a field is looked at',
    devices: devicesFor(x),
    setup,
    actors: { one, last },
    observe: { x },
    outcomes: outcomes as [],
  });
}

function oneByOne(x: Field, setup: readonly Step<'A'>[], last = one, outcomes = anything): SequenceScenario {
  return sequence({
    title: 'one after the other, and a field is looked at',
    devices: devicesFor(x),
    setup,
    steps: [...one, ...last, observe('x', x)],
    outcomes: outcomes as [],
  });
}

/** By the names of the commands, what each makes of a field: a value, or an error. */
const engines: Record<
  string,
  (
    on: Engines,
    x: Field,
    setup: readonly Step<'A'>[],
    last?: readonly [Step<'A'>],
    outcomes?: OutcomePattern[],
  ) => Promise<readonly { readonly values: unknown }[]>
> = {
  run: async (on, ...what) => (await runOn(on.build, oneByOne(...what))).outcomes,
  race: async (on, ...what) =>
    (await on.track.race(caseOf(racing(...what), 'base', on.build), { seconds: 0.3, seed: 1 })).outcomes,
  simulate: async (on, ...what) =>
    (await on.simulation.explore(caseOf(racing(...what), 'base', on.build))).outcomes,
  fidelity: async (on, ...what) => {
    const cell = { ...selected('test', racing(...what)), stage: 'base' };
    return (await compare(cell, on, { seconds: 0.3, seed: 1, times: 1 })).rows;
  },
  async verify(on, ...what) {
    const cells = cellsOf([selected('t', racing(...what)), selected('t', oneByOne(...what))], ['base']);
    const results = await verify(cells, () => on.build, { budget: 5 });
    const codes = new Set(results.map(({ broken }) => broken?.code));
    expect(codes.size, 'as cells of one matrix').toBe(1);
    const { broken, outcomes } = results[0]!;
    if (broken === null) return outcomes;
    throw Object.assign(new Error(broken.message), { code: broken.code, advice: { hint: broken.hint } });
  },
};

describe.each(Object.entries(engines))('%s', (_, see) => {
  test('reads the last element of what is allocated', async () => {
    const outcomes = await see(base, 'A.vconfig[255]', opened);
    expect(outcomes.map(({ values }) => values)).toEqual([{ x: 0 }]);
  });

  test.each([256, 99_999_999, 1e30])('refuses element %d, and says how much is allocated', async (index) => {
    const field: Field = `A.vconfig[${BigInt(index)}]`;
    await expect(see(base, field, opened)).rejects.toMatchObject({
      code: 'E_UNKNOWN_FIELD',
      message: `${field}: it lies outside of what 'A.vconfig' points to, where 256 bytes are allocated`,
      advice: { hint: "its elements are 'A.vconfig[0]' to 'A.vconfig[255]'" },
    });
  });

  test('refuses what is freed, and says so', async () => {
    await expect(see(base, stale, logging, [logStop('A')])).rejects.toMatchObject({
      code: 'E_DANGLING_POINTER',
      message: expect.stringMatching(
        /^A\.tracker\.cq\.ring\[1\]\.op_own cannot be read: 'A\.tracker\.cq\.ring' points to memory that is freed, where \d+ bytes were allocated$/,
      ),
    });
  });

  test('refuses what is never there, and says which pointer is NULL', async () => {
    const bound = [load('vfio-pci'), bind('A')];
    await expect(see(base, 'A.vconfig[4]', bound)).rejects.toMatchObject({
      code: 'E_NULL_POINTER',
      message: "observed 'x' was never there: 'A.vconfig' is NULL in every outcome",
      advice: { hint: 'if it may be, say what that means: { when: { x: null }, … }' },
    });
    await expect(see(base, 'A.bardirty', [load('vfio-pci')])).rejects.toMatchObject({
      code: 'E_NULL_POINTER',
      message: "observed 'x' was never there: 'A' is NULL in every outcome",
    });
  });

  test('takes it for a value where a pattern says what that means', async () => {
    const closed: OutcomePattern[] = [{ when: { x: null }, grade: 'acceptable', note: 'it is closed' }];
    const outcomes = await see(base, 'A.vconfig[4]', opened, [close('A')], closed);
    expect(outcomes.map(({ values }) => values)).toContainEqual({ x: null });
  });

  test('reads static data as far as its type goes', async () => {
    const outcomes = await see(base, 'A.pdev.driver.name[0]', opened);
    expect(outcomes.map(({ values }) => values)).toEqual([{ x: 'vfio-pci'.charCodeAt(0) }]);
    await expect(see(base, 'A.pdev.driver.name[1]', opened)).rejects.toMatchObject({
      code: 'E_UNKNOWN_FIELD',
      message: expect.stringContaining("'A.pdev.driver.name' points to static data"),
    });
  });
});

test('what is exclusive goes by the same rule', async () => {
  const what: RaceScenario = { ...racing('A.vconfig[4]', opened), exclusive: ['A.vconfig[256]'] };
  await expect(base.simulation.explore(caseOf(what, 'base', base.build))).rejects.toMatchObject({
    code: 'E_UNKNOWN_FIELD',
    message: expect.stringContaining('256 bytes are allocated'),
  });
});

test('so does a schedule, on real threads and in the simulator', async () => {
  const fine: RaceScenario = { ...racing(stale, logging, [logStop('A')]), observe: { x: returned('last') } };
  const { outcomes } = await base.simulation.explore(caseOf(fine, 'base', base.build));
  const what = caseOf({ ...fine, observe: { x: stale } as const }, 'base', base.build);
  const { runs } = outcomes[0]!;
  const dangles = { code: 'E_DANGLING_POINTER' };
  await expect(base.simulation.describe(what, runs)).rejects.toMatchObject(dangles);
  await expect(base.replayer.replay(what, runs)).rejects.toMatchObject(dangles);
});
