// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ReadFile, TreeDefinition } from '../../../src/subject/subject.js';
import { restated } from '../explained.js';

const coreHeader = 'include/linux/vfio_pci_core.h';
const coreUnit = 'drivers/vfio/pci/vfio_pci_core.c';
const mlx5Header = 'drivers/vfio/pci/mlx5/cmd.h';

/** vfio-pci in a kernel's own sources. mlx5's firmware is no part of this. */
export const tree: TreeDefinition = {
  source: [
    { from: 'model', as: 'model' },
    { from: 'ops', as: 'ops' },
    { from: 'tree', as: 'tree' },
  ],
  modules: [
    { folder: 'drivers/vfio', name: 'vfio' },
    { folder: 'drivers/vfio', name: 'vfio_virqfd', optional: true },
    { folder: 'drivers/vfio/pci', name: 'vfio_pci_core' },
    { folder: 'drivers/vfio/pci', name: 'vfio_pci' },
  ],
  units: [
    ...['interval_tree', 'rbtree', 'uuid'].map((name) => `lib/${name}.c`),
    'drivers/iommu/iommufd/iova_bitmap.c',
    'virt/lib/irqbypass.c',
  ],
  // An IOMMU that does not keep caches coherent is not for users either.
  faults: { vfio_register_group_dev: 'device_iommu_capable' },
  has: {
    p1: (read) => membersOf(read, coreHeader, 'vfio_pci_core_device').has('disable_idle_d3'),
    p2: (read) => {
      const [, unwind = ''] =
        /^out_power:\n([\s\S]*?)^}/m.exec(bodyOf(read(coreUnit), 'vfio_pci_core_register_device')) ?? [];
      return unwind.includes('vfio_pci_vga_uninit(');
    },
    p3: (read) => membersOf(read, coreHeader, 'vfio_pci_core_device').get('virq_disabled') === 'whole',
    p4: (read) => membersOf(read, mlx5Header, 'mlx5vf_pci_core_device').get('mdev_detach') === 'whole',
    p5: (read) => membersOf(read, coreHeader, 'vfio_pci_core_device').has('nointxmask'),
  },
  restated,
  controls: {
    control: {
      title: 'every flag of a device a bool of its own',
      file: coreHeader,
      change: (text) =>
        text.replace(structOf('vfio_pci_core_device'), (struct) =>
          struct.replace(/^(\s*bool\s+\w+)\s*:\s*1\s*;/gm, '$1;'),
        ),
    },
  },
};

const structOf = (tag: string) => new RegExp(`^struct ${tag} \\{\\n[\\s\\S]*?^\\};`, 'm');

/** The members of a struct that are flags, by name: a bit of a byte, or a whole one. */
function membersOf(read: ReadFile, file: string, tag: string): ReadonlyMap<string, 'bit' | 'whole'> {
  const [struct = ''] = structOf(tag).exec(read(file)) ?? [];
  return new Map(
    [...struct.matchAll(/^\s*(?:bool|u8)\s+(\w+)\s*(:\s*1)?\s*;/gm)].map(([, name, bit]) => [
      name!,
      bit === undefined ? 'whole' : 'bit',
    ]),
  );
}

/** A function with its body, from its name at the beginning of a line on. */
function bodyOf(text: string, name: string): string {
  const [body = ''] =
    new RegExp(`^\\w[^;{}]*\\b${name}\\([^;{}]*\\)\\n\\{\\n[\\s\\S]*?^\\}`, 'm').exec(text) ?? [];
  return body;
}
