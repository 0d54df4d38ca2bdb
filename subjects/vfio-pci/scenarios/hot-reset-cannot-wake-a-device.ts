// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configRead,
  hotReset,
  load,
  observe,
  open,
  PCI_VENDOR_ID,
  pmWork,
  sequence,
} from 'lostbit/vfio';

// A hot reset wakes the whole set first, or none of it. B can be woken, C cannot: B has to be let go again.
export default sequence({
  title: 'A hot reset cannot wake the last device of the set',
  reference: 'fact 13',
  devices: { A: { bus: 1 }, B: { bus: 1 }, C: { bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), bind('B'), bind('C'), open('A'), pmWork('B'), pmWork('C')],
  faults: { pm_runtime_resume: 2 },
  steps: [
    observe('reset', hotReset('A')),
    observe('A_usage', 'A.pdev.dev.power.usage_count'),
    observe('B_usage', 'B.pdev.dev.power.usage_count'),
    observe('C_usage', 'C.pdev.dev.power.usage_count'),
    observe('B_suspended', pmWork('B')),
    observe('A_answers', configRead('A', PCI_VENDOR_ID, 2)),
  ],
  outcomes: [
    {
      when: { reset: -5, A_usage: 1, B_usage: 0, C_usage: 0, B_suspended: 1, A_answers: 0x1b36 },
      grade: 'acceptable',
      note: 'refused, and all is as before',
    },
    { when: { reset: 0 }, grade: 'forbidden', note: 'the user is told of a reset that C slept through' },
    { when: { B_usage: 1 }, grade: 'forbidden', note: 'nobody uses B, and it never sleeps again' },
    { when: { A_usage: 0 }, grade: 'forbidden', note: 'A is in use, and nothing keeps it awake' },
  ],
  expect: 'holds',
});
