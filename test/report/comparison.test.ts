// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, it } from 'vitest';
import { type ComparedLayout, compareLayouts } from '../../src/layout/compare.js';
import { recordLayout } from '../../src/layout/record-layouts.js';
import { targetOf } from '../../src/layout/targets.js';
import { comparisonJson, comparisonText } from '../../src/report/comparison.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';

afterAll(closeToolchains);

async function read(stage: string, struct: string): Promise<ComparedLayout> {
  const { tree } = await programAt(stage);
  return {
    struct: await recordLayout(await toolchain(), tree, struct, targetOf('x86_64')),
    littleEndian: true,
  };
}

const text = async (struct: string, before: string, after: string) =>
  comparisonText(compareLayouts(await read(before, struct), await read(after, struct)), { before, after });

it('answers what a reviewer of the third patch asks', async () => {
  expect(await text('vfio_pci_core_device', 'base', 'p3')).toMatchInlineSnapshot(`
    "vfio_pci_core_device, base to p3: 1464 to 1472 bytes (+8), 23 cache lines
      widened   bool virq_disabled:1 to bool virq_disabled, 1252:2 to 1118
      widened   bool bardirty:1 to bool bardirty, 1252:5 to 1119
      added     bool disable_idle_d3:1 at 1252:7, in location 1252+1
      widened   bool needs_reset:1 to bool needs_reset, 1252:7 to 1253
      widened   bool pm_intx_masked:1 to bool pm_intx_masked, 1253:2 to 1254
      widened   bool pm_runtime_engaged:1 to bool pm_runtime_engaged, 1253:3 to 1255
      pushed    sriov_active, +2
      pushed    pci_saved_state … memory_lock: 14 fields, +8
      bits      reset_works, extended_caps −1; has_vga −2; nointx, needs_pm_restore −3
      split     location 1252+2: virq_disabled | bardirty | has_dyn_msix … needs_pm_restore (7) | needs_reset | pm_intx_masked | pm_runtime_engaged
      merged    unit 1252+1: has_dyn_msix pci_2_3 reset_works extended_caps has_vga | nointx needs_pm_restore
      hole      2 bytes after bar_mmap_supported, filled exactly by virq_disabled bardirty
      hole      4 bits after pm_runtime_engaged, gone
      hole      after sriov_active grows from 1 byte to 7 bytes
      line      virq_disabled, bardirty, 19 to 17
      line      ioeventfds_nr, 19 to 20
      line      nb, 21-22 to 22"
  `);
});

it('shows of a variant driver’s struct what its patch and the one below it did', async () => {
  expect(await text('mlx5vf_pci_core_device', 'base', 'p4')).toMatchInlineSnapshot(`
    "mlx5vf_pci_core_device, base to p4: 1960 to 1968 bytes (+8), 31 cache lines
      widened   struct vfio_pci_core_device core_device, 1464 to 1472 bytes, at 0
      moved     chunk_mode from 1470:4 to 1478:1
      widened   u8 mdev_detach:1 to u8 mdev_detach, 1470:2 to 1479
      widened   u8 log_active:1 to u8 log_active, 1470:3 to 1480
      widened   u8 deferred_reset:1 to u8 deferred_reset, 1470:1 to 1481
      narrowed  struct mlx5_vhca_page_tracker tracker, 360 to 352 bytes, 1560 to 1576
      pushed    vf_id … migrate_cap: 3 fields, +8
      pushed    tracker_comp … saving_migf: 6 fields, +16
      pushed    cb_wq … mdev: 3 fields, +8
      split     location 1470+1: migrate_cap chunk_mode | mdev_detach | log_active | deferred_reset
      hole      6 bits after chunk_mode, new
      hole      after deferred_reset grows from 1 byte and 3 bits to 6 bytes
      line      vf_id … deferred_reset: 7 fields, 22 to 23
      line      state_mutex, 23 to 23-24
      line      tracker, 24-29 to 24-30"
  `);
  expect(await text('mlx5_vhca_page_tracker', 'base', 'p4')).toMatchInlineSnapshot(`
    "mlx5_vhca_page_tracker, base to p4: 360 to 352 bytes (−8), 6 cache lines
      widened   u8 is_err:1 to u8 is_err, 8:0 to 8
      widened   u8 object_changed:1 to u8 object_changed, 8:1 to 9
      moved     status from 352 to 12
      split     location 8+1: is_err | object_changed
      hole      after object_changed shrinks from 7 bytes and 6 bits to 2 bytes by status
      hole      4 bytes at the end, gone
      line      status, 5 to 0"
  `);
});

it('shows the way back', async () => {
  const back = await text('mlx5_vhca_page_tracker', 'p4', 'base');
  expect(back).toContain('352 to 360 bytes (+8)');
  expect(back).toMatch(/merged +location 8\+1: is_err \| object_changed/);
});

it('says so where nothing changed', async () => {
  expect(await text('vfio_pci_core_device', 'p1', 'p2')).toBe(
    'vfio_pci_core_device, p1 to p2: 1464 bytes (0), 23 cache lines\n  no field changed or moved',
  );
});

it('has JSON', async () => {
  const comparison = compareLayouts(
    await read('base', 'mlx5_vhca_page_tracker'),
    await read('p4', 'mlx5_vhca_page_tracker'),
  );
  const json = comparisonJson(comparison, { before: 'base', after: 'p4' });
  expect(json.names).toEqual({ before: 'base', after: 'p4' });
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});
