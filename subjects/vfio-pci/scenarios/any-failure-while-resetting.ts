// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, hotReset, load, open, pmWork, reset, sequence } from 'lostbit/vfio';

export default sequence({
  title: 'Any call fails while a function, or its bus, is reset',
  devices: { A: { flr: true, bus: 1 }, B: { bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), bind('B'), open('A'), pmWork('B')],
  sequences: { function: [reset('A')], bus: [hotReset('A')], 'what is closed': [close('A')] },
  sweepFaults: true,
  expect: 'holds',
});
