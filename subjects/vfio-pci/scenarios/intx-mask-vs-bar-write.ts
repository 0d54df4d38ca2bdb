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

// A guest's config writes reach the driver from any number of threads, with no lock around them. The read
// in the set-up leaves bardirty clear, so that the write which sets it can be seen to be lost.
export default scenario({
  title: 'One vCPU masks INTx while another writes a BAR',
  reference: 'fact 24',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A'), configRead('A', PCI_BASE_ADDRESS_0, 4)],
  actors: {
    masker: [configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE)],
    mover: [configWrite('A', PCI_BASE_ADDRESS_0, 4, 0xe000_0000)],
  },
  observe: { virq_disabled: 'A.virq_disabled', bardirty: 'A.bardirty' },
  outcomes: [
    { when: { virq_disabled: 1, bardirty: 1 }, grade: 'acceptable', note: 'both updates kept' },
    { when: { virq_disabled: 0 }, grade: 'forbidden', note: 'INTx mask lost: the eventfd keeps firing' },
    { when: { bardirty: 0 }, grade: 'forbidden', note: 'BAR write lost: sizing reads return raw values' },
  ],
  expect: { failsThrough: 'p2' },
});
