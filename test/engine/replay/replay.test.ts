// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { Replayer, type ReplayOptions, type ReplayResult } from '../../../src/engine/replay/replay.js';
import type { Run } from '../../../src/engine/schedule.js';
import { type SimulateResult, Simulation } from '../../../src/engine/simulate/simulation.js';
import { Machine } from '../../../src/machine/machine.js';
import { actorOf, isRace, type RaceScenario, scenario } from '../../../src/scenario/scenario.js';
import { op } from '../../../src/scenario/step.js';
import type { Build } from '../../../src/toolchain/build.js';
import type { FileTree } from '../../../src/toolchain/types.js';
import { countUp } from '../../../subjects/bare-flags/steps.js';
import { configBlock, configRead, configWrite, fail, returned } from '../../../subjects/vfio-pci/index.js';
import { PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_1, PCI_COMMAND } from '../../../subjects/vfio-pci/pci.js';
import { catalogue } from '../../../subjects/vfio-pci/scenarios/index.js';
import intxMaskVsBarWrite from '../../../subjects/vfio-pci/scenarios/intx-mask-vs-bar-write.js';
import { counts, flagsBuild, locks } from '../../support/flags.js';
import { build, caseOf, closeToolchains, replaced } from '../../support/race.js';
import { changed } from '../../support/vfio.js';

afterAll(closeToolchains);

/** What the simulator finds. */
async function explored(
  scenario: RaceScenario | string,
  stage: string,
  built: Build,
): Promise<SimulateResult> {
  const simulation = new Simulation(built);
  try {
    return await simulation.explore(caseOf(scenario, stage, built), { executions: 3000 });
  } finally {
    await simulation.close();
  }
}

async function replayed(
  scenario: RaceScenario | string,
  stage: string,
  built: Build,
  runs: readonly Run[],
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const replayer = new Replayer(built);
  try {
    return await replayer.replay(caseOf(scenario, stage, built), runs, { times: 100, ...options });
  } finally {
    await replayer.close();
  }
}

/** What only a shadow of memory sees, which real threads do not have. */
const seenByShadow = new Set(['use-after-free', 'use-after-return', 'out-of-bounds', 'uninitialised-read']);

const nothing = { done: 0, deadlock: 0, unserved: 0, trap: 0, hang: 0 };

describe('every outcome of the simulator comes out of its schedule, every time', () => {
  const races = Object.entries(catalogue).flatMap(([name, scenario]) => (isRace(scenario) ? [name] : []));

  describe.each([
    { stage: 'base', names: races },
    { stage: 'p5', names: races.filter((_, i) => i % 4 === 0) },
  ])('at $stage', ({ stage, names }) => {
    test.each(names)('%s', async (name) => {
      const built = await build(stage);
      const what = caseOf(name, stage, built);
      const { outcomes, violations } = await explored(name, stage, built);
      const replayer = new Replayer(built);
      for (const { runs, values } of outcomes) {
        const result = await replayer.replay(what, runs, { times: 25 });
        expect(result).toMatchObject({
          diverged: null,
          endings: { ...nothing, done: 25 },
          samples: 25,
          interrupted: false,
        });
        expect(result.outcomes).toEqual([expect.objectContaining({ values, count: 25 })]);
      }
      for (const { runs, kind, message } of violations) {
        if (seenByShadow.has(kind)) continue;
        const result = await replayer.replay(what, runs, { times: 10 });
        expect(result.diverged).toBeNull();
        // The simulator says who had freed it, too.
        const again = result.violations.find(
          (one) => one.kind === kind && (one.message === message || kind === 'double-free'),
        );
        // As often in each repetition.
        expect((again?.count ?? 1) % 10).toBe(0);
      }
      await replayer.close();
    });
  });

  test('one mask of INTx is lost, another BAR write, and both are kept: as graded', async () => {
    const built = await build('base');
    const found = await explored('intx-mask-vs-bar-write', 'base', built);
    expect(found.outcomes).toHaveLength(3);
    const grades = [];
    for (const { runs } of found.outcomes)
      grades.push(
        ...(await replayed('intx-mask-vs-bar-write', 'base', built, runs)).outcomes.map(({ grade }) => grade),
      );
    expect(grades.toSorted()).toEqual(['acceptable', 'forbidden', 'forbidden']);
  });
});

describe('what is caught', () => {
  test('comes with the calls that lead to it', async () => {
    const built = await build('p5');
    const name = 'log-start-before-pf-detaches-vf';
    const { violations } = await explored(name, 'p5', built);
    const [warned] = violations.filter(({ kind }) => kind === 'warned');
    const result = await replayed(name, 'p5', built, warned!.runs, { times: 3 });
    const [violation] = result.violations;
    expect(violation).toMatchObject({ kind: 'warned', count: 3, task: 'logger' });
    const driver = violation!.stack.find(({ file }) => file?.startsWith('vfio/'));
    expect(driver).toMatchObject({ function: '_mlx5vf_free_page_tracker_resources' });
    expect(violation!.stack.at(-1)).toMatchObject({ function: 'lab_replay_repeat' });
  });
});

const [takeF, takeG, giveF, giveG] = [op('take', 0), op('take', 1), op('give', 0), op('give', 1)];
const crossed = scenario({
  title: 'two actors take two locks, in both orders',
  actors: {
    one: [takeF, takeG, giveG, giveF],
    two: [takeG, takeF, giveF, giveG],
  },
  observe: { F: 'F.count', G: 'G.count' },
  outcomes: [{ when: { F: 0, G: 0 }, grade: 'acceptable', note: 'both are free again' }],
});

describe('a deadlock', () => {
  test('of two locks is one on real threads, each time', async () => {
    const built = await flagsBuild(locks);
    const { outcomes, violations } = await explored(crossed, 'base', built);
    const [deadlock] = violations;
    expect(deadlock).toMatchObject({
      kind: 'deadlock',
      message: "no actor can go on: 'one' waits for G; 'two' waits for F",
    });
    const result = await replayed(crossed, 'base', built, deadlock!.runs, { times: 3 });
    expect(result).toMatchObject({ endings: { ...nothing, deadlock: 3 }, diverged: null, outcomes: [] });
    expect(result.violations).toEqual([
      expect.objectContaining({ kind: 'deadlock', message: deadlock!.message, count: 3 }),
    ]);
    // Nor is there one where there is none, with the same locks.
    const fine = await replayed(crossed, 'base', built, outcomes[0]!.runs);
    expect(fine).toMatchObject({ endings: { ...nothing, done: 100 }, violations: [] });
  });

  test.each([0, 1])('leaves no wait to the next repetition, however late thread %i begins', async (slow) => {
    const built = await flagsBuild(locks);
    const { violations } = await explored(crossed, 'base', built);
    const launch = Machine.prototype.launch;
    // The scheduler's delay, as there is on a machine with much else to do.
    const late = vi.spyOn(Machine.prototype, 'launch').mockImplementation(async function (
      this: Machine,
      thread,
      ...rest
    ) {
      if (thread === slow) await setTimeout(60);
      return launch.call(this, thread, ...rest);
    });
    try {
      const result = await replayed(crossed, 'base', built, violations[0]!.runs, { times: 3 });
      expect(result).toMatchObject({ endings: { ...nothing, deadlock: 3 }, diverged: null });
    } finally {
      late.mockRestore();
    }
  });

  test('may be of an actor alone that nobody wakes', async () => {
    const stuck = changed(intxMaskVsBarWrite, {
      actors: { resetter: [configBlock('A')], guest: [configRead('A', PCI_COMMAND, 2)] },
      observe: { read: returned('guest') },
      outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
    });
    const built = await build('base');
    const { violations } = await explored(stuck, 'base', built);
    expect(violations).toHaveLength(1);
    const { runs, message } = violations[0]!;
    const result = await replayed(stuck, 'base', built, runs, { times: 2 });
    expect(result).toMatchObject({ endings: { ...nothing, deadlock: 2 }, diverged: null });
    expect(result.violations).toEqual([expect.objectContaining({ kind: 'deadlock', message, count: 2 })]);
  });
});

describe('a trap', () => {
  const inBarWrite = (code: string) => ({
    mutate: (tree: FileTree) =>
      replaced(
        tree,
        'vfio/pci/vfio_pci_config.c',
        '\tif (is_bar(offset))\n\t\tvdev->bardirty = true;',
        `\tif (is_bar(offset)) {\n\t\tvdev->bardirty = true;\n\t\t${code}\n\t}`,
      ),
  });

  test.each([
    ['a BUG()', '__builtin_trap();'],
    ['a load through a wild pointer', '*(volatile u32 *)0x6b6b6b6b;'],
    [
      'a copy from one',
      '__builtin_memcpy((void *)vdev, *(void *volatile *)&(void *){ (void *)0x6b6b6b6b }, 32);',
    ],
    ['a lock that is none', 'stub_acquire((u32 *)0x6b6b6b68, 1, 1);'],
  ])('by %s is one on real threads, and the others go on as they do in the simulator', async (_, code) => {
    const declared = {
      mutate: (tree: FileTree) =>
        replaced(
          inBarWrite(code).mutate(tree),
          'vfio/pci/vfio_pci_config.c',
          '#include "vfio/pci/vfio_pci_priv.h"\n',
          '#include "vfio/pci/vfio_pci_priv.h"\nvoid stub_acquire(u32 *word, u32 busy, u32 claim);\n',
        ),
    };
    const built = await build('base', declared);
    const { outcomes, violations } = await explored('intx-mask-vs-bar-write', 'base', built);
    expect(outcomes).toEqual([]);
    const [trap] = violations;
    expect(trap).toMatchObject({ kind: 'trap' });
    const result = await replayed('intx-mask-vs-bar-write', 'base', built, trap!.runs, { times: 3 });
    expect(result).toMatchObject({ endings: { ...nothing, trap: 3 }, diverged: null, outcomes: [] });
    const [violation] = result.violations;
    expect(violation).toMatchObject({
      kind: 'trap',
      task: 'mover',
      message: expect.stringContaining("'mover' trapped"),
      count: 3,
    });
    const driver = violation!.stack.find(({ file }) => file?.startsWith('vfio/'));
    expect(driver).toMatchObject({ file: 'vfio/pci/vfio_pci_config.c' });
  });
});

describe('a schedule that is not what the scenario does', () => {
  const name = 'intx-mask-vs-bar-write';

  /** One tick more or less, at each run in turn; each two runs swapped; each run left out; one more at the end. */
  function* wrong(runs: readonly Run[]): Generator<Run[]> {
    for (const i of runs.keys()) {
      for (const more of [1, -1])
        yield runs.map((run, j) => (i === j ? { ...run, ticks: run.ticks + more } : run));
      yield runs.map((run, j) => (i === j ? { ...run, actor: 1 - run.actor } : run));
      yield runs.filter((_, j) => i !== j);
    }
    for (const actor of [0, 1]) yield [...runs, { actor, ticks: 1 }];
    yield [];
  }

  test('is recognised', async () => {
    const built = await build('base');
    const { outcomes } = await explored(name, 'base', built);
    const replayer = new Replayer(built);
    for (const { runs } of outcomes) {
      for (const other of wrong(runs)) {
        const result = await replayer.replay(caseOf(name, 'base', built), other, { times: 25 });
        expect(result).toMatchObject({ endings: nothing, outcomes: [], violations: [] });
        const { run, actor } = result.diverged!;
        expect(actor).toBe(other[run]?.actor ?? null);
      }
      // And the threads are none the worse for it.
      const right = await replayer.replay(caseOf(name, 'base', built), runs, { times: 25 });
      expect(right).toMatchObject({ endings: { ...nothing, done: 25 }, diverged: null });
    }
    await replayer.close();
  });

  test('is recognised where an actor takes a lock that another one holds', async () => {
    const built = await flagsBuild(locks);
    const { outcomes } = await explored(crossed, 'base', built);
    const [first, second] = outcomes[0]!.runs;
    expect(outcomes[0]!.runs).toHaveLength(2);
    // The first one keeps both locks, which are taken in its first half and given back in the other.
    const half = Math.floor(first!.ticks / 2);
    const result = await replayed(crossed, 'base', built, [
      { ...first!, ticks: half },
      second!,
      { ...first!, ticks: first!.ticks - half },
    ]);
    expect(result).toMatchObject({ endings: nothing, diverged: { run: 1, actor: second!.actor } });
  });

  test('and knows other actors is refused', async () => {
    const built = await build('base');
    await expect(replayed(name, 'base', built, [{ actor: 2, ticks: 1 }])).rejects.toMatchObject({
      code: 'E_SCHEDULE',
      message: 'the schedule has runs of actor 3; the scenario has 2',
    });
  });
});

describe('ticks are counted as in the simulator', () => {
  async function agrees(scenario: RaceScenario, built: Build): Promise<void> {
    const { outcomes, violations } = await explored(scenario, 'base', built);
    expect(violations).toEqual([]);
    for (const { runs, values } of outcomes) {
      const result = await replayed(scenario, 'base', built, runs);
      expect(result).toMatchObject({ diverged: null, outcomes: [{ values, count: 100 }] });
    }
  }

  test('where a step changes what lies outside of the arena', async () => {
    const { masker, mover } = intxMaskVsBarWrite.actors;
    const failing = changed(intxMaskVsBarWrite, {
      actors: { masker: masker!, mover: [...actorOf(mover!).steps, fail('kmalloc', 100)] },
    });
    await agrees(failing, await build('base'));
  });

  test('where nothing is copied or filled', async () => {
    const two = scenario({
      title: 'two count',
      actors: { one: [countUp()], two: [countUp()] },
      observe: { count: 'count' },
      outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
    });
    // A compiler steps around what has no bytes.
    const bulk = (what: string, from: string) =>
      `\t__asm__ volatile("local.get %0\\nlocal.get %1\\nlocal.get %2\\n${what}" :: "r"(&count), "r"(${from}), "r"(0));\n`;
    const none = bulk('memory.copy 0, 0', '&packed') + bulk('memory.fill 0', '1');
    const built = await flagsBuild(counts(`${none}\treturn ++count;`));
    await agrees(two, built);
  });
});

describe('a thread that never comes back', () => {
  // Where the second BAR is written, it stays, in a loop that accesses no memory: an access would be a tick too many.
  const forever = {
    mutate: (tree: FileTree) =>
      replaced(
        tree,
        'vfio/pci/vfio_pci_config.c',
        '\t\tvdev->bardirty = true;',
        '\t{\n\t\tvdev->bardirty = true;\n\t\tfor (u32 at = offset; at == PCI_BASE_ADDRESS_0 + 4;)\n\t\t\t__asm__ volatile("" : "+r"(at));\n\t}',
      ),
  };
  const writes = (bar: number): RaceScenario =>
    changed(intxMaskVsBarWrite, {
      actors: { ...intxMaskVsBarWrite.actors, mover: [configWrite('A', bar, 4, 0)] },
    });

  /** The masker first, then the mover, who does not come back. */
  async function hanging(): Promise<{ readonly built: Build; readonly runs: readonly Run[] }> {
    const built = await build('base', forever);
    const { outcomes } = await explored(writes(PCI_BASE_ADDRESS_0), 'base', built);
    const runs = [0, 1].map((actor) => ({
      actor,
      ticks: outcomes[0]!.runs.reduce((sum, run) => sum + (run.actor === actor ? run.ticks : 0), 0),
    }));
    const ends = await replayed(writes(PCI_BASE_ADDRESS_0), 'base', built, runs);
    expect(ends).toMatchObject({ endings: { ...nothing, done: 100 }, diverged: null });
    return { built, runs };
  }

  test('is given up', async () => {
    const { built, runs } = await hanging();
    const result = await replayed(writes(PCI_BASE_ADDRESS_1), 'base', built, runs, {
      times: 2,
      patience: 0.5,
    });
    expect(result).toMatchObject({ endings: { ...nothing, hang: 2 }, diverged: null, outcomes: [] });
    expect(result.violations).toEqual([
      expect.objectContaining({
        kind: 'hang',
        message: "'mover' never returned from step 0 (config_write A 0x14 4 0): running",
        count: 2,
      }),
    ]);
  });

  test('is left behind where somebody wants an end', async () => {
    const { built, runs } = await hanging();
    const abort = new AbortController();
    const result = await replayed(writes(PCI_BASE_ADDRESS_1), 'base', built, runs, {
      signal: abort.signal,
      patience: 1000,
      progress: () => abort.abort(),
    });
    expect(result).toMatchObject({ interrupted: true, endings: { hang: 1 } });
  });
});

describe('an end that somebody wants', () => {
  test('comes before all repetitions are done', async () => {
    const built = await build('base');
    const { outcomes } = await explored('intx-mask-vs-bar-write', 'base', built);
    const abort = new AbortController();
    const seen: number[] = [];
    const result = await replayed('intx-mask-vs-bar-write', 'base', built, outcomes[0]!.runs, {
      times: 1e9,
      signal: abort.signal,
      progress({ done }) {
        seen.push(done);
        // However slowly it goes on.
        if (done > seen[0]!) abort.abort();
      },
    });
    expect(result).toMatchObject({ interrupted: true, diverged: null, violations: [] });
    expect(result.samples).toBe(result.endings.done);
    expect(result.samples).toBeGreaterThanOrEqual(seen.at(-1)!);
    expect(seen.at(-1)).toBeGreaterThan(seen[0]!);
  });

  test('may come before the first', async () => {
    const built = await build('base');
    const signal = AbortSignal.abort(new Error('no'));
    await expect(replayed('intx-mask-vs-bar-write', 'base', built, [], { signal })).rejects.toThrow('no');
  });
});
