// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../scenarios/index.js';
import { Simulation } from '../../src/engine/simulate/simulate.js';
import {
  bind,
  close,
  cqCompletion,
  cqError,
  disableVf,
  enableVf,
  flagWrite,
  load,
  logReadAndClear,
  logStart,
  logStop,
  migStateGet,
  migStateSet,
  objectChange,
  open,
  qpError,
  reset,
  returned,
  type Step,
  unbind,
  unload,
  work,
} from '../../src/index.js';
import type { FieldPath, RaceScenario } from '../../src/scenario/scenario.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { build, closeToolchains, race, raceUntilForbidden, replaced, subject } from '../support/race.js';

afterAll(closeToolchains);

const ENOENT = -2;
const EIO = -5;
const EINVAL = -22;
const ENOTTY = -25;
const ENOTCONN = -107;

const opened: Step[] = [load('mlx5'), bind('A', 'mlx5'), open('A')];

describe('a reset beside what state_mutex protects', () => {
  const races = [
    'log-start-vs-reset',
    'log-stop-vs-reset',
    'pf-takes-vf-vs-reset',
    'pf-returns-vf-vs-reset',
  ] as const;
  const header = 'vfio/pci/mlx5/cmd.h';
  const inOneByteAgain = (tree: FileTree) =>
    ['mdev_detach', 'log_active', 'deferred_reset'].reduce(
      (changed, flag) => replaced(changed, header, `\tu8 ${flag};`, `\tu8 ${flag}:1;`),
      tree,
    );

  test.each(races)('%s loses one of two updates at base, or the other', async (name) => {
    const raced = await raceUntilForbidden(subject(name, 'base', await build('base')));
    expect(raced.forbidden).toBeGreaterThan(0);
  });
  test.each(races)('%s loses nothing at p4', async (name) => {
    const raced = await race(subject(name, 'p4', await build('p4')));
    expect(raced).toMatchObject({ violations: [], warnings: [], verdict: 'holds' });
    expect(raced.samples).toBeGreaterThan(100);
  });
  test.each(races)('%s is caught again where p4 leaves the flags in bit-fields', async (name) => {
    const mutant = await build('p4', { mutate: inOneByteAgain });
    const raced = await raceUntilForbidden(subject(name, 'p4', mutant));
    expect(raced.forbidden).toBeGreaterThan(0);
  });

  test.each(races)('%s loses nothing in the control', async (name) => {
    const raced = await race(subject(name, 'control', await build('control')));
    expect(raced).toMatchObject({ violations: [], verdict: 'holds' });
  });

  test('patch 3 is about another struct', async () => {
    const raced = await raceUntilForbidden(subject('log-start-vs-reset', 'p3', await build('p3')));
    expect(raced.forbidden).toBeGreaterThan(0);
  });
  test('a stop that is lost frees twice', async () => {
    const what = catalogue['log-stop-vs-reset'] as RaceScenario;
    const stopLost: RaceScenario = {
      ...what,
      outcomes: what.outcomes.map((outcome) =>
        'doorbells' in outcome.when && outcome.when.doorbells === 0
          ? outcome
          : { ...outcome, grade: 'acceptable' },
      ),
    };
    // A race ends at the first of the two that shows, by luck; every interleaving has both.
    const simulation = new Simulation(await build('base'));
    const { outcomes, violations } = await simulation.explore(subject(stopLost, 'base', simulation.build));
    await simulation.close();
    expect(outcomes.some(({ grade }) => grade === 'forbidden')).toBe(true);
    expect(violations).toContainEqual(
      expect.objectContaining({ kind: 'double-free', message: expect.stringContaining("'logger'") }),
    );
  });
});

describe('what only state_mutex protects', () => {
  test.each(['base', 'p4'])('keeps all updates at %s', async (stage) => {
    const raced = await race(subject('log-stop-start-vs-pf-takes-vf', stage, await build(stage)));
    expect(raced).toMatchObject({ violations: [], verdict: 'holds' });
    expect(raced.samples).toBeGreaterThan(100);
  });
  test.each(['base', 'p5'])('has a gap between close and detach at %s', async (stage) => {
    const what = subject('log-start-before-pf-detaches-vf', stage, await build(stage));
    const raced = await raceUntilForbidden(what);
    expect(raced.violations).toMatchObject([{ kind: 'warned' }]);
  });
});

describe('an error of the page tracker while somebody waits for its report', () => {
  const name = 'dirty-page-report-vs-qp-error';
  const hang = expect.objectContaining({
    kind: 'hang',
    message: expect.stringMatching(/'reader' never returned .*: waiting for A\.tracker_comp/),
  });

  test('is lost at base, and the wait never ends', async () => {
    const raced = await race(subject(name, 'base', await build('base')), { seconds: 20, patience: 1 });
    expect(raced.violations).toContainEqual(hang);
    expect(raced.verdict).toBe('fails');
  });
  test('ends it at p4', async () => {
    const raced = await race(subject(name, 'p4', await build('p4')), { patience: 5 });
    expect(raced).toMatchObject({ violations: [], warnings: [], verdict: 'holds' });
    expect(raced.samples).toBeGreaterThan(100);
  });
  test('is caught again where p4 leaves the two in bit-fields', async () => {
    const file = 'vfio/pci/mlx5/cmd.h';
    const mutant = await build('p4', {
      mutate: (tree) =>
        replaced(
          replaced(tree, file, 'u8 is_err;', 'u8 is_err:1;'),
          file,
          'u8 object_changed;',
          'u8 object_changed:1;',
        ),
    });
    const raced = await race(subject(name, 'p4', mutant), { seconds: 20, patience: 1 });
    expect(raced.violations).toContainEqual(hang);
  });
});

describe('a report', () => {
  /** A reader against an adapter; what the reads returned. */
  const reading = async (adapter: Step[]): Promise<Set<number | null | undefined>> => {
    const what: RaceScenario = {
      title: 'a report',
      devices: { A: { mlx5: true } },
      setup: [...opened, logStart('A')],
      actors: { reader: [logReadAndClear('A')], adapter },
      observe: { read: returned('reader') },
      outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
    };
    const raced = await race(subject(what, 'p4', await build('p4')), { patience: 5 });
    expect(raced.violations).toEqual([]);
    return new Set(raced.outcomes.map(({ values }) => values.read));
  };

  test('ends the read, unless the queue pair breaks first', async () => {
    const ends = await reading([cqCompletion('A'), objectChange('A'), qpError('A')]);
    expect([...ends].sort()).toEqual([EIO, 0].sort());
  });
  test('never comes from a queue that is broken', async () => {
    expect(await reading([cqError('A')])).toEqual(new Set([EIO]));
  });
});

/** What a script of steps returns, beside an actor who does nothing to its devices; fields as they are afterwards. */
async function run(
  script: Step[],
  {
    fields = {},
    setup = opened,
    devices = { A: { mlx5: true } },
  }: {
    fields?: Record<string, FieldPath>;
    setup?: Step[];
    devices?: RaceScenario['devices'];
  } = {},
): Promise<{ returns: (number | null | undefined)[]; fields: Record<string, number | null | undefined> }> {
  const what: RaceScenario = {
    title: 'a script',
    devices: { ...devices, other: { flags: true } },
    setup,
    actors: { script, other: [flagWrite('other', 'plain.a', true)] },
    observe: {
      ...Object.fromEntries(script.map((_, i) => [`step${i}`, returned('script', i)])),
      ...fields,
    },
    outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
  };
  const raced = await race(subject(what, 'p4', await build('p4')), { seconds: 0.2, patience: 2 });
  expect(raced.violations).toEqual([]);
  expect(raced.outcomes).toHaveLength(1);
  const { values } = raced.outcomes[0]!;
  return {
    returns: script.map((_, i) => values[`step${i}`]),
    fields: Object.fromEntries(Object.keys(fields).map((name) => [name, values[name]])),
  };
}

describe('the migration state', () => {
  test('goes its way, and a saved state is complete when the work has run', async () => {
    const { returns } = await run([
      migStateGet('A'),
      migStateSet('A', 'stop_copy'),
      migStateGet('A'),
      work(),
      work(),
      migStateSet('A', 'running'),
      migStateGet('A'),
    ]);
    expect(returns).toEqual([2, 0, 3, 1, 0, 0, 2]);
  });
  test('of a saved state that is complete, the file says so', async () => {
    const { fields } = await run([migStateSet('A', 'stop_copy'), work()], {
      fields: { state: 'A.saving_migf.state', files: 'A.saving_migf.filp.f_count' },
    });
    expect(fields).toEqual({ state: 2, files: 1 });
  });
  test('a reset takes the device out of it, and its file and work away', async () => {
    const { returns, fields } = await run(
      [migStateSet('A', 'stop_copy'), reset('A'), work(), migStateGet('A')],
      { fields: { saving: 'A.saving_migf', deferred: 'A.deferred_reset' } },
    );
    expect(returns).toEqual([0, 0, 0, 2]);
    expect(fields).toEqual({ saving: 0, deferred: 0 });
  });
  test('leads from one end of a copy to the other by way of stop', async () => {
    const { returns, fields } = await run(
      [migStateSet('A', 'stop_copy'), migStateSet('A', 'resuming'), migStateGet('A')],
      { fields: { saving: 'A.saving_migf', resuming: 'A.resuming_migf' } },
    );
    expect(returns).toEqual([0, 0, 4]);
    expect(fields).toEqual({ saving: 0, resuming: 1 });
  });
  test('is nothing that can be set to error', async () => {
    expect((await run([migStateSet('A', 'error'), migStateGet('A')])).returns).toEqual([EINVAL, 2]);
  });
  test.each([
    ['vfio-pci', {}],
    ['mlx5', {}],
    ['vfio-pci', { mlx5: true }],
  ] as const)('is not had by %s on %o', async (module, spec) => {
    const { returns } = await run([migStateGet('A'), logStart('A')], {
      setup: [load(module), bind('A', module), open('A')],
      devices: { A: spec },
    });
    expect(returns).toEqual([ENOTTY, ENOTTY]);
  });
});

describe('logging dirty pages', () => {
  test('starts once, and stops as often as one likes', async () => {
    const { returns, fields } = await run(
      [logReadAndClear('A'), logStart('A'), logStart('A'), logStop('A'), logStop('A'), logStart('A')],
      { fields: { log_active: 'A.log_active', doorbells: 'A.mdev.uar.ref_count' } },
    );
    expect(returns).toEqual([EINVAL, 0, EINVAL, 0, 0, 0]);
    expect(fields).toEqual({ log_active: 1, doorbells: 2 });
  });
  test('is over for good after an error', async () => {
    const { returns } = await run([
      qpError('A'),
      logStart('A'),
      qpError('A'),
      logReadAndClear('A'),
      logStop('A'),
      logStart('A'),
    ]);
    expect(returns).toEqual([ENOENT, 0, 0, EIO, 0, 0]);
  });
  test('ends with a close, and leaves nothing to the PF', async () => {
    const { returns, fields } = await run([logStart('A'), close('A'), open('A'), migStateGet('A')], {
      fields: { log_active: 'A.log_active', doorbells: 'A.mdev.uar.ref_count', cqs: 'A.mdev.eq_table.cqs' },
    });
    expect(returns).toEqual([0, 0, 0, 2]);
    expect(fields).toEqual({ log_active: 0, doorbells: 1, cqs: 0 });
  });
  test('does not keep the device from being unbound, and its module from going', async () => {
    const { returns } = await run([logStart('A'), close('A'), unbind('A'), unload('mlx5'), work()]);
    expect(returns).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('a PF', () => {
  test('takes commands about its VFs only while it is up', async () => {
    const { returns, fields } = await run(
      [logStart('A'), disableVf('A'), logStart('A'), migStateSet('A', 'stop'), enableVf('A'), logStart('A')],
      { fields: { mdev_detach: 'A.mdev_detach', log_active: 'A.log_active' } },
    );
    expect(returns).toEqual([0, 0, ENOTCONN, ENOTCONN, 0, 0]);
    expect(fields).toEqual({ mdev_detach: 0, log_active: 1 });
  });
  test('takes all its VFs along', async () => {
    const { returns, fields } = await run([disableVf('A'), logStart('B'), logStop('B')], {
      setup: [load('mlx5'), bind('A', 'mlx5'), open('A'), bind('B', 'mlx5'), open('B')],
      devices: { A: { mlx5: true }, B: { mlx5: true } },
      fields: { a: 'A.mdev_detach', b: 'B.mdev_detach', id: 'B.vhca_id' },
    });
    expect(returns).toEqual([0, ENOTCONN, 0]);
    expect(fields).toEqual({ a: 1, b: 1, id: 0x101 });
  });
  test('that is down has VFs that cannot migrate', async () => {
    const { returns } = await run([migStateGet('A'), disableVf('A')], {
      setup: [load('mlx5'), disableVf('A'), bind('A', 'mlx5'), open('A')],
    });
    expect(returns).toEqual([ENOTTY, 0]);
  });
});
