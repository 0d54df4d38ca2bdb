// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { Violation } from '../../src/engine/engine.js';
import type { Build } from '../../src/toolchain/build.js';
import type { DeviceSpec } from '../../subjects/vfio-pci/devices.js';
import {
  bind,
  close,
  configBlock,
  configUnblock,
  configWrite,
  disableVf,
  doorbell,
  enableVf,
  errorEventfd,
  fail,
  faultCalls,
  faults,
  hotReset,
  interrupt,
  intxDisable,
  intxEnable,
  ioeventfd,
  load,
  logStart,
  lowPowerEntry,
  lowPowerEntryWithWakeup,
  message,
  migStateSet,
  msixEnable,
  objectChange,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  PCI_COMMAND_MEMORY,
  pciError,
  pmWork,
  requestEventfd,
  reset,
  shutdown,
  sriov,
  unbind,
  unmask,
  unmaskEventfd,
} from '../../subjects/vfio-pci/index.js';
import type { Step } from '../../subjects/vfio-pci/steps.js';
import { OneMachine, type RawStep } from '../support/one-machine.js';
import { build, closeToolchains, replaced } from '../support/race.js';

afterAll(closeToolchains);

const config = 'vfio/pci/vfio_pci_config.c';
const include = '#include <linux/uaccess.h>\n';
const place = '\tif (disable && !vdev->virq_disabled) {\n';
const headers = ['interrupt', 'notifier', 'pm_runtime', 'slab']
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

/** The driver without a statement. */
const without = (path: string, statement: string) =>
  build('base', { mutate: (tree) => replaced(tree, path, statement, '') });

/** What shutting down after these steps returns, and all that was caught. */
async function ends(
  module: Build,
  devices: Readonly<Record<string, DeviceSpec>>,
  steps: readonly (Step | RawStep)[],
  watch = true,
): Promise<[findings: number, violations: Violation[]]> {
  const one = await OneMachine.start(module, devices, { watch });
  try {
    await one.runAll(steps);
    return [await one.run(shutdown()), one.found];
  } finally {
    await one.stop();
  }
}

const disableIntx = configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
const used = [load('vfio-pci'), bind('A'), open('A')];

describe('a shutdown finds nothing', () => {
  test.each(['base', 'p5', 'control'])('after a life full of events: %s', async (stage) => {
    const devices = {
      A: { intx: true, bus: 1, express: true },
      B: { intx: true, bus: 1, msix: 4, express: true },
      C: { intx: true, flr: true, noSoftReset: true, vfs: 2 },
      D: { vga: true, belowBridge: true },
      E: {},
      F: { mlx5: true },
      G: {},
    };
    const life = [
      load('vfio-pci', 'enable_sriov'),
      load('variant'),
      bind('A'),
      bind('B', 'variant'),
      bind('C'),
      bind('D'),
      open('A'),
      open('C'),
      open('D'),
      intxEnable('A'),
      intxEnable('C'),
      unmaskEventfd('A'),
      interrupt('A'),
      unmask('A'),
      disableIntx,
      open('B'),
      msixEnable('B', 3),
      message('B', 1),
      errorEventfd('B'),
      requestEventfd('B'),
      pciError('B'),
      configWrite('C', PCI_COMMAND, 2, PCI_COMMAND_MEMORY),
      ioeventfd('C', 0, 16, 4, 7),
      doorbell('C'),
      interrupt('C'),
      intxDisable('C'),
      reset('C'),
      hotReset('A'),
      configBlock('C'),
      configUnblock('C'),
      sriov('C', 2),
      lowPowerEntry('A'),
      pmWork('A'),
      lowPowerEntryWithWakeup('D'),
      pmWork('D'),
      close('D'),
      open('D'),
      pmWork('B'),
      load('mlx5'),
      bind('F', 'mlx5'),
      open('F'),
      migStateSet('F', 'stop'),
      logStart('F'),
      objectChange('F'),
      reset('F'),
      disableVf('F'),
      enableVf('F'),
      logStart('F'),
    ];
    const one = await OneMachine.start(await build(stage), devices, { watch: true });
    expect(await one.runAll(life)).not.toContainEqual(expect.toSatisfy((returned: number) => returned < 0));
    expect(await one.run(shutdown())).toBe(0);
    expect(one.found).toEqual([]);
    // What is gone can come again.
    expect(await one.runAll([...used, shutdown()])).toEqual([0, 0, 0, 0]);
    expect(one.found).toEqual([]);
    await one.stop();
  });

  test('where nothing ever happened', async () => {
    expect(await ends(await build('base'), { A: {} }, [])).toEqual([0, []]);
  });

  // Whatever can fail does so once, at each of its calls in turn.
  test.each(faults)('after %s failed', async (name) => {
    const one = await OneMachine.start(
      await build('p5'),
      { A: { intx: true, flr: true, bus: 1, vfs: 1 }, B: { bus: 1, msix: 4, vga: true } },
      { watch: true },
    );
    const life = [
      load('vfio-pci', 'enable_sriov'),
      bind('A'),
      bind('B'),
      pmWork('A'),
      open('A'),
      open('B'),
      intxEnable('A'),
      unmaskEventfd('A'),
      msixEnable('B', 2),
      errorEventfd('B'),
      configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_MEMORY),
      ioeventfd('A', 0, 16, 4, 7),
      lowPowerEntryWithWakeup('A'),
      pmWork('A'),
      reset('A'),
      hotReset('A'),
      sriov('A', 1),
      close('B'),
    ];
    let calls = 1;
    for (let nth = 1; nth <= calls; nth++) {
      await one.run(fail(name, nth));
      await one.runAll(life);
      const findings = await one.run(shutdown());
      calls = nth === 1 ? Math.min(20, await one.run(faultCalls(name))) : calls;
      expect([nth, findings, one.violations]).toEqual([nth, 0, []]);
    }
    await one.stop();
  });
});

describe('a shutdown finds', () => {
  test.each([
    ['leaked', 'kmalloc(24, GFP_KERNEL);', null],
    ['unbalanced-enable', 'pci_enable_device(vdev->pdev);', 'A.pdev.enable_cnt'],
    ['unbalanced-usage', 'pm_runtime_get_noresume(&vdev->pdev->dev);', 'A.pdev.dev.power.usage_count'],
    ['unbalanced-irq', 'disable_irq_nosync(vdev->pdev->irq);', null],
  ])('%s: %s', async (kind, statement, object) => {
    const [findings, found] = await ends(await mutant(statement), { A: { intx: true } }, [
      ...used,
      disableIntx,
    ]);
    expect(found).toMatchObject([{ kind, task: 'shutdown', context: 'process', count: 1 }]);
    if (object !== null) expect(found[0]!.object).toBe(object);
    expect(findings).toBe(1);
  });

  test.each([
    [
      'unbalanced-enable',
      'pci_disable_device(vdev->pdev); pci_disable_device(vdev->pdev);',
      ['', 'shutdown'],
    ],
    ['unbalanced-irq', 'enable_irq(vdev->pdev->irq);', ['']],
    ['unbalanced-irq', 'free_irq(vdev->pdev->irq, vdev);', ['']],
  ])('%s, or it shows at once: %s', async (kind, statement, tasks) => {
    const [, found] = await ends(await mutant(statement), { A: { intx: true } }, [...used, disableIntx]);
    expect(new Set(found.map((violation) => violation.kind))).toEqual(new Set([kind]));
    expect([...new Set(found.map(({ task }) => task))]).toEqual(tasks);
  });

  const enabled = [...used, intxEnable('A')];
  const intrs = 'vfio/pci/vfio_pci_intrs.c';

  test('an interrupt handler that was not freed', async () => {
    const module = await without(intrs, '\tfree_irq(vdev->pdev->irq, ctx);\n');
    const [findings, found] = await ends(module, { A: { intx: true } }, enabled);
    expect(found).toMatchObject([{ kind: 'unbalanced-irq', task: 'shutdown' }]);
    expect(findings).toBe(1);
  });

  test('an eventfd that was not given back', async () => {
    const module = await without(intrs, '\tif (ctx->trigger)\n\t\teventfd_ctx_put(ctx->trigger);\n');
    const [findings, found] = await ends(module, { A: { intx: true } }, enabled);
    expect(found).toMatchObject([{ kind: 'unbalanced-eventfd', task: 'shutdown' }]);
    expect(findings).toBe(1);
  });

  test('a file that was not given back', async () => {
    const module = await without('vfio/pci/vfio_pci_reset.c', '\tput_files(owned);\n');
    const [findings, found] = await ends(module, { A: { bus: 1 } }, [...used, hotReset('A')]);
    expect(found).toMatchObject([{ kind: 'unbalanced-file', task: 'shutdown' }]);
    expect(findings).toBe(1);
  });

  const heads =
    'static struct blocking_notifier_head calls; static struct atomic_notifier_head atomic; static struct notifier_block one, two; ' +
    'one.next = NULL; calls.head = NULL; two.next = NULL; atomic.head = NULL;';

  test('those who are still to be notified', async () => {
    const left =
      'blocking_notifier_chain_register(&calls, &one); atomic_notifier_chain_register(&atomic, &two);';
    const [findings, found] = await ends(await mutant(heads + left), { A: {} }, [...used, disableIntx]);
    const expected = { kind: 'unbalanced-notifier', count: 1, task: 'shutdown' };
    // clang 19 has a block's statics in a function without a name where the function was inlined.
    const object = (name: string) =>
      expect.stringMatching(new RegExp(`^(follow_virtual_intx_disable\\.)?${name}$`));
    expect(found).toMatchObject([
      { ...expected, object: object('two') },
      { ...expected, object: object('one') },
    ]);
    expect(findings).toBe(2);

    const back =
      'blocking_notifier_chain_unregister(&calls, &one); atomic_notifier_chain_unregister(&atomic, &two);';
    const right = await mutant(heads + left + back + left + back);
    expect(await ends(right, { A: {} }, [...used, disableIntx])).toEqual([0, []]);
  });

  test('a module that was not given back, and unloads nothing by force', async () => {
    const main = 'vfio/vfio_main.c';
    const put = '\t\tdevice->ops->close_device(device);\n\tmodule_put(owner);\n';
    const module = await build('base', {
      mutate: (tree) => replaced(tree, main, put, '\t\tdevice->ops->close_device(device);\n\t(void)owner;\n'),
    });
    const [findings, found] = await ends(module, { A: {} }, used);
    expect(found.map(({ kind, object }) => [kind, object])).toEqual([
      ['unbalanced-module', 'vfio_pci_core'],
      ['unbalanced-module', 'vfio_pci'],
    ]);
    expect(findings).toBe(2);
  });

  test('a lock of a device that was left held', async () => {
    const module = await mutant('device_lock(&vdev->pdev->bus->self->dev);');
    const [findings, found] = await ends(module, { A: { bus: 1 }, B: { bus: 1 } }, [...used, disableIntx]);
    expect(found.map(({ kind, task }) => [kind, task])).toEqual([
      ['lock-left-held', ''],
      ['lock-left-held', 'shutdown'],
    ]);
    expect(findings).toBe(1);
  });

  test('config access that was left blocked', async () => {
    const module = await mutant('pci_cfg_access_lock(vdev->pdev);');
    const [findings, found] = await ends(module, { A: {} }, [...used, disableIntx]);
    expect(found).toMatchObject([
      {
        kind: 'config-left-blocked',
        object: 'A.pdev.cfg_access',
        task: 'shutdown',
      },
    ]);
    expect(findings).toBe(1);
  });

  test('but not where a step blocks it, which ends with the others', async () => {
    const [findings, found] = await ends(await build('p5'), { A: {} }, [...used, configBlock('A')]);
    expect([findings, found]).toEqual([0, []]);
  });

  test.each([
    ['base', ['unbalanced-client']],
    ['p2', []],
  ])('a callback that the VGA arbiter was left with: %s', async (stage, expected) => {
    const module = await build(stage);
    const one = await OneMachine.start(module, { A: { vga: true } }, { watch: true });
    await one.runAll([load('vfio-pci'), fail('vfio_register_group_dev'), bind('A')]);
    expect(await one.run(shutdown())).toBe(expected.length);
    expect(one.violations).toEqual(expected);
    await one.stop();
  });

  test.each([
    ['base', ['unbalanced-usage']],
    ['p1', []],
  ])('a usage count that a change of policy upset: %s', async (stage, expected) => {
    const steps = [load('variant'), bind('A', 'variant'), load('vfio-pci', 'disable_idle_d3'), unbind('A')];
    const [findings, found] = await ends(await build(stage), { A: {} }, steps);
    expect(found.map(({ kind }) => kind)).toEqual(expected);
    expect(findings).toBe(expected.length);
  });
});

describe('of a leak', () => {
  test('the allocation’s own call stack is reported', async () => {
    const module = await mutant('kmalloc(24, GFP_KERNEL);');
    const [, found] = await ends(module, { A: {} }, [...used, disableIntx]);
    const functions = found[0]!.stack;
    expect(functions.map((frame) => frame.file)).toEqual(
      expect.arrayContaining(['kernel/slab.c', config, 'subjects/vfio-pci/ops/ops.c']),
    );
    expect(functions.filter((frame) => frame.file !== 'kernel/slab.c')[0]).toMatchObject({ file: config });
    expect(functions.map((frame) => frame.function)).not.toContain('op_shutdown');
  });

  test('without watching it is found all the same', async () => {
    const module = await mutant('kmalloc(24, GFP_KERNEL); kmalloc(24, GFP_KERNEL);');
    const [findings, found] = await ends(module, { A: {} }, [...used, disableIntx], false);
    expect(findings).toBe(2);
    expect(found).toMatchObject([{ kind: 'leaked', count: 2, stack: [] }]);
  });

  test('those of different origin are distinguished', async () => {
    const module = await mutant('kmalloc(8, GFP_KERNEL);\nkmalloc(8, GFP_KERNEL);');
    const [, found] = await ends(module, { A: {} }, [...used, disableIntx]);
    expect(found).toMatchObject([
      { kind: 'leaked', count: 1 },
      { kind: 'leaked', count: 1 },
    ]);
  });
});
