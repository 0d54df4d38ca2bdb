// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, configRead, intxEnable, load, observe, open, sequence } from 'lostbit/vfio';

// The pin's register is all that a user sees of it. With nointxmask nobody looks whether the pin is any good.
export default sequence({
  title: 'A function whose interrupt pin is known to be broken is opened',
  devices: { A: { intx: true, brokenIntx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  steps: [
    observe('nointx', 'A.nointx'),
    observe('masks', 'A.pci_2_3'),
    observe('pin', configRead('A', 0x3d, 1)),
    observe('enable', intxEnable('A')),
  ],
  outcomes: [
    {
      when: { nointx: 1, masks: 0, pin: 0, enable: -22 },
      grade: 'acceptable',
      note: 'its user sees no pin',
    },
  ],
  expect: 'holds',
});
