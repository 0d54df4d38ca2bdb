// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { appliesTo, expectedVerdict } from '../../../src/scenario/expectation.js';
import { gradeOutcome, verdictOf } from '../../../src/scenario/grade.js';
import { isRace } from '../../../src/scenario/scenario.js';
import type { BitfieldAccess, FileTree } from '../../../src/toolchain/types.js';
import { catalogue } from '../../../subjects/vfio-pci/scenarios/index.js';
import { build, type Config, caseOf, closeToolchains, replaced } from '../../support/race.js';
import { stages } from '../../support/run.js';
import { closeSimulations, explore, simulationOf } from '../../support/simulation.js';

afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

const races = Object.entries(catalogue).flatMap(([name, scenario]) =>
  isRace(scenario) ? [{ name, scenario }] : [],
);
/** All there is of what fails, too, where `verify` ends at the first failure; and where bit-fields are accessed wide. */
const cells = [
  { stage: 'base', bitfieldAccess: 'fine' as const },
  ...['base', 'p3', 'p4', 'control'].map((stage) => ({ stage, bitfieldAccess: 'wide' as const })),
];
/** One build for all scenarios that are at home in it, and so one simulator. */
const built = (stage: string, bitfieldAccess: BitfieldAccess = 'fine', config: Config = {}) =>
  build(stage, { bitfieldAccess, config });

/** What a scenario says of an outcome that none of its patterns is of. */
const { note: uncovered } = gradeOutcome({ outcomes: [] }, {}, 1);

describe.each(cells)('at $stage, $bitfieldAccess', ({ stage, bitfieldAccess }) => {
  afterAll(closeSimulations);
  // Those of a control are about nothing else.
  const chosen = races.filter(
    ({ scenario }) => appliesTo(scenario, { stages }, stage) && [undefined, stage].includes(scenario.stage),
  );

  test.each(chosen)('$name comes out as expected, in all there is', async ({ name, scenario }) => {
    const configured = await built(stage, bitfieldAccess, scenario.config);
    const { outcomes, violations, warnings, bounded, blocked, executions } = await explore(
      configured,
      name,
      {},
      stage,
    );
    expect({ verdict: verdictOf(outcomes, violations), bounded, blocked, warnings }).toEqual({
      verdict: expectedVerdict(scenario, { stages }, stage, bitfieldAccess) ?? 'holds',
      bounded: null,
      blocked: 0,
      warnings: [],
    });
    expect(outcomes.filter(({ note }) => note === uncovered)).toEqual([]);
    expect(executions).toBeGreaterThan(1);
  });
});

describe('the flags that two vCPUs share', () => {
  const name = 'intx-mask-vs-bar-write';

  test('lose either update at base, each in a schedule of two preemptions at most', async () => {
    const base = caseOf(name, 'base', await built('base'));
    const { outcomes } = await explore(base.build, name, {}, 'base');
    const lost = outcomes.filter(({ grade }) => grade === 'forbidden');
    expect(lost.map(({ values }) => values)).toEqual(
      expect.arrayContaining([
        { virq_disabled: 0, bardirty: 1 },
        { virq_disabled: 1, bardirty: 0 },
      ]),
    );
    for (const one of lost) {
      const { runs, preemptions } = await simulationOf(base.build).shrink(base, one);
      expect(preemptions).toBeLessThanOrEqual(2);
      const again = await simulationOf(base.build).describe(base, runs);
      expect(again).toMatchObject({ ending: 'done', strayed: 0, values: one.values });
      expect(again.interleaving.preemptions).toBe(preemptions);
    }
  });

  test('lose none at p3', async () => {
    const { outcomes } = await explore(await built('p3'), name, {}, 'p3');
    expect(outcomes.map(({ values }) => values)).toEqual([{ virq_disabled: 1, bardirty: 1 }]);
  });
});

const resets = 'vfio/pci/vfio_pci_reset.c';
const power = 'vfio/pci/vfio_pci_power.c';
const struct = 'include/linux/vfio_pci_core.h';
const mlx5 = 'vfio/pci/mlx5/cmd.h';

const packing =
  (path: string, type: string, ...flags: readonly string[]) =>
  (tree: FileTree) =>
    flags.reduce((all, flag) => replaced(all, path, `${type} ${flag};`, `${type} ${flag}:1;`), tree);
const dropping = (path: string, line: string) => (tree: FileTree) => replaced(tree, path, line, '');

describe('a driver that leaves something out', () => {
  test.each([
    {
      name: 'low-power-calls-vs-suspend',
      stage: 'base',
      without: 'taking back the count on the way out of low power',
      mutate: dropping(power, '\t\tpm_runtime_get_noresume(&vdev->pdev->dev);\n'),
      seen: 'in use, and nothing keeps it awake',
    },
    {
      name: 'close-vs-sibling-open',
      stage: 'base',
      without: 'a note that all of the bus was reset',
      mutate: dropping(resets, '\t\tif (done)\n\t\t\tvdev->needs_reset = false;\n'),
      seen: 'what the user did to A is still there',
    },
    {
      name: 'vfs-vs-power-state-write',
      stage: 'base',
      without: 'heeding virtual functions in power state writes',
      mutate: dropping(power, '\tif (state != PCI_D0 && vdev->sriov_active)\n\t\treturn -EBUSY;\n'),
      seen: 'virtual functions of a function without power',
    },
    {
      name: 'intx-mask-vs-bar-write',
      stage: 'p3',
      without: 'bytes for two flags',
      mutate: packing(struct, 'bool', 'virq_disabled', 'bardirty'),
      seen: 'BAR write lost: sizing reads return raw values',
    },
    {
      name: 'intx-mask-vs-bar-read',
      stage: 'p3',
      without: 'bytes for two flags',
      mutate: packing(struct, 'bool', 'virq_disabled', 'bardirty'),
      seen: 'INTx mask lost: the eventfd keeps firing',
    },
    {
      name: 'log-start-vs-reset',
      stage: 'p4',
      without: 'bytes for the flags of mlx5',
      mutate: packing(mlx5, 'u8', 'mdev_detach', 'log_active', 'deferred_reset'),
      seen: null,
    },
  ])('$name fails at $stage without $without', async ({ name, stage, mutate, seen }) => {
    const { outcomes, violations, bounded } = await explore(await build(stage, { mutate }), name, {}, stage);
    expect({ verdict: verdictOf(outcomes, violations), bounded }).toEqual({
      verdict: 'fails',
      bounded: null,
    });
    if (seen !== null) expect(outcomes.map(({ note }) => note)).toContain(seen);
    const whole = await explore(await built(stage), name, {}, stage);
    expect(verdictOf(whole.outcomes, whole.violations)).toBe('holds');
  });
});
