// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configWrite,
  hotReset,
  load,
  observe,
  open,
  PCI_COMMAND,
  PCI_COMMAND_MEMORY,
  pageFaultBegin,
  pageFaultEnd,
  sequence,
} from 'lostbit/vfio';

// A hot reset tries for the memory_lock of every device in the set and waits for none. A page fault in a mapped BAR
// holds one of them. Config writes to COMMAND take it too: they would hang on one that was left held.
const meet = (device: 'A' | 'B') =>
  [
    pageFaultBegin(device),
    observe('reset', hotReset('A')),
    observe('A_usage', 'A.pdev.dev.power.usage_count'),
    observe('B_usage', 'B.pdev.dev.power.usage_count'),
    pageFaultEnd(device),
    observe('A_command', configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_MEMORY)),
    observe('B_command', configWrite('B', PCI_COMMAND, 2, PCI_COMMAND_MEMORY)),
    observe('again', hotReset('A')),
  ] as const;

export default sequence({
  title: 'A hot reset meets a page fault in a BAR of one of the devices',
  reference: 'fact 14',
  devices: { A: { bus: 1 }, B: { bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), bind('B'), open('A'), open('B')],
  sequences: { 'in the first device': meet('A'), 'in the second device': meet('B') },
  outcomes: [
    {
      when: { reset: -16, A_usage: 1, B_usage: 1, A_command: 0, B_command: 0, again: 0 },
      grade: 'acceptable',
      note: 'busy at first, and reset when the fault is over',
    },
    { when: { reset: 0 }, grade: 'forbidden', note: 'a BAR was mapped while its device was being reset' },
    { when: { again: -16 }, grade: 'forbidden', note: 'the failed reset has kept a memory_lock' },
  ],
  expect: 'holds',
});
