// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, open, returned, scenario } from 'lostbit/vfio';

// A control. needs_reset of all devices on a bus is written at every last close, under the lock of the set.
export default scenario({
  title: 'A device is closed while another one on its bus is opened and closed',
  reference: 'fact 29',
  devices: { A: { bus: 1 }, B: { bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), bind('B'), open('A')],
  actors: {
    one: [close('A')],
    other: [open('B'), close('B')],
  },
  observe: {
    opened: returned('other'),
    A_needs_reset: 'A.needs_reset',
    B_needs_reset: 'B.needs_reset',
    A_usage: 'A.pdev.dev.power.usage_count',
    B_usage: 'B.pdev.dev.power.usage_count',
  },
  outcomes: [
    {
      when: { opened: 0, A_needs_reset: 0, B_needs_reset: 0, A_usage: 0, B_usage: 0 },
      grade: 'acceptable',
      note: 'the last close has reset both',
    },
    { when: { A_needs_reset: 1 }, grade: 'forbidden', note: 'what the user did to A is still there' },
    { when: { B_needs_reset: 1 }, grade: 'forbidden', note: 'what the user did to B is still there' },
  ],
  expect: 'holds',
});
