// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { Devices, FieldPath, RaceScenario } from '../../subjects/vfio-pci/index.js';
import {
  bind,
  close,
  cqCompletion,
  cqError,
  disableVf,
  enableVf,
  load,
  logReadAndClear,
  logStart,
  logStop,
  migStateGet,
  migStateSet,
  objectChange,
  observe,
  open,
  qpError,
  reset,
  returned,
  type Step,
  unbind,
  unload,
  work,
} from '../../subjects/vfio-pci/index.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';
import { build, closeToolchains } from '../support/race.js';
import { closeSessions, runOn } from '../support/run.js';
import { closeSimulations, explore } from '../support/simulation.js';
import { raceOf, sequenceOf } from '../support/vfio.js';

afterAll(async () => {
  await closeSessions();
  await closeSimulations();
  await closeToolchains();
});

const ENOENT = -2;
const EIO = -5;
const EINVAL = -22;
const ENOTTY = -25;
const ENOTCONN = -107;

const opened: Step[] = [load('mlx5'), bind('A', 'mlx5'), open('A')];

describe('a reset beside what state_mutex protects', () => {
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
    const { outcomes, violations } = await explore(await build('base'), stopLost, {}, 'base');
    expect(outcomes.some(({ grade }) => grade === 'forbidden')).toBe(true);
    expect(violations).toContainEqual(
      expect.objectContaining({ kind: 'double-free', message: expect.stringContaining("'logger'") }),
    );
  });
});

describe('a report', () => {
  /** A reader against an adapter; what the reads returned. */
  const reading = async (adapter: Step[]): Promise<Set<number | null | undefined>> => {
    const what = raceOf({
      title: 'a report',
      devices: { A: { mlx5: true } },
      setup: [...opened, logStart('A')],
      actors: { reader: [logReadAndClear('A')], adapter },
      observe: { read: returned('reader') },
      outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
    });
    const explored = await explore(await build('p4'), what, {}, 'p4');
    expect(explored).toMatchObject({ violations: [], bounded: null });
    return new Set(explored.outcomes.map(({ values }) => values.read));
  };

  test('ends the read, unless the queue pair breaks first', async () => {
    const ends = await reading([cqCompletion('A'), objectChange('A'), qpError('A')]);
    expect([...ends].sort()).toEqual([EIO, 0].sort());
  });
  test('never comes from a queue that is broken', async () => {
    expect(await reading([cqError('A')])).toEqual(new Set([EIO]));
  });
});

/** What a script of steps returns; fields as they are afterwards. */
async function run(
  script: Step[],
  {
    fields = {},
    setup = opened,
    devices = { A: { mlx5: true } },
  }: {
    fields?: Record<string, FieldPath>;
    setup?: Step[];
    devices?: Devices;
  } = {},
): Promise<{ returns: (number | null | undefined)[]; fields: Record<string, number | null | undefined> }> {
  const what = sequenceOf({
    title: 'a script',
    devices,
    setup,
    steps: [
      ...script.map((step, i) => observe(`step${i}`, step)),
      ...Object.entries(fields).map(([name, path]) => observe(name, path)),
    ],
    outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
  });
  const { outcomes, violations } = await runOn(await build('p4'), what);
  expect(violations).toEqual([]);
  const { values } = outcomes[0]!;
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
