// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { debugInfoOf } from '../../src/machine/machine.js';
import type { Build } from '../../src/toolchain/build.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { type Conduct, conductOf } from '../../src/verify/conduct.js';
import { conductDifferences, type Differing } from '../../src/verify/conduct-differences.js';
import { nearestStage } from '../../src/verify/nearest-stage.js';
import { structDifferences } from '../../src/verify/struct-differences.js';
import { restated } from '../../subjects/vfio-pci/explained.js';
import { build, closeToolchains, replaced, subjectOf } from '../support/race.js';
import { selected } from '../support/selected.js';

afterAll(closeToolchains);

const traced = {
  isOwn: (unit: string) => /^vfio\/pci\/vfio_pci/.test(unit),
  isCalled: (unit: string) => !unit.startsWith('lab/'),
  states: restated.states!,
};

async function conduct(name: string, of: Build): Promise<Conduct> {
  const [one] = await conductOf([{ ...selected(name), stage: 'base' }], of, traced, { explore: 60 });
  return one!;
}

type Mutation = (tree: FileTree) => FileTree;
const inFile =
  (path: string, from: string, to: string): Mutation =>
  (tree) =>
    replaced(tree, `vfio/pci/${path}`, from, to);

/** What a mutant does otherwise than the excerpt. */
async function differences(name: string, mutate: Mutation): Promise<readonly Differing[]> {
  const [one, other] = await Promise.all([
    build('base').then((of) => conduct(name, of)),
    build('base', { mutate }).then((of) => conduct(name, of)),
  ]);
  return conductDifferences(name, one, other);
}

const told = (found: readonly Differing[]) =>
  [...new Set(found.map(({ aspect, what }) => `${aspect} ${what}`))].sort();

describe('what is done otherwise is found', () => {
  test.each(['intx-mask-vs-bar-write', 'reload-before-low-power-entry', 'hot-reset-meets-page-fault'])(
    'the same does the same: %s',
    async (name) => {
      const of = await build('base');
      const both = [await conduct(name, of), await conduct(name, of)] as const;
      expect(conductDifferences(name, ...both)).toEqual([]);
      expect(
        both[0].runs.flatMap(({ steps }) => steps.flatMap(({ tokens }) => tokens)).length,
      ).toBeGreaterThan(50);
    },
  );

  test('what cannot be compared is said', async () => {
    const one = await conduct('reload-before-low-power-entry', await build('base'));
    const [run] = one.runs;
    const other = { ...one, runs: [{ ...run!, steps: run!.steps.slice(0, 2) }] };
    const said: string[] = [];
    conductDifferences('reload', one, other, (sequence, why) => said.push(`${sequence}: ${why}`));
    expect(said).toEqual([`${run!.name}: the two part at step '${run!.steps[2]!.text}'`]);
    conductDifferences('reload', one, { ...one, runs: [] }, (_, why) => said.push(why));
    expect(said[1]).toBe('the sources do not run it');
  });

  test('two steps in another order', async () => {
    const found = await differences(
      'intx-mask-vs-bar-write',
      inFile(
        'vfio_pci_core.c',
        '\tpm_runtime_resume(&vdev->pdev->dev);\n\tvfio_pci_set_power_state(vdev, PCI_D0);\n\tpci_clear_master(vdev->pdev);\n',
        '\tpci_clear_master(vdev->pdev);\n\tpm_runtime_resume(&vdev->pdev->dev);\n\tvfio_pci_set_power_state(vdev, PCI_D0);\n',
      ),
    );
    expect(told(found)).toEqual(['order pci_clear_master(pdev)']);
    expect(found[0]).toMatchObject({
      where: 'vfio_pci_core_disable',
      place: { scenario: 'intx-mask-vs-bar-write', step: 'shutdown' },
    });
  });

  test('a field that is written too early', async () => {
    const found = await differences(
      'intx-mask-vs-bar-write',
      inFile(
        'vfio_pci_intrs.c',
        '\tvfio_irq_ctx_quiet(ctx);\n\tfree_irq(',
        '\tvdev->irq_type = VFIO_PCI_NUM_IRQS;\n\tvfio_irq_ctx_quiet(ctx);\n\tfree_irq(',
      ),
    );
    expect(told(found)).toEqual(['write irq_type =']);
  });

  test('a usage count that is not given back, and what comes of that', async () => {
    const found = await differences(
      'reload-before-low-power-entry',
      inFile(
        'vfio_pci_core.c',
        '\tif (!vfio_pci_policy()->disable_idle_d3)\n\t\tpm_runtime_put(&vdev->pdev->dev);\n',
        '',
      ),
    );
    expect(told(found)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^call pm_runtime_idle\(pdev\.dev, \d+\)$/),
        'state pdev.dev.power.usage_count',
      ]),
    );
  });

  test('a violation that is lost, and the verdict with it', async () => {
    const found = await differences(
      'reload-before-low-power-entry',
      inFile('vfio_pci_core.c', 'return vfio_pci_policy()->disable_idle_d3 ? 0 : pm', 'return pm'),
    );
    expect(told(found)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^violation usage-underflow/), 'verdict verdict']),
    );
  });

  test('a lock that is not held', async () => {
    const found = await differences(
      'any-failure-while-using-interrupts',
      inFile(
        'vfio_pci_msi.c',
        '\tcmd = vfio_pci_memory_lock_and_enable(vdev);\n\tmap = pci_msix_alloc_irq_at(vdev->pdev, vector, NULL);\n\tvfio_pci_memory_unlock_and_restore(vdev, cmd);\n',
        '\tcmd = 0;\n\t(void)cmd;\n\tmap = pci_msix_alloc_irq_at(vdev->pdev, vector, NULL);\n',
      ),
    );
    expect(told(found)).toEqual(expect.arrayContaining(['call down_write(memory_lock)', 'lock memory_lock']));
  });

  test('outcomes that are not possible any more, and a byte that is not shared', async () => {
    const apart: Mutation = (tree) =>
      replaced(tree, 'include/linux/vfio_pci_core.h', '\tbool virq_disabled:1;\n', '\tbool virq_disabled;\n');
    const found = await differences('intx-mask-vs-bar-write', apart);
    expect(told(found)).toEqual([
      'outcome virq_disabled=0 bardirty=1',
      'outcome virq_disabled=1 bardirty=0',
      'verdict verdict',
    ]);
    const [one, other] = [await build('base'), await build('base', { mutate: apart })];
    const layouts = structDifferences(
      ['vfio_pci_core_device'],
      debugInfoOf(one.bytes),
      debugInfoOf(other.bytes),
    );
    expect(layouts.differences.map(({ what }) => what)).toContain(
      'byte of vfio_pci_core_device.virq_disabled',
    );
  });
});

test('fields in another order, and fields that only one has', async () => {
  const mutate: Mutation = (tree) =>
    replaced(
      tree,
      'include/linux/vfio_pci_core.h',
      '\tu8 msi_qmax;\n\tu8 msix_bar;\n',
      '\tu8 msix_bar;\n\tu8 msi_qmax;\n\tu8 spare;\n',
    );
  const [one, other] = [await build('base'), await build('base', { mutate })];
  const [from, to] = [debugInfoOf(one.bytes), debugInfoOf(other.bytes)];
  expect(structDifferences(['vfio_pci_core_device', 'vfio_device', 'no_such'], from, from)).toEqual({
    structs: ['vfio_pci_core_device', 'vfio_device'],
    differences: [],
  });
  const { differences } = structDifferences(['vfio_pci_core_device'], from, to);
  expect(differences.map(({ what }) => what)).toEqual([
    'fields of vfio_pci_core_device',
    'order of vfio_pci_core_device',
  ]);
  expect(differences[0]).toMatchObject({ excerpt: 'lacks spare', tree: 'has them all' });
});

test('the nearest stage is the one that differs in the fewest patches', async () => {
  const { stages } = await subjectOf('vfio-pci');
  const near = (...has: string[]) => nearestStage({ stages: stages.all, has: () => new Set(has) }, 'tree');
  expect(near()).toEqual({ stage: 'base', lacking: [], besides: [] });
  expect(near('p1', 'p2', 'p3', 'p4')).toEqual({ stage: 'p4', lacking: [], besides: [] });
  expect(near('p3')).toEqual({ stage: 'base', lacking: [], besides: ['p3'] });
  expect(near('p1', 'p2', 'p4')).toEqual({ stage: 'p2', lacking: [], besides: ['p4'] });
  expect(near('p1', 'p2', 'p4', 'p5')).toEqual({ stage: 'p5', lacking: ['p3'], besides: [] });
});
