// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { RecordedWrite } from '../../../src/engine/run/recorder.js';
import { Session } from '../../../src/engine/run/session.js';
import {
  bind,
  close,
  configRead,
  configWrite,
  type Devices,
  disableVf,
  load,
  logStart,
  lowPowerEntry,
  objectChange,
  open,
  PCI_BASE_ADDRESS_0,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  pmWork,
  qpError,
  reset,
  type Step,
  unbind,
} from '../../../subjects/vfio-pci/index.js';
import { placeOf } from '../../layout/place.js';
import { build, closeToolchains, replaced } from '../../support/race.js';
import { plug } from '../../support/vfio.js';

afterAll(closeToolchains);

const base = await build('base');
const session = new Session(base, { recorded: (writes) => recorded.push(writes) });
afterAll(() => session.close());
const recorded: (readonly RecordedWrite[])[] = [];

/** Takes these steps, all of which must return 0 or more; what the last one writes. */
async function writesOf(devices: Devices, ...steps: readonly Step[]): Promise<readonly RecordedWrite[]> {
  const run = await plug(session, devices);
  for (const step of steps) {
    const { returned, violations } = await run(step);
    expect(violations).toEqual([]);
    expect(returned, step.op).toBeGreaterThanOrEqual(0);
  }
  return recorded.at(-1)!;
}

/** Of some writes, those that mean a field of an object. */
function to(writes: readonly RecordedWrite[], object: string, path: string): RecordedWrite[] {
  return writes.filter(({ object: { name, struct }, offset, bytes, site }) => {
    if (name !== object) return false;
    const field = placeOf(struct, path);
    const bits = ((1n << BigInt(field.bits ?? field.size * 8)) - 1n) << BigInt(field.bit ?? 0);
    const at = (field.offset - offset) * 8;
    if (at < 0 || at >= bytes * 8) return false;
    return site.mask < 0n || (site.mask & (bits << BigInt(at))) !== 0n;
  });
}

const usable = [load('vfio-pci'), bind('A'), open('A')];
const mlx5 = [load('mlx5'), bind('A', 'mlx5'), open('A')];
const lockOf = (...locks: readonly (readonly [string, boolean])[]) =>
  locks.map(([name, shared]) => ({ name, shared }));
const mask = configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);

describe('a write is recorded with', () => {
  test('its object, its place, its code and its step', async () => {
    const writes = await writesOf({ A: { intx: true } }, ...usable, mask);
    const [write, ...more] = to(writes, 'A', 'virq_disabled');
    expect(more).toEqual([]);
    expect(write).toMatchObject({ bytes: 1, context: 'process', locks: [], step: { op: 'config_write' } });
    expect(write!.object.struct.name).toBe('vfio_pci_core_device');
    expect(write!.site).toMatchObject({ kind: 'store', mask: 4n, function: 'vfio_basic_config_write' });
    expect(write!.site.stack[0]).toMatchObject({ function: 'follow_virtual_intx_disable' });
    expect(to(writes, 'A', 'bardirty')).toEqual([]);
  });

  test('the locks that were held, the first taken first', async () => {
    const writes = await writesOf({ A: {} }, ...usable, lowPowerEntry('A'), close('A'));
    const [cleared] = to(writes, 'A', 'pm_runtime_engaged');
    expect(cleared!.locks).toEqual(lockOf(['A.vdev.dev_set.lock', false], ['A.memory_lock', false]));
    const [reset] = to(writes, 'A', 'needs_reset');
    expect(reset!.locks).toEqual(lockOf(['A.vdev.dev_set.lock', false]));
  });

  test('whether others may hold them at the same time', async () => {
    const writes = await writesOf({ A: { mlx5: true } }, ...mlx5, logStart('A'), disableVf('A'));
    const [write] = to(writes, 'A', 'tracker.is_err');
    expect(write!.locks).toEqual(
      lockOf(['A.mdev.intf_state_mutex', false], ['A.mdev.sriov.vfs_ctx[0].notifier', true]),
    );
  });

  test('the context it is in', async () => {
    const inIrq = await writesOf({ A: { mlx5: true } }, ...mlx5, logStart('A'), qpError('A'));
    expect(to(inIrq, 'A', 'tracker.is_err')).toMatchObject([{ context: 'irq', locks: [] }]);
    const onQueue = await writesOf({ A: {} }, ...usable, lowPowerEntry('A'), pmWork('A'));
    expect(to(onQueue, 'A', 'pm_intx_masked')).toMatchObject([{ context: 'workqueue', locks: [] }]);
  });
});

test('two setters that the compiler has made one store of are distinguished', async () => {
  const logging = [...mlx5, logStart('A')];
  const fieldsSet = async (step: Step) => {
    const writes = await writesOf({ A: { mlx5: true } }, ...logging, step);
    return ['is_err', 'object_changed'].filter((name) => to(writes, 'A', `tracker.${name}`).length > 0);
  };
  expect(await fieldsSet(qpError('A'))).toEqual(['is_err']);
  expect(await fieldsSet(objectChange('A'))).toEqual(['object_changed']);
  const writes = await writesOf({ A: { mlx5: true } }, ...logging, qpError('A'));
  const [{ site }] = to(writes, 'A', 'tracker.is_err') as [RecordedWrite];
  expect(site).toMatchObject({ mask: 1n, unsure: 0n });
  expect(site.variantOf).toBeDefined();
  expect(site.stack[0]!.line).toBeGreaterThan(0);
});

test('a lock that devices share is named by the one that is written', async () => {
  const devices = { A: { bus: 1 }, B: { bus: 1 } };
  const writes = await writesOf(devices, load('vfio-pci'), bind('A'), bind('B'), open('A'), close('A'));
  const names = (device: string) =>
    to(writes, device, 'needs_reset').flatMap(({ locks }) => locks.map(({ name }) => name));
  expect(new Set(names('A'))).toEqual(new Set(['A.vdev.dev_set.lock']));
  expect(new Set(names('B'))).toEqual(new Set(['B.vdev.dev_set.lock']));
});

test('what a step makes and what it frees has its writes', async () => {
  const made = await writesOf({ A: {} }, load('vfio-pci'), bind('A'));
  expect(to(made, 'A', 'needs_pm_restore')).not.toEqual([]);
  expect(made.every(({ step: { op } }) => op === 'bind')).toBe(true);
  const freed = await writesOf({ A: {} }, load('vfio-pci'), bind('A'), unbind('A'));
  const held = freed.filter(({ object }) => object.name === 'A');
  expect(held.length).toBeGreaterThan(0);
  // Those of the step alone, and none of what is there no more.
  expect(freed.every(({ step: { op } }) => op === 'unbind')).toBe(true);
  expect(
    await writesOf({ A: {} }, load('vfio-pci'), bind('A'), unbind('A'), load('mlx5')),
  ).not.toContainEqual(expect.objectContaining({ object: expect.objectContaining({ name: 'A' }) }));
});

test('a read writes no flag, but where it fixes what it reads', async () => {
  const dirty = await writesOf({ A: {} }, ...usable, configRead('A', PCI_BASE_ADDRESS_0, 4));
  expect(to(dirty, 'A', 'bardirty')).toHaveLength(1);
  const again = await writesOf(
    { A: {} },
    ...usable,
    ...Array(2).fill(configRead('A', PCI_BASE_ADDRESS_0, 4)),
  );
  expect(to(again, 'A', 'bardirty')).toEqual([]);
});

describe('a step that writes again and again', () => {
  const often = async (times: number) =>
    new Session(
      await build('base', {
        mutate: (tree) =>
          replaced(
            tree,
            'vfio/pci/vfio_pci_reset.c',
            'if (vdev->reset_works) {',
            `_Pragma("clang loop unroll(disable)")\n\tfor (int i = 0; i < ${times}; i++)\n\t\t*(volatile int *)&vdev->num_regions = i;\n\tif (vdev->reset_works) {`,
          ),
      }),
      { recorded: (writes) => recorded.push(writes) },
    );
  const devices = { A: { flr: true } };

  test('is recorded once', async () => {
    const one = await often(10_000);
    try {
      const run = await plug(one, devices);
      for (const step of [...usable, reset('A')]) expect((await run(step)).returned).toBe(0);
      expect(to(recorded.at(-1)!, 'A', 'num_regions')).toHaveLength(1);
    } finally {
      await one.close();
    }
  });

  test('more often than there is room for is an error, and no part of it is taken for the whole', async () => {
    const one = await often(40_000);
    try {
      const run = await plug(one, devices);
      for (const step of usable) expect((await run(step)).returned).toBe(0);
      const before = recorded.length;
      await expect(run(reset('A'))).rejects.toThrow(/^a step makes 4\d{4} records, and there/);
      expect(recorded.length).toBe(before);
      // The next step has all the room again.
      expect((await run(close('A'))).returned).toBe(0);
      expect(recorded.length).toBe(before + 1);
    } finally {
      await one.close();
    }
  });
});
