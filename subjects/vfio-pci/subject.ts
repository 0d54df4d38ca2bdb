// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { subject } from '../../src/subject/subject.js';
import { catalogue } from './scenarios/index.js';
import { tree } from './tree/tree.js';

const core = ['caps', 'config', 'core', 'eventfd', 'info', 'intrs', 'ioctl', 'ioeventfd', 'msi', 'power'];
const files = [...core, 'rdwr', 'reset', 'sriov', 'vconfig', 'vga'];

/** vfio-pci with its variant drivers, the devices that they are for, and their users. */
export default subject({
  title: 'vfio-pci, and the drivers that are variants of it',
  source: [
    { from: '../../c-src/vfio', as: 'vfio' },
    // Where C looks for <linux/vfio_pci_core.h>, as in a kernel's tree.
    { from: '../../c-src/vfio/include', as: 'include' },
    { from: 'excerpt', as: 'subjects/vfio-pci/excerpt' },
    { from: 'model', as: 'subjects/vfio-pci/model' },
    { from: 'ops', as: 'subjects/vfio-pci/ops' },
  ],
  defines: { CONFIG_VFIO_PCI_VGA: 1, WITH_MLX5: 1 },
  modules: {
    vfio_pci_core: files.map((name) => `vfio/pci/vfio_pci_${name}.c`),
    vfio_pci: ['vfio/pci/vfio_pci.c'],
    variant_vfio_pci: ['subjects/vfio-pci/ops/variant.c'],
    mlx5_vfio_pci: ['cmd', 'main', 'tracker'].map((name) => `vfio/pci/mlx5/${name}.c`),
  },
  series: '../../c-src/series/v2',
  controls: { control: '../../c-src/series/control' },
  tree,
  scenarios: catalogue,
});
