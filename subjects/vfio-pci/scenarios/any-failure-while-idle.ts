// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, open, pmWork, sequence, unbind } from 'lostbit/vfio';

export default sequence({
  title: 'Any call fails while an idle device falls asleep, and is woken to be opened or unbound',
  devices: { A: {} },
  setup: [load('vfio-pci'), bind('A')],
  sequences: { opened: [pmWork('A'), open('A')], unbound: [pmWork('A'), unbind('A')] },
  sweepFaults: true,
  expect: 'holds',
});
