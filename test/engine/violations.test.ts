// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { Violation } from '../../src/engine/engine.js';
import type { Build } from '../../src/toolchain/build.js';
import type { FileTree } from '../../src/toolchain/types.js';
import type { DeviceSpec } from '../../subjects/vfio-pci/devices.js';
import {
  bind,
  close,
  configRead,
  configWrite,
  fail,
  interrupt,
  intxEnable,
  load,
  lowPowerEntry,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  pmWork,
  reset,
  unload,
  vgaNotify,
} from '../../subjects/vfio-pci/index.js';
import type { Step } from '../../subjects/vfio-pci/steps.js';
import { OneMachine, type RawStep } from '../support/one-machine.js';
import { build, caseOf, closeToolchains, race, replaced } from '../support/race.js';

afterAll(closeToolchains);

const config = 'vfio/pci/vfio_pci_config.c';
const power = 'vfio/pci/vfio_pci_power.c';
const include = '#include <linux/uaccess.h>\n';
const place = '\tif (disable && !vdev->virq_disabled) {\n';
const headers = ['bug', 'device', 'eventfd', 'lockdep', 'pm_runtime', 'rcupdate', 'slab']
  .map((name) => `#include <linux/${name}.h>\n`)
  .join('');

/** The driver with a statement of ours where a config write decides about INTx. */
const mutant = (statement: string) =>
  build('base', {
    mutate: (tree) =>
      replaced(
        replaced(tree, config, include, include + headers),
        config,
        place,
        `\t{ ${statement} }\n${place}`,
      ),
  });

const changed = (stage: string, path: string, from: string, to: string) =>
  build(stage, { mutate: (tree: FileTree) => replaced(tree, path, from, to) });

/** What the stub kernel caught in these steps. */
async function caught(
  module: Build,
  devices: Readonly<Record<string, DeviceSpec>>,
  steps: readonly (Step | RawStep)[],
): Promise<Violation[]> {
  const one = await OneMachine.start(module, devices, { watch: true });
  try {
    await one.runAll(steps);
    return one.found;
  } finally {
    await one.stop();
  }
}

const kinds = (violations: readonly Violation[]) => violations.map(({ kind }) => kind);
const disableIntx = configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
const used = [load('vfio-pci'), bind('A'), open('A'), intxEnable('A')];

describe('the stub kernel catches in a race', () => {
  test.each([
    ['lock-not-held', 'mutex_unlock(&vdev->igate);'],
    ['lock-left-held', 'down_read(&vdev->memory_lock);'],
    ['double-free', 'void *p = kmalloc(8, GFP_KERNEL); kfree(p); kfree(p);'],
    ['warned', 'WARN_ON(1);'],
  ])('%s: %s', async (kind, statement) => {
    const what = caseOf('intx-mask-vs-bar-read', 'p3', await mutant(statement));
    const raced = await race(what, { seconds: 0.3, patience: 1 });
    expect(kinds(raced.violations)).toContain(kind);
    const found = raced.violations.find((violation) => violation.kind === kind)!;
    expect(found.message).toContain("'masker'");
    expect(found).toMatchObject({ task: 'masker', context: 'process' });
    expect(found.count).toBeGreaterThan(0);
    expect(raced.verdict).toBe('fails');
  });
});

test('what no kernel has memory for is not allocated; what only a machine has no room for is refused, with its size', async () => {
  const of = async (size: string) =>
    caught(await mutant(`kfree(kmalloc(${size}, GFP_KERNEL));`), { A: { intx: true } }, [
      ...used,
      disableIntx,
    ]);
  expect(await of('64 << 20')).toEqual([]);
  await expect(of('1 << 20')).rejects.toMatchObject({
    code: 'E_LIMIT',
    message: expect.stringContaining('512 KiB'),
  });
});

// One statement each, and nothing else must be found.
describe('the stub kernel catches', () => {
  test.each([
    ['lock-not-held', 'mutex_unlock(&vdev->igate);', 'A.igate'],
    ['lock-not-held', 'lockdep_assert_held(&vdev->igate);', 'A.igate'],
    [
      'lock-held-twice',
      'mutex_lock(&vdev->igate); mutex_lock(&vdev->igate); mutex_unlock(&vdev->igate); mutex_unlock(&vdev->igate);',
      'A.igate',
    ],
    ['lock-left-held', 'down_read(&vdev->memory_lock);', 'A.memory_lock'],
    ['lock-left-held', 'spin_lock_irq(&vdev->irqlock); return;', 'A.irqlock'],
    [
      'leaked-atomic',
      'unsigned long f; spin_lock_irqsave(&vdev->irqlock, f); spin_unlock(&vdev->irqlock); return;',
      'interrupts',
    ],
    ['leaked-atomic', 'spin_lock_bh(&vdev->irqlock); spin_unlock(&vdev->irqlock); return;', 'softirqs'],
    ['leaked-atomic', 'preempt_disable(); return;', 'preemption'],
    ['leaked-atomic', 'rcu_read_lock(); return;', 'RCU'],
    [
      'sleep-in-atomic',
      'unsigned long f; spin_lock_irqsave(&vdev->irqlock, f); mutex_lock(&vdev->ioeventfds_lock); mutex_unlock(&vdev->ioeventfds_lock); spin_unlock_irqrestore(&vdev->irqlock, f);',
      'A.ioeventfds_lock',
    ],
    [
      'sleep-in-atomic',
      'unsigned long f; spin_lock_irqsave(&vdev->irqlock, f); kfree(kmalloc(8, GFP_KERNEL)); spin_unlock_irqrestore(&vdev->irqlock, f);',
      null,
    ],
    [
      'sleep-in-atomic',
      'unsigned long f; spin_lock_irqsave(&vdev->irqlock, f); pci_cfg_access_lock(vdev->pdev); pci_cfg_access_unlock(vdev->pdev); spin_unlock_irqrestore(&vdev->irqlock, f);',
      'A.pdev.cfg_access',
    ],
    [
      'usage-underflow',
      'struct device *d = &vdev->pdev->dev; int n = atomic_read(&d->power.usage_count); atomic_set(&d->power.usage_count, 0); pm_runtime_put(d); atomic_set(&d->power.usage_count, n);',
      'A.pdev.dev',
    ],
    ['double-free', 'void *p = kmalloc(8, GFP_KERNEL); kfree(p); kfree(p);', null],
    ['bad-free', 'kfree((char *)vdev + 8);', null],
    [
      'reference-underflow',
      'struct device *d = &vdev->pdev->dev; unsigned int n = kref_read(&d->kobj.kref); refcount_set(&d->kobj.kref.refcount, 0); put_device(d); refcount_set(&d->kobj.kref.refcount, n);',
      'A.pdev.dev.kobj.kref',
    ],
    ['warned', 'WARN_ON(1);', 'follow_virtual_intx_disable'],
  ])('%s: %s', async (kind, statement, object) => {
    const module = await mutant(statement);
    const found = await caught(module, { A: { intx: true } }, [...used, disableIntx]);
    expect(kinds(found)).toEqual([kind]);
    expect(found[0]).toMatchObject({ task: '', context: 'process', count: 1 });
    if (object !== null) expect(found[0]!.object).toBe(object);
    const frames = found[0]!.stack;
    expect(frames.at(-1)).toMatchObject({ function: 'lab_run_one', file: 'lab/instance.c' });
    expect(frames.map((frame) => frame.function)).not.toContain('stub_violation');
    if (kind !== 'lock-left-held' && kind !== 'leaked-atomic')
      expect(frames.map((frame) => frame.function)).toContain('vfio_basic_config_write');
  });

  // The next step is innocent, and so is what it calls.
  test.each(['local_irq_disable();', 'local_bh_disable();', 'preempt_disable();', 'rcu_read_lock();'])(
    'once: %s',
    async (statement) => {
      const module = await mutant(`${statement} return;`);
      const found = await caught(module, { A: { intx: true } }, [...used, disableIntx, close('A')]);
      expect(kinds(found)).toEqual(['leaked-atomic']);
    },
  );

  test('nothing where such statements are right', async () => {
    const right =
      'unsigned long f; struct device *d = &vdev->pdev->dev; spin_lock_irqsave(&vdev->irqlock, f); kfree(kmalloc(8, GFP_ATOMIC)); spin_unlock_irqrestore(&vdev->irqlock, f); ' +
      'mutex_lock(&vdev->igate); lockdep_assert_held(&vdev->igate); kfree(kmalloc(8, GFP_KERNEL)); mutex_unlock(&vdev->igate); ' +
      'pm_runtime_get_noresume(d); pm_runtime_put(d); get_device(d); put_device(d); WARN_ON(0);';
    expect(await caught(await mutant(right), { A: { intx: true } }, [...used, disableIntx])).toEqual([]);
  });

  test('what an interrupt and a worker do, as theirs', async () => {
    const handler = await changed(
      'base',
      'vfio/pci/vfio_pci_intrs.c',
      '\tstruct vfio_pci_irq_ctx *ctx = dev_id;\n',
      '\tstruct vfio_pci_irq_ctx *ctx = dev_id;\n\tWARN_ON(1);\n',
    );
    expect(await caught(handler, { A: { intx: true } }, [...used, interrupt('A')])).toMatchObject([
      { kind: 'warned', context: 'irq', object: 'vfio_intx_handler' },
    ]);
    const suspending = await build('base', {
      mutate: (tree) =>
        replaced(
          replaced(
            tree,
            power,
            '#include <linux/errno.h>\n',
            '#include <linux/bug.h>\n#include <linux/errno.h>\n',
          ),
          power,
          '\tbool masked = false;\n',
          '\tbool masked = WARN_ON(1);\n',
        ),
    });
    expect(await caught(suspending, { A: {} }, [load('vfio-pci'), bind('A'), pmWork('A')])).toMatchObject([
      { kind: 'warned', context: 'workqueue', object: 'vfio_pci_core_runtime_suspend' },
    ]);
  });
});

describe('of sleeping devices', () => {
  const [A, B] = [{ bus: 1 }, { bus: 1 }];
  // A's close resets the bus; whether that wakes B is up to a policy that has changed since B was bound.
  const asleep = [
    load('variant'),
    bind('A', 'variant'),
    bind('B', 'variant'),
    pmWork('B'),
    open('A'),
    load('vfio-pci', 'disable_idle_d3'),
    close('A'),
  ];

  test.each([
    ['base', ['reset-while-suspended', 'reset-unheld']],
    ['p1', []],
  ])('a bus reset under one is caught: %s', async (stage, expected) => {
    const found = await caught(await build(stage), { A, B }, asleep);
    expect(kinds(found)).toEqual(expected);
    for (const { object } of found) expect(object).toBe('B.pdev.dev');
  });

  const pmcsr = 0x44;
  const intoD3 = configWrite('A', pmcsr, 2, 3);
  const wake = '\tvfio_pci_set_power_state(vdev, PCI_D0);\n\tpci_clear_master(vdev->pdev);\n';

  test('a reset of one in D3hot is caught where the PCI core was not asked to wake it', async () => {
    const inD3 = [load('vfio-pci'), bind('A'), open('A'), intoD3, close('A')];
    const careless = await changed(
      'p5',
      'vfio/pci/vfio_pci_core.c',
      wake,
      '\tpci_clear_master(vdev->pdev);\n',
    );
    const found = await caught(careless, { A: { flr: true } }, inD3);
    expect(found).toMatchObject([{ kind: 'reset-while-suspended', object: 'A.pdev.current_state' }]);
    expect(await caught(await build('p5'), { A: { flr: true } }, inD3)).toEqual([]);
  });

  test('what users do to one that they have put into D3hot is their affair', async () => {
    const steps = [
      load('vfio-pci'),
      bind('A'),
      open('A'),
      intoD3,
      configRead('A', PCI_COMMAND, 2),
      reset('A'),
    ];
    expect(await caught(await build('p5'), { A: { flr: true } }, steps)).toEqual([]);
  });

  test('a config access to one is caught', async () => {
    const steps = [
      load('vfio-pci'),
      bind('A'),
      open('A'),
      lowPowerEntry('A'),
      pmWork('A'),
      configRead('A', PCI_COMMAND, 2),
    ];
    const careless = await changed(
      'p5',
      'vfio/pci/vfio_pci_rdwr.c',
      'pm_runtime_resume_and_get(dev)',
      '(pm_runtime_get_noresume(dev), 0)',
    );
    const found = await caught(careless, { A: {} }, steps);
    expect(kinds(found)).toEqual(['config-while-suspended']);
    expect(found[0]!.object).toBe('A.pdev.dev');
    expect(await caught(await build('p5'), { A: {} }, steps)).toEqual([]);
  });
});

describe('of callbacks that were left behind', () => {
  const devices = { A: { vga: true, belowBridge: true } };
  const failing = async (module: Build, ...after: Step[]) => {
    const one = await OneMachine.start(module, devices, { watch: true });
    try {
      await one.runAll([load('vfio-pci'), fail('vfio_register_group_dev'), bind('A'), ...after]);
      return one.found;
    } finally {
      await one.stop();
    }
  };

  test.each([
    ['base', ['stale-callback']],
    ['p2', []],
  ])('one for a device without a driver is caught: %s', async (stage, expected) => {
    const found = await failing(await build(stage), vgaNotify(1));
    expect(kinds(found)).toEqual(expected);
    for (const { object } of found) expect(object).toBe('A.pdev');
  });

  test.each([
    ['base', ['freed-code']],
    ['p2', []],
  ])('one into an unloaded module is caught: %s', async (stage, expected) => {
    expect(kinds(await failing(await build(stage), unload('vfio-pci'), vgaNotify(1)))).toEqual(expected);
  });

  test('one that looks for data that is gone is caught', async () => {
    const unwind = 'out_power:\n\tkeep_from_idling(vdev);\n\tvfio_pci_vga_uninit(vdev);\n';
    const without2 = await changed(
      'p5',
      'vfio/pci/vfio_pci_core.c',
      unwind,
      'out_power:\n\tkeep_from_idling(vdev);\n',
    );
    const found = await failing(without2, vgaNotify(1));
    expect(kinds(found)).toEqual(['stale-callback', 'null-dereference']);
    expect(await failing(await build('p5'), vgaNotify(1))).toEqual([]);
  });
});
