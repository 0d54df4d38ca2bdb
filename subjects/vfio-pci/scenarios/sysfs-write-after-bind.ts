// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, observe, open, paramWrite, pmWork, sequence, unbind } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';

// What a device was bound under stays with it: a policy that changed under it would unbalance its counts.
export default sequence({
  title: "A parameter of vfio-pci's is written in sysfs after a device was bound",
  reference: 'fact 39',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A')],
  sequences: {
    'stay awake': [
      observe('written', paramWrite('disable_idle_d3', 'Y')),
      open('A'),
      observe('opened', usage),
      close('A'),
      observe('closed', usage),
      observe('suspended', pmWork('A')),
      unbind('A'),
      observe('unbound', usage),
    ],
    'stay awake while open': [
      open('A'),
      observe('opened', usage),
      observe('written', paramWrite('disable_idle_d3', 'Y')),
      close('A'),
      observe('closed', usage),
      observe('suspended', pmWork('A')),
      unbind('A'),
      observe('unbound', usage),
    ],
    'do not mask INTx': [
      observe('written', paramWrite('nointxmask', 'Y')),
      open('A'),
      observe('pci_2_3', 'A.pci_2_3'),
    ],
  },
  outcomes: [
    {
      when: { written: 0, opened: 1, closed: 0, suspended: 1, unbound: 1 },
      grade: 'acceptable',
      note: 'it may idle, as when it was bound',
    },
    { when: { written: 0, pci_2_3: 1 }, grade: 'acceptable', note: 'INTx is masked as when it was bound' },
    { when: { pci_2_3: 0 }, grade: 'forbidden', note: 'another way of masking than when it was bound' },
    { when: {}, grade: 'forbidden', note: 'the usage count is out of balance' },
  ],
  expect: 'holds',
});
