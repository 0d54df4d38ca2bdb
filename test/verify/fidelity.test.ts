// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ofEngine, type Violation } from '../../src/engine/engine.js';
import { memoryAccesses } from '../../src/engine/instrument/memory-accesses.js';
import { sitesOf } from '../../src/engine/instrument/sites.js';
import { Replayer, type ReplayResult } from '../../src/engine/replay/replay.js';
import { type SimulateResult, Simulation } from '../../src/engine/simulate/simulation.js';
import { type StressResult, Track } from '../../src/engine/stress/stress.js';
import type { Build } from '../../src/toolchain/build.js';
import type { ExternalResult } from '../../src/verify/external.js';
import { compare, type Engines, type FidelityOptions } from '../../src/verify/fidelity.js';
import { type Fidelity, isDifference, rowText } from '../../src/verify/fidelity-result.js';
import type { Cell } from '../../src/verify/verify.js';
import { build, closeToolchains, programAt } from '../support/race.js';
import { selected } from '../support/selected.js';

const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  await closeToolchains();
});

function enginesOf(built: Build) {
  const engines = {
    simulation: new Simulation(built),
    track: new Track(built),
    replayer: new Replayer(built),
  };
  open.push(...Object.values(engines));
  return engines;
}

const cellOf = (name: string, stage: string): Cell => ({ ...selected(name), stage });
const small = { seconds: 0.2, seed: 1, times: 3 };

/** Rows as text, with their judgements. */
const judged = ({ rows }: Fidelity) =>
  Object.fromEntries(rows.map((row) => [rowText(row), row.judgement] as const));
const differences = ({ rows }: Fidelity) => rows.filter(isDifference).map(({ differences }) => differences);

/** As if the usual toolchain had built it: a command that reproduces a difference names any other. */
async function usualBuild(stage: string): Promise<Build> {
  const built = await build(stage);
  return { ...built, toolchain: { ...built.toolchain, name: 'llvm' } };
}

describe.each(['base', 'p5'])('the engines agree at %s', (stage) => {
  let engines: Engines;
  beforeAll(async () => {
    engines = enginesOf(await usualBuild(stage));
  });

  test.each([
    ['intx-mask-vs-bar-write', { base: ['0, 1', '1, 0', '1, 1'], p5: ['1, 1'] }],
    [
      'reload-vs-bus-reset',
      { base: ['0, 0', '1, 0', '1, 1', '2, 1', 'reset-unheld B.pdev.dev'], p5: ['0, 0'] },
    ],
    [
      'dirty-page-report-vs-qp-error',
      { base: ['-5, 1, 0', '-5, 1, 1', 'hang'], p5: ['-5, 1, 0', '-5, 1, 1'] },
    ],
    [
      'log-stop-vs-reset',
      {
        base: [
          ...['0, 2', '1, 1', '1, 2'],
          ...[
            'double-free A.tracker.cq.ring[0]',
            'double-free A.tracker.fw_qp',
            'double-free A.tracker.host_qp',
          ],
          'reference-underflow A.mdev.uar',
        ],
        p5: ['1, 2'],
      },
    ],
  ])('on %s', async (name, outcomes) => {
    const found = await compare(cellOf(name, stage), engines, small);
    expect(differences(found)).toEqual([]);
    expect(found.simulate.bounded).toBeNull();
    expect(Object.keys(judged(found)).sort()).toEqual(outcomes[stage as 'base' | 'p5']);
    for (const row of found.rows) {
      expect(row.replay).toBe(small.times);
      expect(row.judgement).toBe(row.stress > 0 ? 'agrees' : 'possible but unseen');
    }
  });
});

describe('a defect of one of the engines', () => {
  const cell = cellOf('intx-mask-vs-bar-write', 'base');
  let engines: ReturnType<typeof enginesOf>;
  let patient: Engines;
  beforeAll(async () => {
    engines = enginesOf(await usualBuild('base'));
    patient = { ...engines, track: untilForbidden(engines.track) };
  });

  /** Lost updates show in a moment; what is asked for is the longest that may take. */
  const untilForbidden = (track: Track): Engines['track'] => ({
    build: track.build,
    race: (tested, options) => track.race(tested, { ...options, seconds: 60, untilForbidden: true }),
  });
  const simulationOf = (
    explore: Engines['simulation']['explore'],
    simulation = engines.simulation,
  ): Engines['simulation'] => ({
    build: simulation.build,
    explore,
    describe: (tested, runs) => simulation.describe(tested, runs),
  });
  const withoutPreemptions: Engines['simulation']['explore'] = (tested, options) =>
    engines.simulation.explore(tested, { ...options, strategy: 'dfs', preemptions: 0 });

  test('a simulator that leaves schedules out', async () => {
    const simulation = simulationOf(async (tested, options) => ({
      ...(await withoutPreemptions(tested, options)),
      bounded: null,
    }));
    const found = await compare(cell, { ...patient, simulation }, small);
    const lost = found.rows.filter(({ simulate }) => simulate === 0);
    expect(lost.length).toBeGreaterThan(0);
    for (const row of lost) {
      expect(row.judgement).toBe('seen but impossible');
      expect(row.differences).toEqual(['stress saw what the simulator calls impossible']);
      expect(row.reproduce).toBe('npx lostbit race intx-mask-vs-bar-write --stage base --time 0.2s --seed 1');
    }
    expect(judged(found)['1, 1']).not.toBe('seen but impossible');
  });

  test('not so where the simulator says that it has left some out', async () => {
    const found = await compare(cell, { ...patient, simulation: simulationOf(withoutPreemptions) }, small);
    const lost = found.rows.filter(({ simulate }) => simulate === 0);
    expect(lost.length).toBeGreaterThan(0);
    for (const row of lost) expect(row.judgement).toBe('not among those explored');
    expect(differences(found)).toEqual([]);
  });

  test('a simulator that leaves one of its outcomes out', async () => {
    const simulation = simulationOf(async (tested, options) => {
      const explored = await engines.simulation.explore(tested, options);
      return { ...explored, outcomes: explored.outcomes.filter(({ grade }) => grade !== 'forbidden') };
    });
    const found = await compare(cell, { ...patient, simulation }, small);
    expect(Object.values(judged(found))).toContain('seen but impossible');
  });

  test('a simulator that drops a store', async () => {
    const { bytes } = engines.simulation.build;
    const simulation = new Simulation({ ...engines.simulation.build, bytes: await withoutStore(bytes) });
    open.push(simulation);
    const found = await compare(cell, { ...patient, simulation }, small);
    expect(judged(found)).toMatchObject({ '1, 1': 'seen but impossible', '1, 0': 'not replayed' });
  });

  test('a replayer that goes by other schedules', async () => {
    let first: Parameters<Replayer['replay']>[1];
    const replayer: Engines['replayer'] = {
      build: engines.replayer.build,
      replay: (tested, runs, options) => {
        first ??= runs;
        return engines.replayer.replay(tested, first, options);
      },
    };
    const found = await compare(cell, { ...engines, replayer }, small);
    const [right, ...wrong] = found.rows;
    expect(right!.judgement).not.toBe('not replayed');
    expect(wrong).toHaveLength(2);
    for (const row of wrong) {
      expect(row).toMatchObject({
        judgement: 'not replayed',
        replay: 0,
        differences: ['replay: none of 3 repetitions came to it', 'replay: 3 of 3 repetitions came to 1, 1'],
      });
      expect(row.reproduce).toBe(`npx lostbit replay ${row.schedule}`);
    }
  });

  test('a replayer that lets a thread go too far', async () => {
    const replayer: Engines['replayer'] = {
      build: engines.replayer.build,
      replay: (tested, [first, ...rest], options) =>
        engines.replayer.replay(tested, [{ ...first!, ticks: first!.ticks + 1000 }, ...rest], options),
    };
    const found = await compare(cell, { ...engines, replayer }, small);
    for (const row of found.rows) {
      expect(row.judgement).toBe('not replayed');
      expect(row.differences).toContainEqual(
        expect.stringMatching(/^replay: '\w+' left the schedule in run 1 of \d+$/),
      );
    }
  });

  test('a replayer that is wrong now and then', async () => {
    const replayer: Engines['replayer'] = {
      build: engines.replayer.build,
      replay: async (tested, runs, options) => {
        const result = await engines.replayer.replay(tested, runs, options);
        const never = {
          values: { virq_disabled: 0, bardirty: 0 },
          count: 1,
          grade: 'forbidden',
          note: '',
        } as const;
        return { ...result, outcomes: [...result.outcomes, never] };
      },
    };
    const found = await compare(cell, { ...engines, replayer }, small);
    expect(judged(found)).toEqual({
      '1, 1': 'not replayed',
      '0, 1': 'not replayed',
      '1, 0': 'not replayed',
      '0, 0': 'seen but impossible',
    });
    expect(found.rows.at(-1)).toMatchObject({ simulate: 0, stress: 0, replay: 3 });
    expect(found.rows[0]!.differences).toEqual(['replay: 1 of 3 repetitions came to 0, 0']);
  });

  const other = (outcomes: ExternalResult['outcomes'], exhaustive = false): ExternalResult => ({
    engine: 'mysim 0.3',
    file: 'mine.json',
    scenario: cell.name,
    stage: 'base',
    bitfieldAccess: null,
    exhaustive,
    outcomes,
    violations: null,
  });
  const outcome = (virq_disabled: number, bardirty: number, count: number | null = null) => ({
    values: { bardirty, virq_disabled },
    count,
  });

  test('another engine that sees what is impossible', async () => {
    const others = [other([outcome(1, 1, 5), outcome(0, 0)])];
    const found = await compare(cell, engines, { ...small, others });
    expect(differences(found)).toEqual([['mysim 0.3 saw what the simulator calls impossible']]);
    expect(found.rows.at(-1)).toMatchObject({
      values: { virq_disabled: 0, bardirty: 0 },
      judgement: 'seen but impossible',
      others: [{ seen: true, count: null }],
      reproduce: 'npx lostbit simulate intx-mask-vs-bar-write --stage base',
    });
    expect(found.rows[0]!.others).toEqual([{ seen: true, count: 5 }]);
    expect(found.rows[1]!.others).toEqual([{ seen: false, count: null }]);
  });

  test('another engine that has explored everything, and lacks an outcome', async () => {
    const found = await compare(cell, engines, {
      ...small,
      others: [
        other([outcome(1, 1), outcome(0, 1)], true),
        other([outcome(1, 1), outcome(0, 1), outcome(1, 0)], true),
      ],
    });
    expect(judged(found)['1, 0']).toBe('missing elsewhere');
    expect(differences(found)).toEqual([['mysim 0.3 has explored everything, and lacks it']]);
  });

  test('not so of one that has not explored everything', async () => {
    const found = await compare(cell, engines, { ...small, others: [other([outcome(1, 1)])] });
    expect(differences(found)).toEqual([]);
  });
});

describe('what was caught', () => {
  const caught = (kind: string, object: string | null = null, count = 1): Violation => ({
    ...ofEngine,
    kind,
    object,
    count,
    message: '',
  });
  const explored: SimulateResult = {
    outcomes: [],
    violations: [],
    races: [],
    racesLeftOut: false,
    warnings: [],
    idle: [],
    samples: 9,
    executions: 9,
    blocked: 0,
    bounded: null,
    seconds: 0,
    interrupted: false,
    strategy: 'dpor',
    seed: null,
  };
  const raced: StressResult = {
    outcomes: [],
    violations: [],
    warnings: [],
    idle: [],
    samples: 9,
    seconds: 0,
    interrupted: false,
    workers: 2,
    processors: 2,
    unpinned: null,
    broken: false,
    unserved: 0,
  };

  /** Compares what engines are assumed to have found; of each violation, the replay catches the same. */
  async function compared(
    simulated: readonly Violation[],
    stressed: readonly Violation[],
    replayed: readonly Violation[] = simulated,
    options: Partial<FidelityOptions> = {},
  ): Promise<Fidelity> {
    const built = await build('base');
    const schedules = simulated.map((violation, actor) => ({
      ...violation,
      schedule: 'x',
      runs: [{ actor, ticks: 1 }],
      preemptions: 0,
    }));
    return compare(
      cellOf('intx-mask-vs-bar-write', 'base'),
      {
        simulation: {
          build: built,
          explore: async () => ({ ...explored, violations: schedules }),
          describe: async (_, [run]) => ({
            schedule: 'x',
            interleaving: {
              actors: [],
              accesses: [],
              decisive: [],
              observed: [],
              returned: [],
              preemptions: 0,
              waits: [],
            },
            ending: 'deadlock',
            values: {},
            violations: [simulated[run!.actor]!],
            strayed: 0,
            orders: () => true,
          }),
        },
        track: { build: built, race: async () => ({ ...raced, violations: stressed }) },
        replayer: {
          build: built,
          replay: async (_, [run]): Promise<ReplayResult> => ({
            ...raced,
            samples: 0,
            violations: replayed.slice(run!.actor, run!.actor + 1),
            endings: { done: 0, deadlock: 3, unserved: 0, trap: 0, hang: 0 },
            diverged: null,
          }),
        },
      },
      { ...small, ...options },
    );
  }

  test('is the same by its kind and object', async () => {
    const found = await compared(
      [caught('trap'), caught('warned', 'f')],
      [caught('warned', 'f', 7), caught('warned', 'g')],
    );
    expect(judged(found)).toEqual({
      trap: 'possible but unseen',
      'warned f': 'agrees',
      'warned g': 'seen but impossible',
    });
    expect(found.rows[1]).toMatchObject({
      simulate: 1,
      stress: 7,
      replay: 1,
      violation: { kind: 'warned', object: 'f' },
    });
  });

  test('is a hang, whatever is known of it', async () => {
    const found = await compared(
      [caught('deadlock'), caught('livelock')],
      [caught('hang')],
      [caught('hang'), caught('hang')],
    );
    expect(judged(found)).toEqual({ hang: 'agrees' });
    expect(found.rows[0]).toMatchObject({ simulate: 2, stress: 1 });
  });

  test('a livelock is not replayed', async () => {
    const found = await compared([caught('livelock')], [], []);
    expect(found.replay.schedules).toBe(0);
    expect(found.rows).toMatchObject([
      { simulate: 1, replay: 0, schedule: null, judgement: 'possible but unseen', differences: [] },
    ]);
  });

  test('a hang that the simulator does not know is a difference', async () => {
    expect(judged(await compared([], [caught('hang')]))).toEqual({ hang: 'seen but impossible' });
  });

  test('at an address, may be anywhere', async () => {
    const found = await compared(
      [caught('double-free', '0x551488'), caught('leaked', 'A')],
      [caught('double-free', '0x1234'), caught('double-free', 'A.pdev'), caught('leaked', '0x77')],
    );
    expect(judged(found)).toEqual({ 'double-free': 'agrees', 'leaked A': 'agrees' });
    expect(found.rows.map(({ stress }) => stress)).toEqual([2, 1]);
  });

  test('by the simulator alone is not replayed', async () => {
    const found = await compared([caught('deadlock')], [], []);
    expect(judged(found)).toEqual({ hang: 'not replayed' });
    expect(found.rows[0]!.differences).toEqual(['replay: none of 3 repetitions came to it']);
  });

  test('is held against others that speak of such things, and no more', async () => {
    const other = (violations: ExternalResult['violations']): ExternalResult => ({
      engine: 'simulate',
      file: 'report.json',
      scenario: 'x',
      stage: 'base',
      bitfieldAccess: 'fine',
      exhaustive: true,
      outcomes: [],
      violations,
    });
    const others = [other(null), other([]), other([caught('deadlock', null, 4)])];
    const found = await compared([caught('deadlock')], [], [caught('hang')], { others });
    expect(found.rows[0]!.others).toEqual([
      { seen: null, count: null },
      { seen: false, count: null },
      { seen: true, count: 4 },
    ]);
    expect(found.rows[0]!.differences).toEqual(['simulate has explored everything, and lacks it']);
  });
});

test('stops when it is aborted', async () => {
  const engines = enginesOf(await build('base'));
  const stop = new AbortController();
  const progress = (detail: string) => detail.startsWith('raced') && stop.abort(new Error('enough'));
  const comparing = compare(cellOf('intx-mask-vs-bar-write', 'base'), engines, {
    ...small,
    seconds: 60,
    signal: stop.signal,
    progress,
  });
  await expect(comparing).rejects.toThrow('enough');
});

/** The module without the store that says that a BAR was written: its operands are dropped. */
async function withoutStore(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const file = 'vfio/pci/vfio_pci_config.c';
  const { tree } = await programAt('base');
  const lines = tree.get(file)!.split('\n');
  // The configuration is put before the file, whose lines are counted as they were.
  const first = 1 + lines.findIndex((one) => one.startsWith('#line 1 '));
  const line = 1 + lines.indexOf('\t\tvdev->bardirty = true;') - first;
  const stores = sitesOf(bytes).filter(
    ({ kind, stack }) => kind === 'store' && stack[0]?.file === file && stack[0].line === line,
  );
  expect(stores).toHaveLength(1);
  const { offset } = memoryAccesses(bytes).find(({ site }) => site === stores[0]!.site)!;
  // Its alignment and its offset, each a LEB128.
  let end = offset + 1;
  for (let numbers = 0; numbers < 2; end++) if (bytes[end]! < 0x80) numbers++;
  const [drop, nop] = [0x1a, 0x01];
  const edited = bytes.slice();
  edited.fill(nop, offset, end);
  edited.fill(drop, offset, offset + 2);
  return edited;
}
