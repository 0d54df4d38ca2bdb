// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { expectedVerdict } from '../../../src/scenario/expectation.js';
import { verdictOf } from '../../../src/scenario/grade.js';
import { isSequence, type SequenceScenario } from '../../../src/scenario/scenario.js';
import type { FileTree } from '../../../src/toolchain/types.js';
import { catalogue } from '../../../subjects/vfio-pci/scenarios/index.js';
import { faults } from '../../../subjects/vfio-pci/steps.js';
import { build, closeToolchains, replaced } from '../../support/race.js';
import { closeSessions, runOn, stageBuild, stages } from '../../support/run.js';

afterAll(async () => {
  await closeSessions();
  await closeToolchains();
});

const sweeps = Object.entries(catalogue).filter(
  (entry): entry is [string, SequenceScenario] => isSequence(entry[1]) && entry[1].sweepFaults === true,
);

const sweep = async (name: string, stage: string) =>
  runOn(await stageBuild(stage), sweeps.find(([one]) => one === name)![1], name);

describe.each(['base', 'p1', 'p2', 'p5'])('a sweep at %s', (stage) => {
  test.each(sweeps)('%s is as expected', async (name, scenario) => {
    const { outcomes, violations, runs } = await sweep(name, stage);
    expect(verdictOf(outcomes, violations)).toBe(expectedVerdict(scenario, { stages }, stage, 'fine'));
    // Without a failure all is well, so that it is failures that the verdict is about.
    const undisturbed = runs.filter(({ fault }) => fault === null);
    expect(undisturbed.flatMap((run) => run.violations)).toEqual([]);
    expect(undisturbed.flatMap((run) => run.steps).filter(({ value }) => (value ?? -1) < 0)).toEqual([]);
  });
});

test('every function that can fail does so in some sweep', async () => {
  const failed = new Set<string>();
  for (const [name] of sweeps)
    for (const { fault } of (await sweep(name, 'p5')).runs) failed.add(fault?.function ?? '');
  expect(faults.filter((name) => !failed.has(name))).toEqual([]);
});

describe('an unwind without one of its lines is found by a sweep that holds', () => {
  const core = 'vfio/pci/vfio_pci_core.c';
  const mutants: readonly (readonly [string, string, string, (tree: FileTree) => FileTree])[] = [
    [
      'the count that keeps a device awake',
      'any-failure-while-opening',
      'unbalanced-usage',
      (tree) =>
        replaced(
          tree,
          core,
          '\tret = bring_up(vdev);\n\tif (ret)\n\t\tlet_idle(vdev);\n',
          '\tret = bring_up(vdev);\n',
        ),
    ],
    [
      'the interrupts of vectors before the one that fails',
      'any-failure-while-using-interrupts',
      'unbalanced-irq',
      (tree) =>
        replaced(
          tree,
          'vfio/pci/vfio_pci_msi.c',
          '\t\t\tvfio_msi_set_vector_signal(vdev, start + i, -1, msix);\n',
          '\t\t\tvfio_irq_ctx_free(vdev, vfio_irq_ctx_get(vdev, start + i), start + i);\n',
        ),
    ],
    [
      'the saved state of a function',
      'any-failure-while-opening',
      'leaked',
      (tree) =>
        replaced(
          tree,
          core,
          '\t\tkfree_and_forget(vdev->pci_saved_state);\n\t\treturn ret;\n',
          '\t\treturn ret;\n',
        ),
    ],
  ];

  test.each(mutants)('%s', async (_, name, kind, mutate) => {
    const { violations, runs } = await runOn(
      await build('p5', { mutate }),
      catalogue[name] as SequenceScenario,
      name,
    );
    expect(violations.map((violation) => violation.kind)).toContain(kind);
    expect(runs.filter(({ fault }) => fault === null).flatMap((run) => run.violations)).toEqual([]);
  });
});
