// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, pmWork, sequence, sriov, unbind } from 'lostbit/vfio';

export default sequence({
  title: 'Any call fails while virtual functions come and go',
  devices: { A: { vfs: 2 } },
  setup: [load('vfio-pci', 'enable_sriov'), bind('A')],
  sequences: {
    'and the device stays': [pmWork('A'), sriov('A', 2), sriov('A', 0)],
    'and the device is unbound': [sriov('A', 2), unbind('A')],
  },
  sweepFaults: true,
  expect: 'holds',
});
