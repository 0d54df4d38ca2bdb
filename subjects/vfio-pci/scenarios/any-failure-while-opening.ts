// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, open, sequence } from 'lostbit/vfio';

export default sequence({
  title: 'Any call fails while a device is opened and closed',
  devices: { A: { intx: true, msi: 4, msix: 4, flr: true, express: true }, B: { mlx5: true } },
  setup: [load('vfio-pci'), load('mlx5'), bind('A'), bind('B', 'mlx5')],
  sequences: { 'vfio-pci': [open('A'), close('A')], mlx5: [open('B'), close('B')] },
  sweepFaults: true,
  expect: 'holds',
});
