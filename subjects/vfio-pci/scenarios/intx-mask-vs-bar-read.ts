// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configRead,
  configWrite,
  intxEnable,
  load,
  open,
  PCI_BASE_ADDRESS_0,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  scenario,
} from 'lostbit/vfio';

// Reading a BAR writes, too: after a write (or right after open) it fixes the virtual BARs up and clears
// bardirty. Losing that update only costs a second fix-up.
export default scenario({
  title: 'One vCPU masks INTx while another reads a BAR',
  reference: 'fact 25',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A')],
  actors: {
    masker: [configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE)],
    reader: [configRead('A', PCI_BASE_ADDRESS_0, 4)],
  },
  observe: { virq_disabled: 'A.virq_disabled', bardirty: 'A.bardirty' },
  outcomes: [
    { when: { virq_disabled: 1, bardirty: 0 }, grade: 'acceptable', note: 'both updates kept' },
    { when: { virq_disabled: 0 }, grade: 'forbidden', note: 'INTx mask lost: the eventfd keeps firing' },
    {
      when: { bardirty: 1 },
      grade: 'interesting',
      note: 'fix-up forgotten: the next BAR read does it again',
    },
  ],
  expect: { failsThrough: 'p2' },
});
