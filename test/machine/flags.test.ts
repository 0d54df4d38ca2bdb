// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { resolveFieldPath } from '../../src/machine/field-path.js';
import { build, closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

/** Byte (from the first flag's) and bit of each flag; `null` where it is a byte of its own. */
async function flags(stage: string): Promise<Record<string, [byte: number, bit: number | null]>> {
  const struct = DebugInfo.fromWasm((await build(stage)).bytes).struct('vfio_pci_core_device');
  const first = struct.members.find(({ name }) => name === 'has_dyn_msix')!.offset;
  const known = struct.members.filter(
    ({ name, offset }) => offset >= first && offset < first + 8 && name !== 'pci_saved_state',
  );
  return Object.fromEntries(known.map(({ name, offset, bit }) => [name, [offset - first, bit]]));
}

describe('the flags of struct vfio_pci_core_device', () => {
  test('at base: twelve bit-fields in two bytes, then a bool', async () => {
    expect(await flags('base')).toEqual({
      has_dyn_msix: [0, 0],
      pci_2_3: [0, 1],
      virq_disabled: [0, 2],
      reset_works: [0, 3],
      extended_caps: [0, 4],
      bardirty: [0, 5],
      has_vga: [0, 6],
      needs_reset: [0, 7],
      nointx: [1, 0],
      needs_pm_restore: [1, 1],
      pm_intx_masked: [1, 2],
      pm_runtime_engaged: [1, 3],
      sriov_active: [2, null],
    });
  });
  test('at p1: one more bit-field', async () => {
    expect((await flags('p1')).disable_idle_d3).toEqual([1, 4]);
  });
  test('at p3: what changes at run time has bytes of its own', async () => {
    expect(await flags('p3')).toEqual({
      has_dyn_msix: [0, 0],
      pci_2_3: [0, 1],
      reset_works: [0, 2],
      extended_caps: [0, 3],
      has_vga: [0, 4],
      nointx: [0, 5],
      needs_pm_restore: [0, 6],
      disable_idle_d3: [0, 7],
      needs_reset: [1, null],
      pm_intx_masked: [2, null],
      pm_runtime_engaged: [3, null],
      sriov_active: [4, null],
    });
    const { members } = DebugInfo.fromWasm((await build('p3')).bytes).struct('vfio_pci_core_device');
    const at = (wanted: string) => members.find(({ name }) => name === wanted)!;
    expect(at('virq_disabled').offset).toBe(at('bar_mmap_supported').offset + 6);
    expect(at('bardirty').offset).toBe(at('bar_mmap_supported').offset + 7);
  });
  test('at p5: the parameters latched beside them', async () => {
    expect(await flags('p5')).toMatchObject({
      disable_idle_d3: [0, 7],
      nointxmask: [1, 0],
      disable_vga: [1, 1],
      needs_reset: [2, null],
      pm_intx_masked: [3, null],
      pm_runtime_engaged: [4, null],
      sriov_active: [5, null],
    });
  });
  test('in the control: no bit-field at all', async () => {
    expect(Object.values(await flags('control')).every(([, bit]) => bit === null)).toBe(true);
  });
});

describe('a path into the machine', () => {
  test.each([
    ['virq_disabled', 'bool', 1],
    ['rbar[3]', 'u32', 32],
    ['pdev.dev.power.usage_count', 'int', 32],
    ['memory_lock.word', 'u32', 32],
    ['vdev.dev_set.device_count', 'unsigned int', 32],
  ])('%s is found', async (path, type, bits) => {
    const struct = DebugInfo.fromWasm((await build('base')).bytes).struct('vfio_pci_core_device');
    expect(resolveFieldPath(struct, path)).toMatchObject({ type, bits });
  });
});
