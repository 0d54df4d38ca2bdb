// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineResult } from '../../src/engine/engine.js';
import { Track } from '../../src/engine/stress/stress.js';
import { ExitStatus } from '../../src/errors.js';
import { matrixTable } from '../../src/report/matrix.js';
import { verdictLine } from '../../src/report/race-table.js';
import type { Build } from '../../src/toolchain/build.js';
import { type Finding, judge } from '../../src/verify/judge.js';
import type { Result } from '../../src/verify/result.js';
import { statusOf } from '../../src/verify/status.js';
import { cellsOf, raceCell, verify } from '../../src/verify/verify.js';
import {
  bind,
  configRead,
  load,
  observe,
  open,
  type RaceScenario,
  returned,
  type Scenario,
  type SequenceScenario,
  scenario,
} from '../../subjects/vfio-pci/index.js';
import { build, closeToolchains } from '../support/race.js';
import { selected } from '../support/selected.js';
import { changed, sequenceOf } from '../support/vfio.js';

const good = { grade: 'acceptable', note: 'fine' } as const;
const race = scenario({
  title: 'two look at a device',
  devices: { A: {} },
  setup: [load('vfio-pci'), bind('A')],
  actors: { one: [configRead('A', 0, 2)], two: [configRead('A', 2, 2)] },
  observe: { usage: 'A.pdev.dev.power.usage_count' },
  outcomes: [{ when: {}, ...good }],
});
const looks: Parameters<typeof sequenceOf>[0] = {
  title: 'it is looked at',
  devices: { A: {} },
  setup: [load('vfio-pci'), bind('A')],
  steps: [configRead('A', 0, 2), observe('usage', 'A.pdev.dev.power.usage_count')],
  outcomes: [{ when: {}, ...good }],
};
const steps = sequenceOf(looks);
const named = (scenario: Scenario) => selected('test', scenario);

describe('a verdict', () => {
  const built = {
    options: { bitfieldAccess: 'fine', optimize: '2' },
    toolchain: { name: 'clang', version: '1' },
  } as Build;
  const nothing: EngineResult = {
    outcomes: [{ values: { usage: 1 }, count: 5, ...good }],
    violations: [],
    warnings: [],
    idle: [],
    samples: 5,
    seconds: 1,
    interrupted: false,
  };
  const judged = (engine: Finding['engine'], found: Partial<EngineResult>, expect?: 'fails' | 'holds') =>
    judge(
      { ...named({ ...race, ...(expect === undefined ? {} : { expect }) }), stage: 'base', build: built },
      { engine, found: { ...nothing, ...found }, reproduce: 'again' },
    );
  const forbidden = { outcomes: [{ values: { usage: 0 }, count: 1, grade: 'forbidden', note: '' }] } as const;

  test.each<[string, Result, Result['verdict'], Result['agreement'], number]>([
    ['a race that was out of luck', judged('stress', {}, 'fails'), 'undecided', 'undecided', 0],
    ['a race that has seen nothing forbidden', judged('stress', {}, 'holds'), 'holds', 'agrees', 0],
    ['... where nobody expects anything', judged('stress', {}), 'holds', 'agrees', 0],
    ['a race that has seen it', judged('stress', forbidden, 'fails'), 'fails', 'agrees', 0],
    ['... where it must not be', judged('stress', forbidden, 'holds'), 'fails', 'differs', 1],
    ['... where nobody expects anything', judged('stress', forbidden), 'fails', 'differs', 1],
    ['all there is, without the failure', judged('simulate', {}, 'fails'), 'holds', 'differs', 1],
    ['an actor that did nothing', judged('simulate', { idle: ["'one'"] }), 'undecided', 'differs', 1],
    ['... although it was expected', judged('run', { idle: ["'one'"] }, 'holds'), 'undecided', 'differs', 1],
    ['... but a failure is one', judged('run', { ...forbidden, idle: ["'one'"] }), 'fails', 'differs', 1],
    ['a race without a sample', judged('stress', { samples: 0, outcomes: [] }), 'undecided', 'undecided', 0],
    ['executions that were cut short', judged('simulate', { outcomes: [] }), 'undecided', 'undecided', 0],
  ])('of %s', (_, result, verdict, agreement, status) => {
    expect(result).toMatchObject({ verdict, agreement });
    expect(result.undecided === null).toBe(verdict !== 'undecided');
    expect(statusOf([result])).toBe(status === 0 ? ExitStatus.expected : ExitStatus.differs);
  });

  test('that is undecided says why', () => {
    const result = judged('simulate', { idle: ["'one'", "'two'"] }, 'holds');
    expect(verdictLine(result)).toMatch(
      /^\? base undecided, holds expected: every step of 'one' and of 'two' returned an error every time/,
    );
    expect(matrixTable([result])).toMatch(/test +simulate +undecided$/m);
    const longAgo = { ...result, stage: 'p1', verdict: 'holds', agreement: 'agrees' } as const;
    expect(matrixTable([result, longAgo])).toMatch(/base +p1\n.* undecided +holds$/);
  });
});

describe('a pass that proves nothing', () => {
  let base: Build;
  beforeAll(async () => {
    base = await build('base');
  });
  afterAll(closeToolchains);

  /** What verify says of a race and a sequence, and a race on real threads of that race. */
  async function verdicts(race: RaceScenario, steps: SequenceScenario) {
    const cells = cellsOf([named(race), named(steps)], ['base']);
    const [simulated, run] = await verify(cells, () => base, { budget: 5 });
    const track = new Track(base);
    const raced = await raceCell(cells[0]!, track, { seconds: 0.5, seed: 1 }).finally(() => track.close());
    return [simulated!, run!, raced].map(({ verdict, undecided }) => [verdict, undecided]);
  }

  test('is undecided, whatever the engine: nothing was open that could be read', async () => {
    const why = (whose: string) =>
      `every step of ${whose} returned an error every time, so nothing was tested`;
    expect(await verdicts(race, steps)).toEqual([
      ['undecided', why("'one' and of 'two'")],
      ['undecided', why('the sequence')],
      ['undecided', why("'one' and of 'two'")],
    ]);
  });

  test('is one where somebody looks at what steps return, or where they work', async () => {
    const looking = {
      ...race,
      observe: { one: returned('one'), two: returned('two') },
    };
    const observed = sequenceOf({ ...looks, steps: [observe('read', configRead('A', 0, 2))] });
    const holds = ['holds', null];
    expect(await verdicts(looking, observed)).toEqual([holds, holds, holds]);
    const setup = [...looks.setup!, open('A')];
    const opened = [changed(race, { setup }), sequenceOf({ ...looks, setup })] as const;
    expect(await verdicts(...opened)).toEqual([holds, holds, holds]);
  });
});
