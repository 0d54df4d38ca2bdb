// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { compareLayouts } from '../../src/layout/compare.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import { onPath } from './compile.js';
import { vfioPciCore } from './debian-kernel.js';

const POOL = 'pool/main/l/linux-signed-amd64';

interface Shipped {
  readonly what: string;
  readonly at: string;
  readonly size: number;
  /** Where each flag lies: its byte, and its bit where it is a bit-field. */
  readonly flags: Readonly<Record<string, number | readonly [byte: number, bit: number]>>;
}

/** The bits of one byte, in order. */
const bits = (byte: number, ...names: string[]) =>
  Object.fromEntries(names.map((name, bit) => [name, [byte, bit] as const]));
const bytes = (first: number, ...names: string[]) =>
  Object.fromEntries(names.map((name, i) => [name, first + i]));

const SHIPPED: readonly Shipped[] = [
  {
    what: '6.1.170: a bool each',
    at: `debian/${POOL}/linux-image-6.1.0-47-amd64_6.1.170-3_amd64.deb`,
    size: 1368,
    flags: bytes(
      1100,
      'pci_2_3',
      'virq_disabled',
      'reset_works',
      'extended_caps',
      'bardirty',
      'has_vga',
      'needs_reset',
      'nointx',
      'needs_pm_restore',
      'pm_intx_masked',
      'pm_runtime_engaged',
    ),
  },
  {
    what: '6.12.94: bit-fields all',
    at: `debian/${POOL}/linux-image-6.12.94+deb13-amd64_6.12.94-1_amd64.deb`,
    size: 1376,
    flags: {
      ...bits(
        1164,
        'has_dyn_msix',
        'pci_2_3',
        'virq_disabled',
        'reset_works',
        'extended_caps',
        'bardirty',
        'has_vga',
        'needs_reset',
      ),
      ...bits(1165, 'nointx', 'needs_pm_restore', 'pm_intx_masked', 'pm_runtime_engaged'),
    },
  },
  {
    what: '6.12.117: bit-fields for set-up, bytes for the rest',
    at: 'debian-security/pool/updates/main/l/linux-signed-6.12-amd64/linux-image-6.12.117+deb12-amd64_6.12.117-1~deb12u1_amd64.deb',
    size: 1384,
    flags: {
      ...bytes(1030, 'virq_disabled', 'bardirty'),
      ...bits(
        1164,
        'has_dyn_msix',
        'pci_2_3',
        'reset_works',
        'extended_caps',
        'has_vga',
        'nointx',
        'needs_pm_restore',
        'disable_idle_d3',
      ),
      ...bytes(1165, 'needs_reset', 'pm_intx_masked', 'pm_runtime_engaged', 'sriov_active'),
    },
  },
];

describe.skipIf(!onPath('xz'))("vfio-pci-core.ko of Debian's kernels, by its BTF alone", () => {
  it.for(SHIPPED)('$what', { timeout: 180_000 }, async ({ at, size, flags }, { skip }) => {
    const module = await vfioPciCore(at);
    if ('missing' in module) return skip(module.missing);
    const source = await openLayouts(module.path);
    expect(source).toMatchObject({
      kind: 'btf',
      lacksBase: true,
      target: { name: 'x86_64', littleEndian: true },
    });
    const device = source.struct('vfio_pci_core_device');
    expect(device.size).toBe(size);
    const found = device.members
      .filter(({ name }) => name !== null && name in flags)
      .map(({ name, offset, bit }) => [name, bit === null ? offset : [offset, bit]]);
    expect(Object.fromEntries(found)).toEqual(flags);
  });
});

it.skipIf(!onPath('xz'))(
  'says what a stable update has changed, whatever its types are called',
  async (context) => {
    const files = await Promise.all([1, 2].map((i) => vfioPciCore(SHIPPED[i]!.at)));
    const [before, after] = await Promise.all(
      files.map(async (file) => {
        if ('missing' in file) return context.skip(file.missing);
        const { struct } = await openLayouts(file.path);
        return { struct: struct('vfio_pci_core_device'), littleEndian: true };
      }),
    );
    const { size, fields, shifts, holes } = compareLayouts(before!, after!);
    expect(size).toEqual({ before: 1376, after: 1384 });
    expect(fields.map(({ path, change }) => `${change} ${path}`)).toEqual([
      'widened virq_disabled',
      'widened bardirty',
      'added disable_idle_d3',
      'widened needs_reset',
      'widened pm_intx_masked',
      'widened pm_runtime_engaged',
      'added sriov_active',
    ]);
    expect(shifts.at(-1)!.bits).toBe(64);
    expect(holes).toContainEqual(
      expect.objectContaining({ change: 'filled', by: ['virq_disabled', 'bardirty'] }),
    );
  },
);
