// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, configRead, load, observe, open, sequence } from 'lostbit/vfio';

// Nothing is known of extended capabilities here, so that all of them are hidden: the user's list begins with its end.
export default sequence({
  title: 'A function with extended config space is opened, twice',
  devices: { A: { extended: true } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  steps: [
    observe('extended', 'A.extended_caps'),
    observe('first', configRead('A', 0x100, 4)),
    close('A'),
    open('A'),
    observe('again', 'A.extended_caps'),
  ],
  outcomes: [
    {
      when: { extended: 1, first: 0, again: 1 },
      grade: 'acceptable',
      note: 'it is there, and its list is empty',
    },
  ],
  expect: 'holds',
});
