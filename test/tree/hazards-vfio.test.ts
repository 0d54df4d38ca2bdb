// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { closeToolchains } from '../support/race.js';
import { each } from './edits.js';
import { apartBy, hazardsOf, lacking, pairName, shownPairs } from './hazards.js';

afterAll(closeToolchains);

describe('vfio-pci’s core', () => {
  const struct = 'vfio_pci_core_device';
  const units = [
    ...['core', 'config', 'intrs', 'rdwr'].map((name) => `drivers/vfio/pci/vfio_pci_${name}.c`),
    'drivers/vfio/pci/vfio_pci.c',
    'drivers/vfio/vfio_main.c',
  ];
  /** Whoever writes these opens the device or closes it, under the lock of its device set. */
  const underDeviceSet = [
    ...['has_dyn_msix', 'pci_2_3', 'reset_works', 'extended_caps', 'has_vga', 'needs_reset', 'nointx'],
  ];
  const underOneLock = underDeviceSet.flatMap((one, i) =>
    underDeviceSet.slice(i + 1).map((other) => pairName([one, other])),
  );

  const before = lacking('6.12.95', units);
  test.skipIf(before !== '')(
    `has the pair that any two config accesses write, and none of those that a lock keeps apart${before}`,
    async () => {
      const shown = shownPairs(await hazardsOf('6.12.95', units), struct);
      expect(shown[0]).toBe('bardirty × virq_disabled');
      // By code that writes whole runs of bit-fields, as clang's does.
      expect(shown).toContain('pm_runtime_engaged × virq_disabled');
      expect(shown).toContain('bardirty × pm_runtime_engaged');
      expect(shown.filter((pair) => underOneLock.includes(pair))).toEqual([]);
    },
  );

  const after = lacking('6.12.117', units);
  test.skipIf(after !== '')(
    `has no pair at all where what is written later has its own byte${after}`,
    async () => {
      const report = await hazardsOf('6.12.117', units);
      expect(report.stores.some(({ field }) => field.struct === struct)).toBe(true);
      expect(shownPairs(report, struct)).toEqual([]);
    },
  );
});

describe('mlx5’s driver for vfio-pci', () => {
  const folder = 'drivers/vfio/pci/mlx5';
  const units = ['cmd', 'main'].map((name) => `${folder}/${name}.c`);
  const device = 'mlx5vf_pci_core_device';
  const tracker = 'mlx5_vhca_page_tracker';
  const mended = ['deferred_reset × log_active', 'deferred_reset × mdev_detach'];

  const before = lacking('6.12.95', units);
  test.skipIf(before !== '')(
    `has what the series’ fourth patch mends, and no pair under one lock${before}`,
    async () => {
      const report = await hazardsOf('6.12.95', [folder]);
      expect(shownPairs(report, device)).toEqual(expect.arrayContaining(mended));
      expect(shownPairs(report, tracker)).toEqual(['is_err × object_changed']);
      expect(apartBy(report, device, 'log_active × mdev_detach')).toBe(`both hold ${device}.state_mutex`);
    },
  );

  test.skipIf(before !== '')(
    `has that pair, too, if who hears of the device does not lock${before}`,
    async () => {
      const unlocked = each(/(\bmlx5fv_vf_event\([^{]*\{[^}]*?)\bmutex_lock\(&mvdev->state_mutex\);/, '$1');
      const report = await hazardsOf('6.12.95', [folder], { [`${folder}/cmd.c`]: [unlocked] });
      expect(shownPairs(report, device)).toEqual(
        expect.arrayContaining(['log_active × mdev_detach', ...mended]),
      );
    },
  );

  const after = lacking('6.12.117', units);
  test.skipIf(after !== '')(`has none of them with the patch${after}`, async () => {
    const report = await hazardsOf('6.12.117', [folder]);
    expect(report.stores.some(({ field }) => field.struct === device)).toBe(true);
    const pairs = [...shownPairs(report, device), ...shownPairs(report, tracker)];
    for (const pair of [...mended, 'is_err × object_changed', 'log_active × mdev_detach'])
      expect(pairs).not.toContain(pair);
  });
});
