// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { checkApart } from '../../../src/engine/apart.js';
import { isLayout, isRace } from '../../../src/scenario/scenario.js';
import type { Build } from '../../../src/toolchain/build.js';
import type { FileTree } from '../../../src/toolchain/types.js';
import { catalogue } from '../../../subjects/vfio-pci/scenarios/index.js';
import { build, closeToolchains, programAt, replaced } from '../../support/race.js';
import { closeSessions, runOn, seriesStages, stageBuild } from '../../support/run.js';

afterAll(async () => {
  await closeSessions();
  await closeToolchains();
});

interface Mutant {
  readonly stage: string;
  /** What the patch no longer does. */
  readonly without: string;
  readonly mutate: (tree: FileTree) => FileTree;
  /** A scenario that holds at the stage and fails for the mutant. */
  readonly caughtBy: string;
  /** What is seen: kinds of violations, notes of outcomes or fields that share, some or all of them. */
  readonly seen: readonly string[];
}

const core = 'vfio/pci/vfio_pci_core.c';
const resets = 'vfio/pci/vfio_pci_reset.c';
const own = 'vfio/pci/vfio_pci.c';
const vga = 'vfio/pci/vfio_pci_vga.c';
const struct = 'include/linux/vfio_pci_core.h';
const mlx5 = 'vfio/pci/mlx5/cmd.h';

const inFile = (path: string, from: string, to: string) => (tree: FileTree) => replaced(tree, path, from, to);
/** Leaves a line of the fix out. */
const dropped = (path: string, line: string) => inFile(path, line, '');

const live = 'vfio_pci_policy()->disable_idle_d3';
const latched = 'vdev->disable_idle_d3';
const unbalancedBus = 'the reset has left a usage count out of balance';

const withoutPatch2 = inFile(core, '\tvfio_pci_vga_uninit(vdev);\nout_vf', 'out_vf');

const mutants: readonly Mutant[] = [
  {
    stage: 'p1',
    without: 'asking the device when it is opened',
    mutate: inFile(core, `return ${latched} ?`, `return ${live} ?`),
    caughtBy: 'reload-before-open',
    seen: ['in use, and nothing keeps it awake'],
  },
  {
    stage: 'p1',
    without: 'asking the device when it is closed',
    mutate: inFile(core, `if (!${latched})\n\t\tpm_runtime_put(`, `if (!${live})\n\t\tpm_runtime_put(`),
    caughtBy: 'reload-before-close',
    seen: ['nobody uses it, and it never sleeps again'],
  },
  {
    stage: 'p1',
    without: 'asking the device when it is unregistered',
    mutate: inFile(core, `if (!${latched})\n\t\tpm_runtime_get_no`, `if (!${live})\n\t\tpm_runtime_get_no`),
    caughtBy: 'reload-before-rebind',
    seen: ['usage-underflow', 'nothing keeps a device without a driver awake'],
  },
  {
    stage: 'p1',
    without: 'latching',
    mutate: dropped(core, `\t${latched} = ${live};\n`),
    caughtBy: 'mixed-policies-on-a-bus',
    seen: [unbalancedBus],
  },
  {
    stage: 'p1',
    without: 'leaving out devices that never idle when a set is woken',
    mutate: inFile(resets, `\t\tif (!${latched})\n\t\t\tret = `, '\t\tret = '),
    caughtBy: 'mixed-policies-on-a-bus',
    seen: [unbalancedBus],
  },
  {
    stage: 'p1',
    without: 'leaving them out when waking the set fails',
    mutate: inFile(resets, `dev_set_list);\n\n\t\tif (!${latched})\n\t`, 'dev_set_list);\n\n'),
    caughtBy: 'mixed-policies-on-a-bus',
    seen: [unbalancedBus],
  },
  {
    stage: 'p1',
    without: 'leaving them out after the last close has reset the set',
    mutate: inFile(resets, `false;\n\t\tif (!${latched})\n\t`, 'false;\n'),
    caughtBy: 'mixed-policies-on-a-bus',
    seen: [unbalancedBus],
  },
  {
    stage: 'p1',
    without: 'leaving them out after a hot reset',
    mutate: inFile(
      resets,
      `for_each_in_set(vdev, set)\n\t\t\tif (!${latched})\n\t`,
      'for_each_in_set(vdev, set)\n',
    ),
    caughtBy: 'mixed-policies-on-a-bus',
    seen: [unbalancedBus],
  },
  {
    stage: 'p1',
    without: 'waking all for the reset on the last close, whatever the policy',
    mutate: inFile(
      resets,
      'if (vfio_pci_dev_set_pm_runtime_get(set))',
      `if (!${live} && vfio_pci_dev_set_pm_runtime_get(set))`,
    ),
    caughtBy: 'reload-before-bus-reset',
    seen: ['reset-while-suspended', 'reset-unheld'],
  },
  ...(
    [
      ['vga-registration-fails', 'unbalanced-client'],
      ['vga-change-after-failed-registration', 'stale-callback'],
      ['vga-change-after-module-unload', 'freed-code'],
    ] as const
  ).map(([caughtBy, kind]) => ({
    stage: 'p2',
    without: `giving the adapter back (${kind})`,
    mutate: withoutPatch2,
    caughtBy,
    seen: [kind],
  })),
  ...[
    ['virq_disabled', 'bardirty'],
    ['needs_reset', 'pm_intx_masked'],
    ['pm_intx_masked', 'pm_runtime_engaged'],
  ].map(([one, two]) => ({
    stage: 'p3',
    without: `bytes for ${one} and ${two}`,
    mutate: (tree: FileTree) =>
      [one, two].reduce((all, flag) => replaced(all, struct, `bool ${flag};`, `bool ${flag}:1;`), tree),
    caughtBy: 'runtime-flags-share-no-byte',
    seen: [`vfio_pci_core_device.${one}`, `vfio_pci_core_device.${two}`],
  })),
  ...[
    ['mlx5vf_pci_core_device', 'mdev_detach', 'log_active'],
    ['mlx5vf_pci_core_device', 'log_active', 'deferred_reset'],
    ['mlx5_vhca_page_tracker', 'is_err', 'object_changed'],
  ].map(([tag, one, two]) => ({
    stage: 'p4',
    without: `bytes for ${one} and ${two}`,
    mutate: (tree: FileTree) =>
      [one, two].reduce((all, flag) => replaced(all, mlx5, `u8 ${flag};`, `u8 ${flag}:1;`), tree),
    caughtBy: 'runtime-flags-share-no-byte',
    seen: [`${tag}.${one}`, `${tag}.${two}`],
  })),
  {
    stage: 'p5',
    without: 'patch 2',
    mutate: withoutPatch2,
    caughtBy: 'vga-change-looks-for-driver-data',
    seen: ['stale-callback', 'null-dereference', 'driver data is read where there is none'],
  },
  {
    stage: 'p5',
    without: 'latching disable_idle_d3',
    mutate: dropped(own, `\t${latched} = disable_idle_d3;\n`),
    caughtBy: 'sysfs-write-before-bind',
    seen: ['the write succeeded, and reached nobody'],
  },
  {
    stage: 'p5',
    without: 'latching nointxmask',
    mutate: dropped(own, '\tvdev->nointxmask = nointxmask;\n'),
    caughtBy: 'sysfs-write-before-bind',
    seen: ['the write succeeded, and reached nobody'],
  },
  {
    stage: 'p5',
    without: 'latching disable_vga',
    mutate: dropped(own, '\tvdev->disable_vga = disable_vga;\n'),
    caughtBy: 'vga-change-looks-for-driver-data',
    seen: ['legacy ranges for a device told to do without'],
  },
  {
    stage: 'p5',
    without: 'asking the device for nointxmask',
    mutate: inFile(core, 'if (!vdev->nointxmask) {', 'if (true) {'),
    caughtBy: 'sysfs-write-before-bind',
    seen: ['the write succeeded, and reached nobody'],
  },
];

/** Drivers that do wrong what every stage does right. */
const controls: readonly Mutant[] = [
  {
    stage: 'base',
    without: 'letting devices go again where one cannot be woken',
    mutate: dropped(resets, '\t\t\tput_until(set, vdev);\n'),
    caughtBy: 'hot-reset-cannot-wake-a-device',
    seen: ['nobody uses B, and it never sleeps again'],
  },
  {
    stage: 'base',
    without: 'memory_lock in a hot reset',
    mutate: (tree) =>
      replaced(
        replaced(tree, resets, 'if (!down_write_trylock(&vdev->memory_lock))', 'if (false)'),
        resets,
        'up_write(&list_entry(at, struct vfio_pci_core_device, vdev.dev_set_list)->memory_lock);',
        '(void)at;',
      ),
    caughtBy: 'hot-reset-meets-page-fault',
    seen: ['a BAR was mapped while its device was being reset'],
  },
  {
    stage: 'base',
    without: 'disabling what could not be reset',
    mutate: dropped(core, '\tif (ret)\n\t\tpci_disable_device(vdev->pdev);\n'),
    caughtBy: 'open-fails-halfway',
    seen: ['the function is left enabled, with no user', 'unbalanced-enable'],
  },
  {
    stage: 'base',
    without: 'letting a device idle that could not be opened',
    mutate: inFile(core, 'ret = bring_up(vdev);\n\tif (ret)\n\t\tlet_idle(vdev);', 'ret = bring_up(vdev);'),
    caughtBy: 'open-fails-halfway',
    seen: ['the failed open has left the usage count out of balance'],
  },
  {
    stage: 'base',
    without: 'freeing the token where the arbiter has no entry',
    mutate: inFile(core, 'goto out_vf;', 'return ret;'),
    caughtBy: 'vga-arbiter-has-no-entry',
    seen: ['leaked'],
  },
  {
    stage: 'p2',
    without: 'knowing what was not registered',
    mutate: inFile(core, '\t\tgoto out_vf;', '\t\tgoto out_power;'),
    caughtBy: 'vga-arbiter-has-no-entry',
    seen: ["somebody else's client may have been taken away"],
  },
  {
    stage: 'p5',
    without: 'keeping what was latched',
    mutate: inFile(
      own,
      'vfio_pci_open_device(struct vfio_device *device)\n{\n',
      `vfio_pci_open_device(struct vfio_device *device)
{
	to_vfio_pci_core(device)->disable_idle_d3 = disable_idle_d3;
	to_vfio_pci_core(device)->nointxmask = nointxmask;
`,
    ),
    caughtBy: 'sysfs-write-after-bind',
    seen: ['the usage count is out of balance', 'another way of masking than when it was bound'],
  },
  {
    stage: 'p5',
    without: 'heeding the kernel configuration',
    mutate: inFile(vga, '#else\n\t(void)vdev;\n\treturn true;', '#else\n\t(void)vdev;\n\treturn false;'),
    caughtBy: 'kernel-without-vga-ranges',
    seen: ['ranges that the kernel was built to keep from users'],
  },
];

/** What fails: kinds of violations, and notes of forbidden outcomes. */
async function failuresOf(name: string, build: Build): Promise<string[]> {
  const scenario = catalogue[name];
  if (scenario === undefined || isRace(scenario)) throw new Error(`${name} is not sequential`);
  if (isLayout(scenario)) {
    const { violations } = checkApart({ name, origin: name, scenario, stage: 'mutant', build });
    return violations.map(({ object }) => String(object));
  }
  const { kinds, outcomes } = await runOn(build, scenario, name);
  return [...kinds, ...outcomes.filter(({ grade }) => grade === 'forbidden').map(({ note }) => note)];
}

/** What is seen of a mutant by the scenario that must catch it; of the stage itself that must be nothing. */
async function check({ stage, mutate, caughtBy, seen }: Mutant): Promise<void> {
  const config = catalogue[caughtBy]?.config ?? {};
  const before = await failuresOf(caughtBy, await stageBuild(stage, config));
  // Patch 3 leaves the flags of mlx5 to patch 4.
  expect(before.filter((failure) => !(stage === 'p3' && failure.startsWith('mlx5')))).toEqual([]);
  const mutant = await build(stage, { mutate, config });
  expect(await failuresOf(caughtBy, mutant)).toEqual(expect.arrayContaining([...seen]));
}

describe('a patch that leaves something out', () => {
  test.each(mutants)('$stage without $without: $caughtBy', check);

  test('is tried of every patch', () => {
    const tried = new Set(mutants.map(({ stage }) => stage));
    expect([...tried]).toEqual(seriesStages.slice(1));
  });

  test('patch 2 is taken back whole', async () => {
    const [p1, p2] = await Promise.all([programAt('p1'), programAt('p2')]);
    expect(withoutPatch2(p2.tree)).toEqual(p1.tree);
  });
});

describe('a scenario that holds everywhere', () => {
  test.each(controls)('fails at $stage without $without: $caughtBy', check);
});
