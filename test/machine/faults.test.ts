// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { faultsOf } from '../../src/engine/encode.js';
import {
  bind,
  close,
  configRead,
  configWrite,
  type DeviceSpec,
  doorbell,
  errorEventfd,
  type FaultName,
  fail,
  faultCalls,
  faults,
  hotReset,
  intxDisable,
  intxEnable,
  ioeventfd,
  load,
  logStart,
  logStop,
  lowPowerEntry,
  lowPowerEntryWithWakeup,
  lowPowerExit,
  migStateSet,
  msiDisable,
  msiEnable,
  msixDisable,
  msixEnable,
  open,
  PCI_COMMAND,
  pmWork,
  regionRead,
  requestEventfd,
  reset,
  type Step,
  shutdown,
  sriov,
  unbind,
  unload,
  unmaskEventfd,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
  work,
} from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains, replaced } from '../support/race.js';

afterAll(closeToolchains);

const devices = {
  A: { intx: true, bus: 1, flr: true, express: true, msi: 4, msix: 8, dynMsix: true, vfs: 2, vga: true },
  B: { bus: 1 },
  C: { mlx5: true },
} satisfies Record<string, DeviceSpec>;

/** The power management capability's state: D3hot and back. */
const toD3hot = configWrite('A', 0x44, 2, 3);
const toD0 = configWrite('A', 0x44, 2, 0);

/** All that a user can do with a device, each thing twice where the first may have failed. */
const everything: Step[] = [
  load('vfio-pci', 'enable_sriov'),
  ...[bind('A'), bind('A'), bind('B'), bind('B')],
  ...[open('A'), open('A'), open('B'), open('B')],
  ...[intxEnable('A'), intxEnable('A'), unmaskEventfd('A'), intxDisable('A')],
  ...[msiEnable('A', 2), msiEnable('A', 2), msiDisable('A')],
  ...[msixEnable('A', 2), msixEnable('A', 2), msixEnable('A', 1, 5), msixDisable('A')],
  ...[errorEventfd('A'), requestEventfd('A')],
  ...[ioeventfd('A', 0, 0, 4, 1), ioeventfd('A', 0, 0, 4, 1), doorbell('A')],
  ...[regionRead('A', 0, 0, 4), regionRead('A', VFIO_PCI_ROM_REGION_INDEX, 0, 4)],
  ...[
    regionRead('A', VFIO_PCI_VGA_REGION_INDEX, 0xa0000, 4),
    regionRead('A', VFIO_PCI_VGA_REGION_INDEX, 0x3c0, 1),
  ],
  ...[configRead('A', PCI_COMMAND, 2), configWrite('A', PCI_COMMAND, 2, 2), toD3hot, toD0],
  ...[reset('A'), hotReset('A')],
  ...[lowPowerEntry('A'), pmWork('A'), lowPowerExit('A'), lowPowerEntryWithWakeup('A'), pmWork('A')],
  ...[sriov('A', 2), sriov('A', 0)],
  ...[close('A'), close('B'), pmWork('A'), pmWork('B')],
  ...[unbind('A'), unbind('B'), unload('vfio-pci')],
  ...[load('mlx5'), bind('C', 'mlx5'), open('C')],
  ...[logStart('C'), logStop('C'), logStart('C'), logStop('C')],
  ...[migStateSet('C', 'stop_copy'), work(), migStateSet('C', 'running')],
  ...[close('C'), unbind('C'), unload('mlx5')],
];

/** What is left to be done if any of these failed: the machine is as it was in the beginning, and nothing is left behind. */
const undone: Step[] = [shutdown()];
const again: Step[] = [
  ...[load('vfio-pci'), bind('A'), bind('B'), open('A'), open('B'), configRead('A', 0, 4)],
  ...[msiEnable('A'), close('A'), close('B'), unbind('A'), unbind('B'), unload('vfio-pci')],
];

/** What no step's return value shows: the driver goes on without. */
const quiet: readonly FaultName[] = [
  'pci_store_saved_state',
  'pci_load_saved_state',
  'pci_set_power_state',
  'down_read_trylock',
];

/**
 * What a device remembers: after a resume that failed, runtime PM refuses all that is asked of it, until somebody says anew
 * which state it is in. Until then it has no new users, and where the one that it has closes it, the driver resets it as it is:
 * it does not look at what the resume before that says.
 */
const lasting: readonly FaultName[] = ['pm_runtime_resume'];
const refused = (device: string) => [
  `open ${device}: -22`,
  ...['config_read', 'set_irqs', 'close'].map((op) => `${op} ${device}: -9`),
];

class Sweep {
  readonly one: OneMachine;
  constructor(one: OneMachine) {
    this.one = one;
  }

  async calls(name: FaultName): Promise<number> {
    await this.one.restore();
    await this.one.runAll([fail(name, 0), ...everything]);
    return this.one.run(faultCalls(name));
  }

  /** Runs everything with the n-th call failing; says whether a step came back with an error, and what broke. */
  async run(name: FaultName, nth: number): Promise<{ noticed: boolean; broken: string[] }> {
    await this.one.restore();
    const clean = await this.one.runAll([fail(name, 0), ...everything]);
    await this.one.restore();
    const returned = await this.one.runAll([fail(name, nth), ...everything]);
    const [, left] = await this.one.runAll([fail(name, 0), ...undone]);
    const broken = left === 0 ? [] : [`${left} things were left behind`];
    for (const step of again) {
      const value = await this.one.run(step);
      if (value < 0) broken.push(`${step.op} ${step.device}: ${value}`);
    }
    return { noticed: returned.some((value, i) => value !== clean[i]), broken };
  }
}

async function sweepOf(
  stage: string,
  mutate?: (tree: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
) {
  const one = await OneMachine.start(await build(stage, mutate === undefined ? {} : { mutate }), devices);
  await one.snapshot();
  return new Sweep(one);
}

describe('faults', () => {
  test('are those of the C side, all that the driver calls', async () => {
    const { machine } = (await sweepOf('base')).one;
    const folder = new URL('../../c-src/vfio/', import.meta.url);
    const driver = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const known = faultsOf(machine);
    expect(known).toEqual(expect.arrayContaining([...faults]));
    const others = known.filter((name) => !(faults as readonly string[]).includes(name));
    expect(others.filter((name) => new RegExp(`\\b${name}\\b`).test(driver))).toEqual([]);
    await machine.stop();
  });
  test('nothing fails, and nothing is counted, until one is named', async () => {
    const { one } = await sweepOf('base');
    await one.runAll(everything);
    expect(await one.run(faultCalls('kmalloc'))).toBe(0);
    await one.stop();
  });
  test('the clean run is clean', async () => {
    const sweep = await sweepOf('p5');
    const twice = new Set(['bind', 'open', 'set_irqs', 'ioeventfd']);
    const returned = await sweep.one.runAll(everything);
    const failed = everything.filter((_, i) => returned[i]! < 0).map(({ op }) => op ?? '');
    expect(failed.filter((op) => !twice.has(op))).toEqual([]);
    expect(sweep.one.violations).toEqual([]);
    await sweep.one.stop();
  });
});

describe.each(['base', 'p5'])('every call that can fail, at %s', (stage) => {
  test.each(faults)('%s', async (name) => {
    const sweep = await sweepOf(stage);
    const calls = await sweep.calls(name);
    expect(calls, 'a fault that nothing can meet is a defect').toBeGreaterThan(0);
    let noticed = 0;
    for (let nth = 1; nth <= calls; nth++) {
      const run = await sweep.run(name, nth);
      const after = lasting.includes(name) ? [[], refused('A'), [`open B: -22`, 'close B: -9']] : [[]];
      expect(after, `after call ${nth}`).toContainEqual(run.broken);
      const seen = lasting.includes(name) ? [[], ['reset-while-suspended']] : [[]];
      expect(seen, `after call ${nth}`).toContainEqual(sweep.one.violations);
      noticed += Number(run.noticed);
    }
    expect(noticed > 0).toBe(!quiet.includes(name));
    expect(sweep.one.isLowMemoryClear).toBe(true);
    await sweep.one.stop();
  });
});

test('an unwind that forgets a vector is caught', async () => {
  const sweep = await sweepOf('base', (tree) =>
    replaced(
      tree,
      'vfio/pci/vfio_pci_msi.c',
      'out_ctx:\n\tvfio_irq_ctx_free(vdev, ctx, vector);\n',
      'out_ctx:\n',
    ),
  );
  const calls = await sweep.calls('request_irq');
  for (let nth = 1; nth <= calls; nth++) await sweep.run('request_irq', nth);
  expect(sweep.one.violations).toContain('unbalanced-irq');
  await sweep.one.stop();
});

test('an unwind that forgets to free is caught', async () => {
  const sweep = await sweepOf('base', (tree) =>
    replaced(tree, 'vfio/pci/vfio_pci_ioeventfd.c', '\tif (ret) {\n\t\tkfree(it);\n', '\tif (ret) {\n'),
  );
  const calls = await sweep.calls('eventfd_ctx_fdget');
  const broken: string[] = [];
  for (let nth = 1; nth <= calls; nth++) broken.push(...(await sweep.run('eventfd_ctx_fdget', nth)).broken);
  expect(broken).toContain('1 things were left behind');
  expect(sweep.one.violations).toContain('leaked');
  await sweep.one.stop();
});
