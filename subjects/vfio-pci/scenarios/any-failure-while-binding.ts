// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, sequence, unbind, unload } from 'lostbit/vfio';

const vfioPci = [load('vfio-pci'), bind('A'), unbind('A'), unload('vfio-pci')];

export default sequence({
  title: 'Any call fails while a driver is loaded, bound, unbound and unloaded',
  devices: { A: { vfs: 2 }, B: { mlx5: true } },
  sequences: {
    'vfio-pci': vfioPci,
    'idle devices stay awake': [load('vfio-pci', 'disable_idle_d3'), ...vfioPci],
    variant: [load('variant'), bind('A', 'variant'), unbind('A'), unload('variant')],
    mlx5: [load('mlx5'), bind('B', 'mlx5'), unbind('B'), unload('mlx5')],
  },
  sweepFaults: true,
  expect: 'holds',
});
